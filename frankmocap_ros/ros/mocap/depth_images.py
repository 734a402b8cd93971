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

"""Depth images of one camera, found again by the time of the image that they belong to."""

import threading
import time
from collections import deque
from itertools import pairwise
from typing import Any, Final

import numpy as np

from frankmocap_ros.imaging.depth_image import DepthImage
from frankmocap_ros.imaging.messages.depth import decode_depth, largest_gap_ns
from frankmocap_ros.runtime.message_stamps import nanoseconds, seconds
from frankmocap_ros.runtime.stamp_order import Arrival, StampOrder

_KEPT: Final = 4
_ALIVE_S: Final = 0.5  # without a depth image for longer nobody waits for one


class DepthImages:
    """The newest depth messages. One thread brings them, another looks them up.

    Attributes:
        offset_s: how much later than the image that was looked up last the nearest depth image was stamped
            [s]; None where there was none.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._messages: deque[tuple[int, Any]] = deque(maxlen=_KEPT)
        self._came_s = -np.inf
        self.offset_s: float | None = None
        self._asked_ns: deque[int] = deque(maxlen=_KEPT)
        self._order = StampOrder()

    def put(self, msg: Any) -> bool:
        """Keep a message; returns whether it came in order of its stamps: one that did not is left out."""
        with self._changed:
            self._came_s = time.perf_counter()
            arrival = self._order.classify(seconds(msg.header.stamp))
            if arrival is Arrival.LATE:
                return False
            if arrival is not Arrival.NEXT:
                self._messages.clear()  # a log is played again, or stamps stand still
            self._messages.append((nanoseconds(msg.header.stamp), msg))
            self._changed.notify()
            return True

    def forget(self) -> None:
        """Restart: earlier messages are no longer used."""
        with self._changed:
            self._order.reset()
            self._messages.clear()
            self._asked_ns.clear()

    @property
    def came(self) -> bool:
        """Whether any depth image ever came."""
        return self._came_s > -np.inf

    @property
    def newest_ns(self) -> int | None:
        """Stamp of the newest message that is kept [ns]; None where there is none."""
        with self._changed:
            return self._messages[-1][0] if self._messages else None

    @property
    def alive(self) -> bool:
        """Whether depth images come."""
        return time.perf_counter() - self._came_s <= _ALIVE_S

    def at(self, stamp_ns: int, wait_s: float) -> DepthImage | None:
        """Depth of the image with this stamp: the nearest within half of the time between two images.

        Args:
            stamp_ns: the image's stamp [ns].
            wait_s: how long to wait at most for one that is still to come [s].

        Returns:
            None where there is none.

        Raises:
            ImageError: the message is malformed.
        """
        with self._changed:
            if self._asked_ns and stamp_ns <= self._asked_ns[-1]:
                self._asked_ns.clear()
            self._asked_ns.append(stamp_ns)
            if wait_s and self.alive and self._may_come(stamp_ns):
                self._changed.wait_for(lambda: self._messages[-1][0] >= stamp_ns, wait_s)
            nearest = min(self._messages, key=lambda m: abs(m[0] - stamp_ns), default=None)
            gap_ns = self._largest_gap_ns()
        self.offset_s = None if nearest is None else 1e-9 * (nearest[0] - stamp_ns)
        if nearest is None or abs(nearest[0] - stamp_ns) > gap_ns:
            return None
        return decode_depth(nearest[1])

    def _may_come(self, stamp_ns: int) -> bool:
        """Whether the next depth image can be this one's: depth may come more seldom than images."""
        stamps = [stamp for stamp, _ in self._messages]
        if len(stamps) < 2:
            return True
        period_ns = min(later - earlier for earlier, later in pairwise(stamps))
        return stamps[-1] + period_ns * 7 // 8 <= stamp_ns + self._largest_gap_ns()

    def _largest_gap_ns(self) -> int:
        return largest_gap_ns(self._asked_ns, [stamp for stamp, _ in self._messages])
