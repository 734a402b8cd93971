"""Estimators turn images into bodies; ``base.py`` has the interface, ``registry.py`` the names."""

__all__ = [
    "availability",
    "base",
    "detectors",
    "frankmocap",
    "mediapipe",
    "openpose",
    "preparing",
    "registry",
    "synthetic",
]
