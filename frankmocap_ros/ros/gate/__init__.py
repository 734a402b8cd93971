"""The gate node."""

__all__ = [
    "camera_level",
    "controller_switch",
    "gate_diagnostics",
    "gate_node",
    "gate_outputs",
    "gate_requests",
    "gate_worker",
    "operator_input",
    "operator_message",
    "polling",
    "robot_port",
    "stop_inputs",
]
