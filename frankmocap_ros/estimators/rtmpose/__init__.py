"""RTMPose and RTMW: keypoints of one person in a crop, by SimCC."""

__all__ = ["crop", "simcc"]
