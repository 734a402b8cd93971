"""Code that all nodes share."""

__all__ = [
    "conversions",
    "destroying",
    "endpoints",
    "launch_nodes",
    "launch_options",
    "monitor",
    "parameters",
    "publisher_nodes",
    "qos",
    "running",
    "steady_stamps",
    "transforms",
    "transitions",
    "unknown_parameters",
]
