"""RTMPose and RTMW: keypoints of one person in a crop, by SimCC."""

__all__ = ["crop", "estimator", "making", "network", "positions", "simcc"]
