"""MoveNet: single person with the crop that follows from the image before, and several people."""

__all__ = ["crop", "estimator", "multi_pose", "single_pose"]
