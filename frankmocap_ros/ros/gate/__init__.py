"""The gate node."""

__all__ = [
    "body_outputs",
    "camera_level",
    "checks",
    "command_topic",
    "controller_outputs",
    "gate_diagnostics",
    "gate_node",
    "gate_outputs",
    "gate_requests",
    "gate_worker",
    "joint_outputs",
    "operator_input",
    "operator_message",
    "polling",
    "robot_port",
    "stamp_offset",
    "state_output",
    "target_outputs",
    "twist_output",
]
