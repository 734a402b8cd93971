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

"""What a posture has beside the inverse kinematics: grippers, which hold what they hold."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.command import Command
from frankmocap_ros.teleop.command_limiter import MAX_STEP_S
from frankmocap_ros.teleop.inverse_kinematics.driven_limits import DrivenLimits
from frankmocap_ros.teleop.robot.driven_joints import DrivenJoints, JointDriver
from frankmocap_ros.teleop.robot.gripper_driver import GripperDriver
from frankmocap_ros.teleop.robot_map.gripper_map import GripperMap

_UNMOVED: Final = 0.05  # of a joint's range


class DrivenPosture:
    """Positions of D driven joints, command after command. For one thread.

    A gripper that holds something is not where it was sent: what it holds keeps it from there, and that is
    how firmly it holds. So these joints are never asked to be near their commands. And where they begin anew
    without having moved, they begin from the last command: to begin from where they are would be to let go.
    A joint that has not moved since it began before does so only towards shut, which lets go of nothing:
    others may not have been driven at all, and would leap to that command.

    Attributes:
        joints: moves them.

    Args:
        limits: of the joints.
        grippers: whose joints are among them.
        drivers: say where the other ones are to go.
        max_pause_s: a robot that has heard nothing for longer begins at rest [s].
    """

    def __init__(
        self,
        limits: DrivenLimits,
        grippers: Sequence[GripperMap],
        max_pause_s: float,
        drivers: Sequence[JointDriver] = (),
    ) -> None:
        self.joints = DrivenJoints(limits)
        self._gripper = GripperDriver(grippers)
        self._drivers = (self._gripper, *drivers)
        rows = {name: row for row, name in enumerate(limits.names)}
        self._rows = [[rows[name] for name in driver.names] for driver in self._drivers]
        self._targets = np.full(len(limits.names), np.nan)
        spans = limits.upper - limits.lower
        self._unmoved = _UNMOVED * np.where(np.isfinite(spans), spans, 1.0)
        self._shut_way = np.zeros(len(limits.names))
        self._shut_way[self._rows[0]] = self._gripper.shut_way
        self._began_at: Array = np.full(len(limits.names), np.nan)
        self._answers = np.zeros(len(limits.names), dtype=bool)  # who has moved since then
        self._left_at: Array = np.full(len(limits.names), np.nan)  # where they were told to be last,
        self._left: Array = self.joints.positions  # and the command at that time
        self._max_pause_s = max_pause_s
        self._time_s = math.nan

    def begin(self, measured: Array) -> None:
        """Start where the robot is; or from the last command, where it holds something or has not moved.

        Args:
            measured: shape (D,) [rad] or [m].
        """
        unmoved = np.abs(measured - self._left_at) <= self._unmoved
        shuts = (self._left - measured) * self._shut_way > 0.0
        kept = unmoved & (self._answers | shuts)
        self._answers &= kept
        self._began_at = measured
        self.joints.begin(np.where(kept, self._left, measured))
        for driver, rows in zip(self._drivers, self._rows, strict=True):
            driver.begin(self.joints.positions[rows])
        self._time_s = math.nan

    def drive(self, command: Command, measured: Array | None) -> tuple[Array, Array]:
        """Positions and velocities for a command that is sent, shape (D,) each; in HOLD they brake and stay.

        Args:
            command: says how far grippers are to be open.
            measured: where the joints are, shape (D,); None where nobody tells now.
        """
        dt = command.time_s - self._time_s
        if not dt <= self._max_pause_s:
            self.joints.rest()
            dt = 0.0
        self._time_s = command.time_s
        targets = self._targets.copy()
        if not command.held:
            for driver, rows in zip(self._drivers, self._rows, strict=True):
                targets[rows] = driver.targets(command)
        positions, velocities = self.joints.step(targets, min(dt, MAX_STEP_S))
        if measured is not None:
            self._answers |= np.abs(measured - self._began_at) > self._unmoved
            self._left_at, self._left = measured, positions
        return positions, velocities

    def limits(self) -> tuple[str, ...]:
        """What keeps the joints from what the operator shows, in words."""
        return tuple(words for driver in self._drivers for words in driver.limits())

    def openings(self) -> Mapping[str, float]:
        """How far each gripper is open, side -> 0 shut to 1 open, by what it is commanded."""
        return self._gripper.openings(self.joints.positions[self._rows[0]])
