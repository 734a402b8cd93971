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

"""How far commands trail the operator, and how much they tremble."""

import math
from collections import deque

import numpy as np

from frankmocap_ros.geometry.rotation import Array, dot

WINDOW_S = 3.0
"""The figures tell of so much time."""

_LEAST_SPEED = 0.05  # m/s: slower, nobody can tell what is lag


class TrackingQuality:
    """Lag and jitter of commanded positions beside the measured ones they follow.

    Lag is the time T for which ``measured - command = T * velocity`` holds best (least squares) over the
    window, both for the same moment. Jitter is the root of the mean squared distance of a position from the
    middle of its two neighbors, one camera image away each.
    """

    def __init__(self) -> None:
        self._commands: deque[tuple[float, Array]] = deque(maxlen=256)
        self._pairs: deque[tuple[float, float, float]] = deque()  # time, error along v, v squared
        self._measured: deque[tuple[float, Array]] = deque()
        self._commanded: deque[tuple[float, Array]] = deque()

    def reset(self) -> None:
        """Forget everything."""
        self.__init__()  # type: ignore[misc]

    def command(self, positions: Array, time_s: float) -> None:
        """Take what was commanded for a time; shape (N, 3) [m]."""
        self._commands.append((time_s, positions))

    def measure(self, positions: Array, velocities: Array, time_s: float) -> None:
        """Take where the targets were to be at a time, as measured later; shape (N, 3) [m], [m/s]."""
        command = self._at(time_s)
        if command is None:
            return
        fast = dot(velocities, velocities) > _LEAST_SPEED**2
        v = np.where(fast[:, None], velocities, 0.0)
        self._pairs.append((time_s, float(np.sum(v * (positions - command))), float(np.sum(v * v))))
        self._measured.append((time_s, positions))
        self._commanded.append((time_s, command))
        for history in (self._pairs, self._measured, self._commanded):
            while history and time_s - history[0][0] > WINDOW_S:
                history.popleft()

    @property
    def lag_ms(self) -> float:
        """Lag [ms]; NaN where nothing moved."""
        moved = sum(v for _, _, v in self._pairs)
        return 1e3 * sum(e for _, e, _ in self._pairs) / moved if moved > 0.0 else math.nan

    @property
    def jitter_mm(self) -> float:
        """Jitter of the commands [mm]; NaN where there are too few."""
        return _jitter(self._commanded)

    @property
    def measured_jitter_mm(self) -> float:
        """Jitter of what they follow [mm]; NaN where there is too little."""
        return _jitter(self._measured)

    def _at(self, time_s: float) -> Array | None:
        """The command for a time, between the two nearest."""
        later = None
        for at_s, positions in reversed(self._commands):
            if at_s <= time_s:
                if later is None:
                    return None
                share = (time_s - at_s) / max(later[0] - at_s, 1e-9)
                return np.asarray(positions + share * (later[1] - positions))
            later = (at_s, positions)
        return None


def _jitter(history: "deque[tuple[float, Array]]") -> float:
    if len(history) < 3:
        return math.nan
    points = np.array([positions for _, positions in history])
    off = points[1:-1] - 0.5 * (points[:-2] + points[2:])
    return float(1e3 * math.sqrt(np.mean(np.sum(off * off, axis=-1))))
