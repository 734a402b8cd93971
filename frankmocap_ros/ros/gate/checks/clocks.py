# Copyright 2026 frankmocap_ros developers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""Whether the clocks of robot, mocap node and gate agree."""

from collections.abc import Iterable, Sequence
from typing import Final

from frankmocap_ros.ros.gate.checks.finding import Finding, warning
from frankmocap_ros.runtime.stamp_offset import StampOffset
from frankmocap_ros.runtime.stamp_watch import COMPARE, SLOWEST_S

MAX_OFFSET_S: Final = 0.1
"""Largest difference: a controller takes a point for past when its clock is ``trajectory_lead_s`` ahead."""


class ClocksApart:
    """Compares stamps of what the robot and the mocap node report with the gate's clock.

    Args:
        robot: offsets of the topics on which the robot reports.
        bodies: that of the times at which bodies were published.
    """

    name = "clocks"

    def __init__(self, robot: Sequence[StampOffset], bodies: StampOffset) -> None:
        self._robot, self._bodies = tuple(robot), bodies

    def look(self) -> Iterable[Finding]:
        """See ``Check``."""
        for offset in self._robot:
            if abs(offset.seconds) > MAX_OFFSET_S:
                yield _apart(offset.seconds, f"{offset.source} is stamped", "robot and gate")
        apart_s = self._bodies.seconds
        if apart_s > MAX_OFFSET_S:  # bodies seem younger than they are
            yield _apart(apart_s, "bodies are published", "mocap node and gate")
        elif self._bodies.settled and apart_s < -SLOWEST_S:  # older: nothing moves that should not
            yield warning(
                f"bodies arrive {_steps(-apart_s):.2f} s after their publication, none of the newest sooner: "
                "the mocap node's clock is behind the gate's by up to that, or the network is so slow; "
                f"{COMPARE}, and synchronize them (chrony, PTP)"
            )


def _steps(seconds: float) -> float:
    """Rounded so that a text stays the same while delays vary."""
    return 0.05 * round(seconds / 0.05)


def _apart(apart_s: float, what: str, who: str) -> Finding:
    side = "ahead of" if apart_s > 0.0 else "behind"
    return Finding(
        f"clocks disagree: {what} {_steps(abs(apart_s)):.2f} s {side} the gate's clock, "
        f"over {MAX_OFFSET_S:g} s; {COMPARE}, synchronize the computers of {who} "
        "(chrony, PTP), and check use_sim_time of both",
        logged=True,
    )
