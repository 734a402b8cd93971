"""Images in memory: pixels, camera images, depth images, and the messages that carry them."""

__all__ = [
    "bit_depth",
    "bitmap",
    "camera_image",
    "contrast",
    "depth_image",
    "letterbox",
    "messages",
]
