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

"""What of a measurement is believed: nobody can have moved faster than people do since the last."""

import numpy as np

from frankmocap_ros.geometry.rotation import Array, Mask, dot, turn_between

LEAP_S = 0.06
"""A joint that is seen again has had no more time than this to move, whatever passed: about two images.
Else a leap would be believed if it only lasted."""

FORGET_S = 0.5
"""What was not believed for this long starts again, at rest."""


class OutlierRejection:
    """Which of N measured poses are believed.

    Args:
        speed: shape (N,), nobody moves faster [m/s].
        angular_speed: shape (N,), nobody turns faster [rad/s].
    """

    def __init__(self, speed: Array, angular_speed: Array) -> None:
        self._speed, self._angular_speed = speed, angular_speed
        self._positions = np.zeros((len(speed), 3))
        self._orientations = np.zeros((len(speed), 4))
        self._time_s = np.full(len(speed), np.nan)

    def reset(self) -> None:
        """Forget what was measured: the next measurement is believed."""
        self._time_s[:] = np.nan

    def inliers(self, positions: Array, orientations: Array, time_s: float, valid: Mask) -> Mask:
        """Compare with the last measurement that was believed.

        Args:
            positions: shape (N, 3) [m].
            orientations: shape (N, 4), unit quaternions x y z w.
            time_s: when they were measured, later than the last time [s].
            valid: shape (N,), which of them are measurements.

        Returns:
            Which are believed, shape (N,).
        """
        since = time_s - self._time_s
        fresh = ~(since <= FORGET_S)  # also NaN
        time = np.where(fresh, 1.0, np.minimum(since, LEAP_S))
        way = positions - self._positions
        turn = turn_between(self._orientations, orientations)
        possible = (np.sqrt(dot(way, way)) <= self._speed * time) & (
            np.sqrt(dot(turn, turn)) <= self._angular_speed * time
        )
        believed = valid & (fresh | possible)
        self._positions[believed] = positions[believed]
        self._orientations[believed] = orientations[believed]
        self._time_s[believed] = time_s
        return np.asarray(believed)
