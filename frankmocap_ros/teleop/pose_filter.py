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

"""Measured poses over time: smoothed, and with speeds."""

import math

import numpy as np

from frankmocap_ros.geometry.rotation import IDENTITY_XYZW, Mask, dot, turn_between
from frankmocap_ros.one_euro import OneEuro, OneEuroQuaternion, OneEuroVector
from frankmocap_ros.teleop.operator_state import Poses

VELOCITY_CUTOFF_HZ = 4.0
"""Low-pass of the speeds. What is predicted from them over 50 ms grows noise by about a third."""

MAX_GAP_S = 0.5
"""A pose that was not measured for longer than this restarts, at rest."""


class PoseFilter:
    """N poses, as they were measured last and as they move.

    Attributes:
        time_s: when they were measured, NaN before the first [s].
        positions, orientations: shape (N, 3) [m] and (N, 4), smoothed.
        velocities, angular_velocities: shape (N, 3) [m/s], [rad/s]; zero for what was not measured just now.
        confidence: shape (N,), 0..1.
        valid: shape (N,), what was measured just now.

    Args:
        count: N.
        smoothing: parameters of the One-Euro filters, or None for none.
    """

    def __init__(self, count: int, smoothing: OneEuro | None) -> None:
        self._count = count
        self._filters: tuple[OneEuroVector, OneEuroQuaternion] | None = None
        if smoothing is not None:
            self._filters = (
                OneEuroVector(count, smoothing, MAX_GAP_S),
                OneEuroQuaternion(count, smoothing, MAX_GAP_S),
            )
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        for one in self._filters or ():
            one.reset()
        self.time_s = math.nan
        self.positions = np.zeros((self._count, 3))
        self.orientations = np.tile(IDENTITY_XYZW, (self._count, 1))
        self.velocities = np.zeros((self._count, 3))
        self.angular_velocities = np.zeros((self._count, 3))
        self.confidence = np.zeros(self._count)
        self.valid = np.zeros(self._count, dtype=bool)
        self._last = (self.positions, self.orientations)

    def measure(self, poses: Poses, time_s: float) -> None:
        """Take what was measured; what is not valid in it keeps its last pose, without speed.

        Args:
            poses: of the N joints.
            time_s: when they were measured; later than the last time [s].
        """
        passed = time_s - self.time_s
        known = poses.valid & self.valid & (passed <= MAX_GAP_S)
        self._differentiate(poses, passed, known)
        positions, orientations = poses.positions, poses.orientations
        if self._filters is not None:
            vector, quaternion = self._filters
            positions = vector.filter(positions, time_s, poses.valid)
            orientations = quaternion.filter(orientations, time_s, poses.valid)
        mask = poses.valid[:, None]
        opposite = mask & (dot(orientations, self.orientations) < 0.0)[:, None]
        self.positions = np.where(mask, positions, self.positions)
        self.orientations = np.where(mask, np.where(opposite, -orientations, orientations), self.orientations)
        self._last = (poses.positions, poses.orientations)
        self.confidence = np.where(poses.valid, poses.confidence, 0.0)
        self.valid = poses.valid
        self.time_s = time_s

    def _differentiate(self, poses: Poses, passed: float, known: Mask) -> None:
        if not known.any():
            self.velocities = np.zeros((self._count, 3))
            self.angular_velocities = np.zeros((self._count, 3))
            return
        positions, orientations = self._last
        r = 2.0 * math.pi * VELOCITY_CUTOFF_HZ * passed
        gain = r / (1.0 + r)
        way = poses.positions - positions
        turn = turn_between(orientations, poses.orientations)
        mask = known[:, None]
        velocities = self.velocities + gain * (way / passed - self.velocities)
        turning = self.angular_velocities + gain * (turn / passed - self.angular_velocities)
        self.velocities = np.where(mask, velocities, 0.0)
        self.angular_velocities = np.where(mask, turning, 0.0)
