"""From the operator's fingers to grippers and robot hands."""

__all__ = [
    "believed_opening",
    "grip",
    "grip_calibration",
    "grip_filter",
    "hand_source",
    "opening",
    "operator_grips",
    "told_source",
]
