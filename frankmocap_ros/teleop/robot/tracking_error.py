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

"""How far a robot is from its commands: what may be sent to it, and when it does not follow any more.

A controller that takes a command goes there from where the robot is. The further that is, the more it is a
leap, and a command that is held still is one as well. So nothing is sent that is further from the robot than
``max_error``, and what leads it waits for it before that. A robot that lags is no more than that far behind,
and arrives where it was sent; one that does not arrive is not followed any further.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from frankmocap_ros.errors import RobotLostError
from frankmocap_ros.geometry.rotation import Array, Mask

MAX_LEAD_SHARE: Final = 0.95
"""Commands lead the robot by this share of ``max_error`` at most: what it tells of itself trembles."""

ARRIVE_S: Final = 0.3
"""A robot that is at the largest lead must come to where it was sent then within this time."""

LAG_S: Final = 0.15
"""A robot that has not moved for this long stands still: so late its answer may be."""

STANDS: Final = 0.25
"""What is held is no further than this share of ``max_error`` from a robot that stands still."""

_FAR: Final = 0.9  # of max_error: the largest lead
_ARRIVED: Final = 0.5  # of max_error: where it was sent to
_STILL: Final = 0.1  # of the way to its command


class TrackingError:
    """Watches how far K values of a robot, its joints or its targets, are from what is sent.

    Args:
        names: of the values.
        distance: how far apart two states are, each with K rows, shape (K,) [rad] or [m].
    """

    def __init__(self, names: Sequence[str], distance: Callable[[Array, Array], Array]) -> None:
        self._names, self._distance = tuple(names), distance
        self._past: deque[tuple[float, Array]] = deque()
        self.begin()

    def begin(self) -> None:
        """Forget everything."""
        self._past.clear()
        self._since_s = np.full(len(self._names), np.nan)
        self._sent: Array | None = None

    @property
    def waiting(self) -> tuple[str, ...]:
        """Names of what the commands wait for."""
        waiting = np.flatnonzero(~np.isnan(self._since_s))
        return tuple(self._names[i] for i in waiting.tolist())

    def check(self, wanted: Array, measured: Array, max_error: float, time_s: float, held: bool) -> bool:
        """Whether a state may be sent.

        Args:
            wanted: the state, K rows.
            measured: where the robot is, the same shape; kept.
            max_error: how far apart they may be [rad] or [m], above 0.
            time_s: now [s].
            held: whether the state stays: a robot that is on its way arrives, and one that stands does not
                follow.

        Raises:
            RobotLostError: the robot does not go along.
        """
        past = self._past
        past.append((time_s, measured))
        while past[0][0] < time_s - LAG_S:
            past.popleft()
        off = self._distance(wanted, measured)
        if held:
            still = self._distance(measured, past[0][1]) < _STILL * off
            self._refuse(still & (off > STANDS * max_error), off, "stands still, {off:.2f} from its command")
        behind = self._behind(wanted, measured, off, max_error, time_s)
        self._refuse(behind, off, f"stays {{off:.2f}} from its command (max_tracking_error is {max_error:g})")
        return bool((off <= max_error).all())

    def _refuse(self, lost: Mask, off: Array, words: str) -> None:
        if lost.any():
            worst = int(np.argmax(np.where(lost, off, -1.0)))
            raise RobotLostError(
                f"the robot does not follow: {self._names[worst]} {words.format(off=off[worst])}; check "
                "that its controller is active and accepts the commands, then engage again"
            )

    def _behind(self, wanted: Array, measured: Array, off: Array, max_error: float, time_s: float) -> Mask:
        """Which values have been at the largest lead, and do not come to where they were sent."""
        far = off > _FAR * max_error
        if self._sent is None or not far.any():
            self._since_s[:] = np.nan
            self._sent = wanted.copy()
        due = far & (time_s - self._since_s >= ARRIVE_S)
        lost = due & (self._distance(self._sent, measured) > _ARRIVED * max_error)
        begins = far & (np.isnan(self._since_s) | due)  # one that has arrived where it was lags on
        self._since_s[~far] = np.nan
        self._since_s[begins] = time_s
        self._sent[begins] = wanted[begins]
        return lost
