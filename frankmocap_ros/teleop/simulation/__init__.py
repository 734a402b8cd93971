"""A simulated robot with its own controller."""

__all__ = [
    "gripper_actuators",
    "joint_command",
    "joint_servo",
    "kinematic_robot",
    "physical_robot",
    "scene_objects",
    "sim_model",
    "simulation",
    "trajectory_servo",
]
