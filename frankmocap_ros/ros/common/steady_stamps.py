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

"""Stamps of ROS as times of a steady clock, and back."""

from typing import Final

from frankmocap_ros.ros.common.node_clocks import Clocks

RESYNC_NS: Final = 2_000_000
"""Two clocks that differ by so much more or less than before were set; less is their drift, for a while."""
LOOK_NS: Final = 20_000_000
"""Clocks are compared no more often than this."""
_AT_ONCE_NS: Final = 200_000  # two clocks that are read within this are read at the same time


class SteadyStamps:
    """The difference of ROS time and the steady clock, which stays the same until one of them is set.

    So stamps that are equal, or a while apart, are so on the other clock. A moment at which something came
    between reading the two clocks tells nothing. Threads may share it.

    Args:
        clocks: both clocks.
    """

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._looked_ns = clocks.steady_ns()
        self._offset_ns = clocks.ros_ns() - self._looked_ns
        for _ in range(10):
            self._compare()

    def _offset(self) -> int:
        if self._clocks.steady_ns() - self._looked_ns > LOOK_NS:
            self._compare()
        return self._offset_ns

    def _compare(self) -> None:
        self._looked_ns = before_ns = self._clocks.steady_ns()
        now_ns = self._clocks.ros_ns()
        after_ns = self._clocks.steady_ns()
        if after_ns - before_ns < _AT_ONCE_NS:
            offset_ns = now_ns - (before_ns + after_ns) // 2
            if abs(offset_ns - self._offset_ns) > RESYNC_NS:
                self._offset_ns = offset_ns

    def time_s(self, stamp_ns: int) -> float:
        """A stamp on the steady clock [s]."""
        return 1e-9 * (stamp_ns - self._offset())

    def stamp_ns(self, time_s: float) -> int:
        """A time of the steady clock as a stamp [ns]."""
        return round(1e9 * time_s) + self._offset()
