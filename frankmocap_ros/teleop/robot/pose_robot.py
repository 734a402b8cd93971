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

"""A robot that takes poses and finds its joints itself; it tells where its targets are."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from frankmocap_ros.errors import RobotLostError
from frankmocap_ros.geometry.rotation import Array, Mask, dot, quat_from_rotvec, quat_multiply, turn_between
from frankmocap_ros.teleop.clutch import RobotPoses
from frankmocap_ros.teleop.command import Command
from frankmocap_ros.teleop.robot.tracking_error import MAX_LEAD_SHARE, TrackingError
from frankmocap_ros.teleop.setpoint import Setpoint


class PoseRobot:
    """Hands poses on, and watches whether the robot takes them; a ``Robot`` of the gate.

    Attributes:
        max_error: how far a target may be from its command [m], and turned from it [rad]; 0 for as far as it
            likes, and ``measured`` is asked at the beginning only.

    Args:
        names: of the targets.
        measured: tells where the targets are, or why that is not known, in words.
        max_error: see there.
    """

    def __init__(
        self, names: Sequence[str], measured: Callable[[], RobotPoses | str], max_error: float
    ) -> None:
        self.max_error = max_error
        self._measured = measured
        self._error = TrackingError(names, _apart)

    def begin(self) -> RobotPoses | str:
        """Start from where the robot is; its targets there, or why that is not known."""
        self._error.begin()
        return self._measured()

    def unknown(self) -> str:
        """Why it is not known where the robot is, with the next step; empty where it is."""
        poses = self._measured()
        return poses if isinstance(poses, str) else ""

    def within_reach(self, setpoint: Setpoint) -> Setpoint:
        """A setpoint no further from the robot than commands may be; one that is further rests there."""
        robot = self._measured() if self.max_error > 0.0 else ""
        if isinstance(robot, str):
            return setpoint  # ``drive`` tells
        max_lead = MAX_LEAD_SHARE * self.max_error
        way, far = _shortened(setpoint.positions - robot.positions, max_lead)
        turn, turned = _shortened(turn_between(robot.orientations, setpoint.orientations), max_lead)
        return Setpoint(
            np.where(far, robot.positions + way, setpoint.positions),
            np.where(far, 0.0, setpoint.velocities),
            np.where(
                turned, quat_multiply(quat_from_rotvec(turn), robot.orientations), setpoint.orientations
            ),
            np.where(turned, 0.0, setpoint.angular_velocities),
            setpoint.follow,
        )

    def drive(self, command: Command) -> Command | None:
        """The command itself; None where the robot is too far from it to be sent there.

        Raises:
            RobotLostError: the robot does not follow, or does not tell where it is.
        """
        if not self.max_error > 0.0:
            return command
        robot = self._measured()
        if isinstance(robot, str):
            raise RobotLostError(robot)
        wanted = np.hstack((command.positions, command.orientations))
        at = np.hstack((robot.positions, robot.orientations))
        near = self._error.check(wanted, at, self.max_error, command.time_s, command.held)
        return command if near else None

    def way_back(self) -> None:
        """None: how it comes to a pose is its own."""

    def openings(self) -> Mapping[str, float]:
        """None: nobody tells of grippers."""
        return {}

    def limits(self) -> tuple[str, ...]:
        """What keeps the robot from the last command, in words."""
        return tuple(f"{name}: robot lags" for name in self._error.waiting)


def _shortened(vectors: Array, length: float) -> tuple[Array, Mask]:
    """Vectors, shape (N, 3), no longer than ``length``, and which ones were, shape (N, 1)."""
    lengths = np.sqrt(dot(vectors, vectors))[:, None]
    return vectors * np.minimum(1.0, length / np.maximum(lengths, 1e-300)), lengths > length


def _apart(a: Array, b: Array) -> Array:
    """Distances and angles between poses, shape (N, 7): the larger number of the two, shape (N,)."""
    way = a[:, :3] - b[:, :3]
    turn = turn_between(b[:, 3:], a[:, 3:])
    return np.asarray(np.sqrt(np.maximum(dot(way, way), dot(turn, turn))))
