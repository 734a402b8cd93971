"""From a person to a robot: engagement, command limits and retargeting."""

__all__ = [
    "base_motion",
    "clutch",
    "command",
    "command_limiter",
    "controller",
    "followed_run",
    "gate",
    "gesture",
    "inverse_kinematics",
    "operator_state",
    "operator_tracker",
    "outlier_rejection",
    "pose_filter",
    "robot",
    "robot_map",
    "robot_model",
    "robot_setup",
    "setpoint",
    "simulation",
    "tracking_quality",
]
