"""A simulated robot with its own controller."""

__all__ = [
    "joint_command",
    "joint_servo",
    "sim_model",
    "simulation",
    "trajectory_servo",
]
