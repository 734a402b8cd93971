"""FrankMocap: crops, regressors, hands, and INT8 calibration."""

__all__ = [
    "body_crop",
    "estimator",
    "hand_crop",
    "hands",
    "int8_augment",
    "int8_calibration",
    "int8_crops",
    "int8_notes",
    "joint_error",
    "networks",
    "regressors",
    "trunks",
]
