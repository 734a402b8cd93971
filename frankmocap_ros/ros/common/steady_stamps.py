"""Stamps of ROS as times of a steady clock, and back."""

import time
from collections.abc import Callable
from typing import Final

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
        now_ns: reads ROS time [ns].
    """

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._looked_ns = time.monotonic_ns()
        self._offset_ns = now_ns() - self._looked_ns
        for _ in range(10):
            self._compare()

    def _look(self) -> int:
        if time.monotonic_ns() - self._looked_ns > LOOK_NS:
            self._compare()
        return self._offset_ns

    def _compare(self) -> None:
        self._looked_ns = before_ns = time.monotonic_ns()
        now_ns = self._now_ns()
        after_ns = time.monotonic_ns()
        if after_ns - before_ns < _AT_ONCE_NS:
            offset_ns = now_ns - (before_ns + after_ns) // 2
            if abs(offset_ns - self._offset_ns) > RESYNC_NS:
                self._offset_ns = offset_ns

    def time_s(self, stamp_ns: int) -> float:
        """A stamp on the steady clock [s]."""
        return 1e-9 * (stamp_ns - self._look())

    def stamp_ns(self, time_s: float) -> int:
        """A time of the steady clock as a stamp [ns]."""
        return round(1e9 * time_s) + self._look()
