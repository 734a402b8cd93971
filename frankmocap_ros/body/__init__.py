"""People as joints: skeleton, poses, forward kinematics and derived quantities."""

__all__ = [
    "arm_angles",
    "covariance",
    "drawing",
    "frames",
    "from_keypoints",
    "hand_shape",
    "height",
    "joint_error",
    "keypoint_sets",
    "kinematics",
    "pose",
    "posture",
    "posture_ranges",
    "proportions",
    "skeleton",
    "transform",
    "validation",
]
