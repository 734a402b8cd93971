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

"""Clocks for a node's worker: one that a test steps, and the computer's own behind the same methods."""

import threading
import time

from support.waiting import TIMEOUT_S

_EPOCH_NS = 1_700_000_000_000_000_000  # ROS time where the stepped clock says 0


class SteppedClocks:
    """Time passes in ``step`` alone, and each step ends when the one who sleeps has done all that was due."""

    def __init__(self) -> None:
        self._now_ns = 100_000_000_000
        self._until_ns: int | None = None  # of who sleeps
        self._ended = False
        self._changed = threading.Condition()

    def steady_ns(self) -> int:
        return self._now_ns

    def ros_ns(self) -> int:
        return _EPOCH_NS + self._now_ns

    def sleep(self, seconds: float) -> None:
        """For one thread."""
        with self._changed:
            until_ns = self._until_ns = self._now_ns + max(1, round(1e9 * seconds))
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._ended or self._now_ns >= until_ns)
            self._until_ns = None
        if self._ended:
            time.sleep(1e-3)  # time does not pass any more: not too often then

    def step(self, seconds: float) -> None:
        with self._changed:
            self._now_ns += round(1e9 * seconds)
            self._changed.notify_all()
            assert self._changed.wait_for(self._asleep, TIMEOUT_S), (
                "the worker does not come to its next tick"
            )

    def pass_by(self, seconds: float) -> None:
        """Time passes while the one who sleeps is at work."""
        with self._changed:
            self._now_ns += round(1e9 * seconds)

    def _asleep(self) -> bool:
        return self._until_ns is not None and self._until_ns > self._now_ns

    def end(self) -> None:
        """Whoever sleeps wakes up, so that it can be stopped."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()


class RealClocks:
    """The computer's clocks: a step takes as long as it says."""

    steady_ns = staticmethod(time.monotonic_ns)
    ros_ns = staticmethod(time.time_ns)
    sleep = step = staticmethod(time.sleep)

    def end(self) -> None:
        pass
