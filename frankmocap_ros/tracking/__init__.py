"""People from image to image: tracking, filtering, depth and the pipeline."""

__all__ = [
    "background_detection",
    "depth_lifting",
    "depth_scale",
    "detection_schedule",
    "held_rotations",
    "image_border",
    "person_filter",
    "pipeline",
    "rotation_memory",
    "side_swaps",
    "track",
    "tracker",
]
