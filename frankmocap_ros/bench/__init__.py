"""Speed measurements, next to a reference in the same run."""

__all__ = [
    "arrivals",
    "camera_video",
    "child",
    "children",
    "combinations",
    "following",
    "footage",
    "gpu",
    "mediapipe_package",
    "offline",
    "players",
    "probes",
    "reference",
    "report",
    "rows",
    "turns",
]
