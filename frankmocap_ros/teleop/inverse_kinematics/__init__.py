"""Postures of a robot for poses of its targets, within the limits of its joints."""

__all__ = [
    "clearance",
    "driven_limits",
    "ik_model",
    "ik_objective",
    "ik_program",
    "joint_motion",
    "joint_space",
    "joints",
    "limb_length",
    "model_joints",
    "pairs",
    "parts",
    "retargeter",
    "step_search",
]
