"""From the operator's fingers to grippers and robot hands."""

__all__ = [
    "finger_retargeting",
    "grip",
    "palm_frame",
    "robot_hand",
    "tip_kinematics",
]
