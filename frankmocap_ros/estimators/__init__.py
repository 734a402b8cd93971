"""Estimators turn images into bodies; ``base.py`` has the interface, ``registry.py`` the names."""

__all__ = [
    "availability",
    "base",
    "blank",
    "blazepose",
    "detectors",
    "frankmocap",
    "keypoint_observation",
    "movenet",
    "needed_files",
    "openpose",
    "posenet",
    "preparing",
    "registry",
    "rtmpose",
    "synthetic",
    "whole_image",
    "yolo",
]
