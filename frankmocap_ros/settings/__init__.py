"""All settings of all nodes, each declared once."""

__all__ = ["camera", "gate", "grip", "mocap", "one_euro", "robot_model", "robot_sim", "schema", "viewer"]
