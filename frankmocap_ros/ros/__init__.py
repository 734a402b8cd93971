"""The nodes, and everything else that knows ROS 2."""
