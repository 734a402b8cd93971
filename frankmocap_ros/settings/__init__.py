"""All settings of all nodes, each declared once."""

__all__ = [
    "base_motion",
    "camera",
    "command_limits",
    "engagement",
    "engagement_checks",
    "following",
    "gate",
    "grip",
    "mocap",
    "one_euro",
    "recorder",
    "robot_model",
    "robot_sim",
    "robot_stops",
    "schema",
    "trajectories",
    "viewer",
    "whole_body",
]
