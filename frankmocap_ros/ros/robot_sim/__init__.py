"""The simulated robot as a node."""

__all__ = ["object_outputs", "robot_loop", "robot_sim_node"]
