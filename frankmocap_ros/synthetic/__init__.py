"""A moving synthetic figure with known joints, and its images."""

__all__ = ["human", "render_depth", "render_rgb"]
