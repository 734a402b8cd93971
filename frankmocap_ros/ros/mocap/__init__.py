"""The mocap node."""
