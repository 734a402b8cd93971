"""The camera node."""

__all__ = ["camera_loop", "camera_node", "camera_outputs"]
