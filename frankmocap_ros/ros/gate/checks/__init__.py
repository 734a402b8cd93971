"""Checks of the robot's side before anything is engaged: one module each."""

__all__ = [
    "clocks",
    "command_publishers",
    "controller_manager",
    "controller_parameters",
    "engagement_checks",
    "finding",
    "listeners",
    "servo",
    "sim_time",
    "trajectory_controller",
]
