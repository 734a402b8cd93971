"""Whether the robot's clock and the gate's agree."""

from collections.abc import Iterable, Sequence
from typing import Final

from frankmocap_ros.ros.gate.checks.finding import Finding
from frankmocap_ros.ros.gate.stamp_offset import StampOffset

MAX_OFFSET_S: Final = 0.1
"""Largest difference: a controller takes a point for past when its clock is ``trajectory_lead_s`` ahead."""


class ClocksApart:
    """Compares stamps of what the robot reports with the gate's clock.

    Args:
        offsets: of the topics on which the robot reports.
    """

    name = "clocks"

    def __init__(self, offsets: Sequence[StampOffset]) -> None:
        self._offsets = tuple(offsets)

    def look(self) -> Iterable[Finding]:
        """See ``Check``."""
        for offset in self._offsets:
            apart_s = offset.seconds
            if abs(apart_s) > MAX_OFFSET_S:
                side = "ahead of" if apart_s > 0.0 else "behind"
                yield Finding(
                    f"clocks disagree: {offset.source} is stamped {abs(apart_s):.2f} s {side} the gate's "
                    f"clock, over {MAX_OFFSET_S:g} s; synchronize the computers of robot and gate (chrony, "
                    "PTP), and check use_sim_time of both"
                )
