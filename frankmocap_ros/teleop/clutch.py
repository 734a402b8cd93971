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

"""From the operator's poses to the robot's: relative to where both were at engagement.

With the operator's poses p, q, the robot's r, s and the index 0 for the moment of engagement::

    position     scale * (p - p0) + r0
    orientation  q * conj(q0) * s0

Where the robot has a counterpart of the operator's origin (its shoulder for theirs), there is also a pose
that means the same posture: counterpart + scale * p, and q * rest. With ``align_s`` the robot comes to it
within so many seconds, on a way that the robot knows.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from frankmocap_ros.geometry.rotation import IDENTITY_XYZW, Array, quat_conjugate, quat_multiply
from frankmocap_ros.teleop.setpoint import Setpoint

Way = Callable[[Array, Array, float], tuple[Array, Array]]
"""Poses on the way from where the robot was at engagement, from the poses that it leads to, shape (N, 3) [m]
and (N, 4), and from how much of it is left, 1 falling to 0. With 1 they are where the robot was, with 0 those
that it leads to."""


@dataclass(frozen=True, eq=False)
class RobotPoses:
    """Where the robot's N targets are, in its base frame.

    Attributes:
        positions: shape (N, 3) [m].
        orientations: shape (N, 4), unit quaternions x y z w.
        origins: shape (N, 3), the counterparts of the targets' origins [m].
        rest: shape (N, 4), the targets' orientations when the operator stands in the rest pose, facing
            forward.
        way: from here into the operator's posture; None where that is not known, nor origins and rest.
    """

    positions: Array
    orientations: Array
    origins: Array
    rest: Array
    way: Way | None = None

    @classmethod
    def alone(cls, positions: Array, orientations: Array) -> "RobotPoses":
        """Poses of a robot of which nothing else is known, shape (N, 3) [m] and (N, 4)."""
        n = len(positions)
        return cls(positions, orientations, np.zeros((n, 3)), np.tile(IDENTITY_XYZW, (n, 1)))


@dataclass(frozen=True)
class WayBack:
    """A way of a robot out of a posture from which its targets do not come to their commands.

    Attributes:
        way: from where the robot is.
        lasts_s: how long it takes within the limits of the joints, above 0 [s].
    """

    way: Way
    lasts_s: float


class Clutch:
    """The mapping of one engagement.

    Args:
        start: the operator's N poses at engagement.
        robot: the robot's at the same time.
        scales: shape (N,), robot's lengths in operator's.
        time_s: when that is [s].
        align_s: how long aligning takes [s]; 0 for never.
    """

    def __init__(
        self, start: Setpoint, robot: RobotPoses, scales: Array, time_s: float, align_s: float
    ) -> None:
        self._scales = scales[:, None]
        self._time_s, self._align_s = time_s, align_s
        self._way = robot.way if align_s > 0.0 else None
        if self._way is not None:
            self._shift, self._turn = robot.origins, robot.rest
        else:
            self._shift = robot.positions - self._scales * start.positions
            self._turn = quat_multiply(quat_conjugate(start.orientations), robot.orientations)

    def lead(self, back: WayBack, time_s: float) -> None:
        """Go a way from now on, where none is gone; what poses mean stays as it is."""
        self._way, self._time_s, self._align_s = back.way, time_s, back.lasts_s

    @property
    def aligning(self) -> bool:
        """Whether the robot is still on the way into the operator's posture."""
        return self._way is not None

    def map(self, operator: Setpoint, time_s: float) -> Setpoint:
        """The robot's poses for the operator's.

        Args:
            operator: the operator's N poses and speeds.
            time_s: what the poses are for [s]; while aligning, not before that of the last call.
        """
        positions = self._scales * operator.positions + self._shift
        orientations = quat_multiply(operator.orientations, self._turn)
        if self._way is not None:
            left = self._left_at(time_s)
            positions, orientations = self._way(positions, orientations, left)
            if not left > 0.0:
                self._way = None
        return Setpoint(
            positions=positions,
            velocities=self._scales * operator.velocities,
            orientations=orientations,
            angular_velocities=operator.angular_velocities,
            follow=operator.follow,
        )

    def _left_at(self, time_s: float) -> float:
        """Share of the way that is left: 1 falling to 0, smoothly."""
        share = min(max((time_s - self._time_s) / self._align_s, 0.0), 1.0)
        return 1.0 - share * share * (3.0 - 2.0 * share)
