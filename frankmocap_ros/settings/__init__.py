"""All settings of all nodes, each declared once."""

__all__ = [
    "camera",
    "gate",
    "grip",
    "mocap",
    "one_euro",
    "recorder",
    "robot_model",
    "robot_sim",
    "schema",
    "viewer",
]
