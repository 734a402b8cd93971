"""From the operator's fingers to grippers and robot hands."""

__all__ = [
    "believed_opening",
    "finger_retargeting",
    "grip",
    "grip_calibration",
    "grip_filter",
    "hand_source",
    "opening",
    "operator_grips",
    "palm_frame",
    "robot_hand",
    "robot_sides",
    "tip_kinematics",
    "told_source",
]
