"""Robot maps, inverse kinematics, alignment and joint control."""

__all__ = [
    "alignment",
    "clearance",
    "ik_model",
    "ik_objective",
    "joint_controller",
    "joint_space",
    "joints",
    "map_reader",
    "pairs",
    "parts",
    "pose_robot",
    "retargeter",
    "robot_map",
    "tracking_error",
]
