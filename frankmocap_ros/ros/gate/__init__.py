"""The gate node."""

__all__ = [
    "body_outputs",
    "camera_level",
    "gate_diagnostics",
    "gate_node",
    "gate_outputs",
    "gate_requests",
    "gate_worker",
    "operator_input",
    "operator_message",
    "polling",
    "robot_port",
]
