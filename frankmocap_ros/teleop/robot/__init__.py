"""Control of a robot that follows: alignment, recovery, tracking errors."""

__all__ = [
    "alignment",
    "driven_joints",
    "driven_posture",
    "finger_driver",
    "gripper_driver",
    "joint_controller",
    "pose_robot",
    "recovery",
    "tracking_error",
]
