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

"""Whether stamps of one source come in order: one a little earlier is late, one far earlier is a restart."""

from enum import Enum
from typing import Final

RESTART_S: Final = 1.0
"""A stamp that is earlier than the newest by more than this is no late one: a clock was set, or a recording
began again.

Drivers and networks swap neighboring images: that is 0.03 s at 30 Hz, 0.2 s at 5 Hz. Recordings go back by
their whole length, which is seconds.
"""

MOST_LATE: Final = 10
"""Late stamps in a row from which on they are a restart as well.

Swapped images come one at a time, with newer ones between them. A clock set back by half a second, or a
recording shorter than ``RESTART_S`` that loops, gives nothing but late stamps, and must not silence its
source.
"""


class Arrival(Enum):
    """What a stamp is to those before it."""

    NEXT = "next"  # later than all before, or the first
    SAME = "same"  # equal to the newest
    LATE = "late"  # a little earlier than the newest: out of order
    RESTART = "restart"  # far earlier, or late too many times in a row: time restarts


class StampOrder:
    """The newest stamp of one source. For one thread."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the newest stamp: whatever comes next is the first."""
        self._newest_s: float | None = None
        self._late = 0

    def classify(self, stamp_s: float, may_restart: bool = True) -> Arrival:
        """What a stamp [s] is to those before it. What is LATE is to be left out.

        Args:
            stamp_s: the stamp, on any clock [s].
            may_restart: whether a RESTART makes this stamp the newest; if not, later stamps go on being
                compared with the newest one before it.
        """
        newest_s = self._newest_s
        if newest_s is None or stamp_s > newest_s:
            return self._begin(stamp_s, Arrival.NEXT)
        if stamp_s == newest_s:
            return Arrival.SAME
        self._late += 1
        if newest_s - stamp_s <= RESTART_S and self._late < MOST_LATE:
            return Arrival.LATE
        return self._begin(stamp_s, Arrival.RESTART) if may_restart else Arrival.RESTART

    def _begin(self, stamp_s: float, arrival: Arrival) -> Arrival:
        self._newest_s, self._late = stamp_s, 0
        return arrival
