"""The simulated robot as a node."""

__all__ = ["robot_loop", "robot_sim_node"]
