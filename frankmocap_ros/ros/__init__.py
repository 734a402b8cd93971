"""The nodes, and all other code that uses ROS 2."""

__all__ = ["camera", "clients", "common", "gate", "mocap", "recorder", "robot_sim", "view"]
