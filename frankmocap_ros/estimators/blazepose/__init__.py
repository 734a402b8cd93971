"""BlazePose's published networks, run by our own engines."""

__all__ = [
    "crop",
    "estimator",
    "hand_finder",
    "hand_landmarks",
    "hand_search",
    "making",
    "person_detector",
    "pose_landmarks",
    "rays",
]
