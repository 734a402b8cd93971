"""sensor_msgs images to pixels and back."""
