"""Code that all nodes share."""

__all__ = [
    "calibration",
    "camera_info",
    "camera_topics",
    "conversions",
    "destroying",
    "diagnostics_messages",
    "endpoints",
    "launch_nodes",
    "launch_options",
    "node_clocks",
    "publisher_nodes",
    "qos",
    "rclpy_internals",
    "running",
    "settings_as_parameters",
    "silence",
    "steady_stamps",
    "transforms",
    "transitions",
    "unknown_parameters",
]
