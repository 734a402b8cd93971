"""Robot maps, inverse kinematics, alignment and joint control."""

__all__ = [
    "alignment",
    "clearance",
    "ik_model",
    "ik_objective",
    "joint_controller",
    "joint_space",
    "joints",
    "map_parts",
    "map_reader",
    "model_file",
    "pairs",
    "parts",
    "pose_robot",
    "retargeter",
    "robot_map",
    "target_map",
    "tracking_error",
]
