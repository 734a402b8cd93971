"""People from image to image: tracking, filtering, depth and the pipeline."""

__all__ = [
    "background_detection",
    "depth_lifting",
    "depth_scale",
    "detection_schedule",
    "person_filter",
    "pipeline",
    "track",
    "tracker",
]
