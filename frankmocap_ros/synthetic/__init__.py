"""A moving synthetic figure with known joints, and its images."""

__all__ = [
    "fingers",
    "human",
    "keypoints",
    "network_errors",
    "reaching",
    "render_depth",
    "render_rgb",
]
