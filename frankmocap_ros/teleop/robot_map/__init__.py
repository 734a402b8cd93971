"""Maps of robots: YAML files that say which part follows which joint of the operator."""

__all__ = [
    "controller_map",
    "driven_map",
    "gripper_map",
    "hand_joints",
    "hand_map",
    "map_parts",
    "map_reading",
    "map_values",
    "model_file",
    "robot_map",
    "target_map",
]
