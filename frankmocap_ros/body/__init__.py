"""People as joints: skeleton, poses, forward kinematics and derived quantities."""

__all__ = [
    "arm_angles",
    "drawing",
    "frames",
    "from_keypoints",
    "height",
    "joint_error",
    "kinematics",
    "pose",
    "posture",
    "skeleton",
    "transform",
    "validation",
]
