"""The gate node."""

__all__ = [
    "camera_level",
    "gate_node",
    "gate_outputs",
    "gate_worker",
    "operator_message",
    "polling",
    "robot_port",
]
