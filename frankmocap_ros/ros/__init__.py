"""The nodes, and all other code that uses ROS 2."""

