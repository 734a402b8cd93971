"""Code that all nodes share."""

__all__ = [
    "calibration",
    "camera_info",
    "camera_topics",
    "conversions",
    "destroying",
    "endpoints",
    "launch_nodes",
    "launch_options",
    "monitor",
    "node_clocks",
    "parameters",
    "publisher_nodes",
    "qos",
    "rclpy_internals",
    "running",
    "silence",
    "steady_stamps",
    "transforms",
    "transitions",
    "unknown_parameters",
]
