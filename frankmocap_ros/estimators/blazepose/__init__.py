"""BlazePose's published networks, run by our own engines."""

__all__ = ["crop", "estimator", "hand_landmarks", "making", "person_detector", "pose_landmarks", "rays"]
