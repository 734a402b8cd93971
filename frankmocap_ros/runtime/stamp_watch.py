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

"""Stamps that tell no time: the cause in words, from the newest stamp and the time that it came at."""

import math
from typing import Final

from frankmocap_ros.runtime.stamp_offset import StampOffset

FUTURE_S: Final = 0.05
"""What is stamped further ahead than this was not stamped by a clock that agrees with ours."""
SLOWEST_S: Final = 0.2
"""Messages none of which comes sooner than this after its stamp are more than delayed by a network."""

_CONSTANT_S: Final = 1.0  # a stamp that stays for longer, while messages come, is not set by anybody
_CONSTANT: Final = 3  # messages
_YEARS_S: Final = 1e8  # three: no clock that knows the date is so near to 1970, and no uptime so long
_CLOCKS_S: Final = 60.0  # nobody waits so long for an image: such an offset is one of clocks
_ARRIVAL: Final = "set stamps: arrival in the mocap node"
_SYNCHRONIZE: Final = "synchronize the clocks of camera and node (chrony, PTP)"
COMPARE: Final = "compare `chronyc tracking` on both computers"


class StampWatch:
    """What is wrong with the stamps of one source. For one thread; others may ask.

    Args:
        what: what is stamped, such as ``images``.
        limit: name of the setting that limits their age.
        slow: what else to do about such a limit.
    """

    def __init__(self, what: str, limit: str, slow: str) -> None:
        self._what, self._limit, self._slow = what, limit, slow
        self.reset()

    def reset(self) -> None:
        """Forget what was seen."""
        self._seen: tuple[float, float] | None = None
        self._offset = StampOffset(self._what)
        self._same, self._since_s, self._steady_s = 0, 0.0, 0.0

    def note(self, stamp_s: float, now_s: float, steady_s: float) -> None:
        """Take note of a message.

        Args:
            stamp_s: its stamp [s].
            now_s: its arrival by the clock that stamps are compared with [s].
            steady_s: the same on a steady clock [s].
        """
        if self._seen is None or self._seen[0] != stamp_s:
            self._same, self._since_s = 0, steady_s
        self._same += 1
        self._steady_s = steady_s
        self._offset.note(round(1e9 * stamp_s), round(1e9 * now_s))
        self._seen = stamp_s, now_s

    def fault(self, limit_s: float) -> str:
        """What is wrong with the newest stamp, with the next step; empty for nothing.

        Args:
            limit_s: what was stamped longer before its arrival is of no use [s]; 0 takes any.
        """
        if self._seen is None:
            return ""
        stamp_s, now_s = self._seen
        age_s, what = now_s - stamp_s, self._what
        if stamp_s == 0.0:
            return f"{what} are stamped 0: the camera's driver sets no stamps; {_ARRIVAL}"
        if self._same >= _CONSTANT and self._steady_s - self._since_s >= _CONSTANT_S:
            return f"{what} are all stamped {stamp_s:.3f} s: the camera's driver sets stamps once; {_ARRIVAL}"
        if self._offset.seconds > FUTURE_S:
            return self._ahead(stamp_s, now_s)
        return self._behind(stamp_s, age_s, limit_s) if 0.0 < limit_s < age_s else ""

    def suspicion(self, limit_s: float) -> str:
        """Why the clock that sets stamps may be behind, with the next step; empty for nothing.

        Args:
            limit_s: as of ``fault``, which tells of older ones; 0 for any.
        """
        least_s = -self._offset.seconds
        if not self._offset.settled or not SLOWEST_S < least_s < (limit_s or math.inf):
            return ""
        return (
            f"{self._what} arrive {least_s:.2f} s after their stamps or later, none of the newest sooner: "
            f"the clock that stamps them is behind this node's by up to that, or each takes so long; "
            f"{COMPARE}, {_SYNCHRONIZE}, or {self._slow}"
        )

    def _ahead(self, stamp_s: float, now_s: float) -> str:
        if now_s < _YEARS_S < stamp_s:
            return (
                f"{self._what} are stamped with the date, and this node's time is simulated: set "
                "use_sim_time: false, or let the camera's driver use simulated time as well"
            )
        return (
            f"clocks disagree: {self._what} are stamped {self._offset.seconds:.2f} s in the future; "
            f"{COMPARE}, {_SYNCHRONIZE}, check use_sim_time, or {_ARRIVAL}"
        )

    def _behind(self, stamp_s: float, age_s: float, limit_s: float) -> str:
        what = self._what
        if stamp_s < _YEARS_S < age_s:
            return (
                f"{what} are stamped {stamp_s:.1f} s, as by a clock that began with a simulation, a computer "
                f"or a camera: set use_sim_time: true where /clock is published, else {_ARRIVAL}"
            )
        limit = f"over {self._limit} ({limit_s:g} s)"
        if age_s > _CLOCKS_S:
            return (
                f"{what} are stamped {age_s:.0f} s before they arrive, {limit}: {_SYNCHRONIZE}, play a "
                f"recording with --clock and set use_sim_time: true, or {_ARRIVAL}"
            )
        return (
            f"{what} are stamped {age_s:.2f} s before they arrive, {limit}: {_SYNCHRONIZE}, {self._slow}, or "
            f"raise {self._limit}"
        )
