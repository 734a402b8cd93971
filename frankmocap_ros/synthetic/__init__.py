"""A moving synthetic figure with known joints, and its images."""

__all__ = [
    "gripping_hand",
    "human",
    "keypoints",
    "network_errors",
    "reaching",
    "render_depth",
    "render_rgb",
]
