"""Stamps of ROS messages as numbers; any object with their fields will do, such as one from a recording."""

from typing import Any


def seconds(stamp: Any) -> float:
    """A stamp as seconds."""
    return float(stamp.sec + 1e-9 * stamp.nanosec)


def nanoseconds(stamp: Any) -> int:
    """A stamp as nanoseconds."""
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)
