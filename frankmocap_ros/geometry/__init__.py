"""Rotations, camera models and boxes, as pure functions on arrays."""

__all__ = [
    "boxes",
    "calibration",
    "camera_model",
    "distortion",
    "pinhole_fit",
    "rotation",
]
