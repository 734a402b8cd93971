"""The mocap node."""

__all__ = [
    "annotated",
    "arm_states",
    "body_frames",
    "calibration",
    "depth_images",
    "humans",
    "inputs",
    "live_models",
    "markers",
    "mesh",
    "mocap_diagnostics",
    "mocap_node",
    "model",
    "outputs",
    "reviews",
    "stream",
    "worker",
]
