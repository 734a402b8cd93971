"""Images in memory: pixels, camera images and depth images."""

__all__ = [
    "bit_depth",
    "bitmap",
    "camera_image",
    "contrast",
    "depth_image",
    "letterbox",
]
