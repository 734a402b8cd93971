"""From the operator's fingers to grippers and robot hands."""

__all__ = [
    "grip",
]
