"""FrankMocap: crops, regressors, hands, and INT8 calibration."""

__all__ = [
    "augmented_crops",
    "body_crop",
    "camera_check",
    "camera_comparison",
    "estimator",
    "hand_crop",
    "hands",
    "int8_calibration",
    "int8_crops",
    "int8_notes",
    "joint_error",
    "joint_judge",
    "networks",
    "precisions",
    "regressors",
    "trunks",
]
