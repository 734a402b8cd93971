"""BlazePose's published networks, run by our own engines."""
