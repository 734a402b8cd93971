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

"""What joints may do next: within ranges, speeds and accelerations, and never so that they cannot brake.

Velocities are steps over the time that they take. From one step to the next a velocity changes by no more
than the acceleration times that time, and times the time between the middles of the two steps: so neither
the velocities that are told nor those that follow from the positions change faster, however unevenly the
steps come. Half of the acceleration is left for braking then, in the worst case; what has to be braked in a
range, or before another part of the robot, is planned with that. So there is always a step that keeps
everything: to brake.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.geometry.rotation import Array

_APPROACH: Final = 0.8  # of the acceleration: what the way to a command is planned with
_AHEAD_S: Final = 0.1  # what moves is expected to move on for so long: noise and turns make more swing over
_GAIN: Final = 0.8  # of what is left to it, in one step, at most: all of it at once makes joints jerk
_ITERATIONS: Final = 3
_BRAKING: Final = 0.5  # of the acceleration: what uneven steps leave for braking
_LOOK: Final = 0.05  # of a way to rest from one posture that is looked at to the next [rad] or [m]
_MOST_LOOKS: Final = 20
_FURTHEST: Final = 1e6  # [rad] or [m]: where a joint without ends ends

UNLIMITED: Final = 1e9
"""An acceleration that limits nothing [1/s^2]."""


@dataclass(frozen=True, eq=False)
class StepBounds:
    """What one step of J joints may be, shape (J,) each [rad] or [m].

    Attributes:
        low, high: its ends; never empty.
        brake: a step between them, by which the joints come to rest as straight as they can.
    """

    low: Array
    high: Array
    brake: Array


class JointMotion:
    """How J joints move, and may move on.

    Attributes:
        lower, upper: shape (J,), what they are moved within [rad] or [m].
        max_speed: shape (J,) [1/s].
        max_acceleration: shape (J,), above 0, ``UNLIMITED`` for no limit [1/s^2].
        velocities: shape (J,), how they move now [1/s].
    """

    def __init__(self, lower: Array, upper: Array, max_speed: Array, max_acceleration: Array) -> None:
        self.lower, self.upper = lower, upper
        self.max_speed, self.max_acceleration = max_speed, max_acceleration
        self._braking = _BRAKING * max_acceleration
        self.rest()

    def rest(self) -> None:
        """Stand still."""
        self.velocities = np.zeros(len(self.max_speed))
        self._dt: float | None = None

    def moved(self, step: Array, dt: float) -> None:
        """Take note of a step, shape (J,), and of how long it took [s]."""
        self.velocities, self._dt = step / dt, dt

    def bounds(self, now: Array, within: Array, dt: float) -> StepBounds:
        """What the next step may be.

        Where the joints move so fast that they cannot be braked within ``within``, which goes with the robot,
        they are braked as hard as they can be.

        Args:
            now: shape (J,), where the joints are [rad] or [m]; those that are out of range do not go further.
            within: shape (2, J), what they are not to leave beside their ranges.
            dt: how long the step takes, above 0 [s].
        """
        even_s = dt if self._dt is None else min(dt, 0.5 * (dt + self._dt))
        change = self.max_acceleration * even_s
        slowest, fastest = self.velocities - change, self.velocities + change
        ahead = np.array((np.minimum(self.upper, within[1]) - now, now - np.maximum(self.lower, within[0])))
        up, down = np.minimum(self.max_speed, self._stoppable(ahead, self._braking, dt))
        low, high = np.maximum(-down, slowest), np.minimum(up, fastest)
        low, high = np.minimum(low, fastest), np.maximum(high, slowest)
        slower = max(0.0, 1.0 - even_s / max(self._stop_s(self.velocities, self.max_acceleration), 1e-12))
        brake = (slower * self.velocities).clip(low, high)
        return StepBounds(low * dt, high * dt, brake * dt)

    def closing(self, gaps: Array, rows: Array, dt: float) -> Array:
        """How far what is ahead may come nearer in one step so that it can be braked before it, shape (P,).

        Args:
            gaps: shape (P,), how far it is away [m].
            rows: shape (P, J), how it comes nearer with the joints.
            dt: how long the step takes [s].
        """
        return dt * self._stoppable(gaps, np.abs(rows) @ self._braking, dt)

    def towards(self, there: Array, along: Array, dt: float) -> Array:
        """A step towards what moves, after which the joints can still be braked where it will be, shape (J,).

        All joints come there at the same time, with the one that needs most: v (dt + v / 2a) is the way.

        Args:
            there: shape (J,), the way to where it was when the last step ended.
            along: shape (J,), how far it has moved since.
            dt: how long the step takes, above 0 [s].
        """
        lasts_s = _AHEAD_S
        for _ in range(_ITERATIONS):
            lasts_s = self._approach_s(there + (min(lasts_s, _AHEAD_S) / dt) * along, dt)
        return np.asarray((dt / lasts_s) * there + min(1.0, _AHEAD_S / lasts_s) * along)

    def _approach_s(self, way: Array, dt: float) -> float:
        """How long a way would last at the speed that it begins with [s]."""
        least = float((np.abs(way) / (2.0 * _APPROACH * self.max_acceleration)).max())
        return max(0.5 * dt + math.sqrt(0.25 * dt * dt + least), dt / _GAIN)

    @staticmethod
    def between(now: Array, after: Array) -> Array:
        """Postures on the way of one step, without its ends, shape (N, J); none for a short step.

        Args:
            now: shape (J,), where it begins [rad] or [m].
            after: shape (J,), where it ends.
        """
        many = math.ceil(float(np.abs(after - now).max()) / _LOOK)
        return np.asarray(now + np.multiply.outer(np.arange(1, many) / max(many, 1), after - now))

    def stops(self, now: Array, velocities: Array) -> Array:
        """Postures on the way to where the joints come to rest at the latest, the last one, shape (N, J).

        Args:
            now: shape (J,), where they are [rad] or [m].
            velocities: shape (J,), how they move there [1/s].
        """
        way = 0.5 * self._stop_s(velocities, self._braking) * velocities
        many = min(max(math.ceil(float(np.abs(way).max()) / _LOOK), 1), _MOST_LOOKS)
        ways = np.multiply.outer(np.arange(1, many + 1) / many, way)
        return np.asarray((now + ways).clip(np.minimum(self.lower, now), np.maximum(self.upper, now)))

    @staticmethod
    def _stop_s(velocities: Array, acceleration: Array) -> float:
        """How long it takes until all joints stand [s]."""
        return float((np.abs(velocities) / acceleration).max())

    @staticmethod
    def _stoppable(ahead: Array, braking: Array, dt: float) -> Array:
        """The speeds v for which v dt + v^2 / 2a is what is ahead: for a step, and for braking after it."""
        way = ahead.clip(0.0, _FURTHEST)
        return np.asarray(2.0 * way / (dt + np.sqrt(dt * dt + 2.0 * way / np.maximum(braking, 1e-9))))
