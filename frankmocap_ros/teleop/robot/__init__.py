"""Control of a robot that follows: alignment, recovery, tracking errors."""

__all__ = [
    "alignment",
    "driven_joints",
    "joint_controller",
    "pose_robot",
    "recovery",
    "tracking_error",
]
