"""The 2D pose network of OpenPose: heat maps and part affinity fields to people."""

__all__ = [
    "estimator",
    "file_network",
    "fitting",
    "grouping",
    "making",
    "network",
    "parts",
    "peaks",
    "people",
]
