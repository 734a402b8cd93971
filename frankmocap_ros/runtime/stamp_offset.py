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

"""How far the clock that stamps messages is from this computer's.

A message that came before it was stamped proves that the clocks are apart. One that came after may have been
on its way: delays vary, so the least delayed of many tells an offset from a slow network, up to the delay
that every one of them had.
"""

import math
from collections import deque
from typing import Final

_MESSAGES: Final = 20


class StampOffset:
    """The least delayed of the newest messages tells it. For one thread; others may read its attributes.

    Attributes:
        source: what is stamped, such as the name of a topic.
        seconds: the stamp of that message minus ROS time at its arrival [s]: the clocks' difference less
            what the message took; NaN where no message was stamped.
        settled: whether there are enough messages to take none of them for late by chance.

    Args:
        source: see there.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.seconds = math.nan
        self.settled = False
        self._newest: deque[float] = deque(maxlen=_MESSAGES)

    def note(self, stamp_ns: int, ros_ns: int) -> None:
        """Take note of a message.

        Args:
            stamp_ns: its stamp; 0 is none.
            ros_ns: ROS time at its arrival; 0 while simulated time has not begun.
        """
        if stamp_ns > 0 and ros_ns > 0:
            self._newest.append(1e-9 * (stamp_ns - ros_ns))
            self.seconds = max(self._newest)
            self.settled = len(self._newest) == _MESSAGES
