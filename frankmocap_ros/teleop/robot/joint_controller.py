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

"""A robot whose joints are driven: postures for commands, one after the other, while the robot goes along.

Postures have the joints of the inverse kinematics, and then those that are driven beside them, of grippers.
What is watched and waited for is the former: a gripper that holds something does not reach its command.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from frankmocap_ros.errors import RetargetError, RobotLostError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.clutch import RobotPoses, WayBack
from frankmocap_ros.teleop.command import Command, Posture
from frankmocap_ros.teleop.hands.robot_hand import load_hands
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter
from frankmocap_ros.teleop.robot.alignment import Alignment
from frankmocap_ros.teleop.robot.driven_posture import DrivenPosture
from frankmocap_ros.teleop.robot.finger_driver import FingerDriver
from frankmocap_ros.teleop.robot.recovery import MISSED_M, Recovery
from frankmocap_ros.teleop.robot.tracking_error import MAX_LEAD_SHARE, TrackingError
from frankmocap_ros.teleop.setpoint import Setpoint

MAX_PAUSE_S = 0.25
"""A robot that has heard nothing for longer has stopped: its joints begin at rest again."""


class JointController:
    """Solves for postures, and watches whether the robot takes them; a ``Robot`` of the gate.

    Attributes:
        max_error: how far a joint may be from its command [rad] or [m]; 0 for as far as it likes, and
            ``measured`` is not asked then, but for grippers.

    Args:
        robot: finds postures.
        measured: tells where the joints are, shape (J + D,), the commanded ones and then those driven beside
            them, a new array each time; or why that is not known, in words.
        max_error: see there.
        observed: tells where the robot's observed joints are, shape (K,), not finite where nobody tells; None
            for nobody.
    """

    def __init__(
        self,
        robot: Retargeter,
        measured: Callable[[], Array | str],
        max_error: float,
        observed: Callable[[], Array] | None = None,
    ) -> None:
        self.robot = robot
        self.max_error = max_error
        self._last: Array | None = None
        self._commanded = np.zeros((len(robot.targets), 3))
        self._measured = measured
        self._observed = observed if robot.observed else None
        self._alignment = Alignment(robot)
        self._recovery = Recovery(robot, self._alignment)
        fingers = FingerDriver(load_hands(robot.robot_map, robot.ik_model))
        self._driven = DrivenPosture(robot.driven, robot.grippers, MAX_PAUSE_S, (fingers,))
        self._error = TrackingError(robot.joint_names, lambda a, b: np.abs(robot.apart(a, b)))
        self._time_s = math.nan

    def begin(self) -> RobotPoses | str:
        """Start from where the robot is; its targets there, or why that is not known."""
        measured = self._measured()
        if isinstance(measured, str):
            return measured
        joints, driven = self._parts(measured)
        try:
            self._observe()
            self.robot.start(joints)
            self._alignment.begin(joints)
        except RetargetError as error:
            return str(error)
        self._driven.begin(driven)
        self._last = None
        self._time_s = math.nan
        self._recovery.begin()
        self._error.begin()
        poses = self.robot.poses(joints)
        self._commanded = poses.positions
        return poses if self.robot.table_arm else replace(poses, way=self._alignment.way)

    def unknown(self) -> str:
        """Why it is not known where the robot is, with the next step; empty where it is."""
        joints = self._measured()
        return joints if isinstance(joints, str) else ""

    def within_reach(self, setpoint: Setpoint) -> Setpoint:
        """The setpoint itself: it is the joints that wait for the robot."""
        return setpoint

    def drive(self, command: Command) -> Command | None:
        """The command with a posture; None where the robot is too far from it to be sent there.

        In HOLD the joints brake and stay, however far they are from the command.

        Raises:
            RetargetError: no posture is found; the same command can be driven as one that is held.
            RobotLostError: the robot does not follow, or does not tell where it is.
        """
        measured, driven = self._asked()
        self._observe()
        dt = self._passed(command.time_s)
        self._stay_near(measured)
        if command.held and self._last is not None:
            positions, velocities = self.robot.brake(dt)
        else:
            positions, velocities = self.robot.solve(command.positions, command.orientations, dt)
            self._commanded = command.positions
        self._time_s = command.time_s
        self._last = positions
        self._watch(command)
        least_s = 0.0
        if measured is not None:
            near = self._error.check(positions, measured, self.max_error, command.time_s, command.held)
            if not near:
                return None
            least_s = float((np.abs(self.robot.apart(positions, measured)) / self.robot.max_speed).max())
        beside = self._driven.drive(command, driven)
        positions, velocities = np.append(positions, beside[0]), np.append(velocities, beside[1])
        return replace(command, posture=Posture(positions, velocities, least_s))

    def way_back(self) -> WayBack | None:
        """The way back to the operator's posture, where the robot stays off its commands in its own."""
        lasts_s = self._recovery.lead(self._time_s)
        return WayBack(self._alignment.way, lasts_s) if lasts_s > 0.0 else None

    def openings(self) -> Mapping[str, float]:
        """How far each gripper is open, side -> 0 shut to 1 open: as measured when the last ``begin`` was.

        One that holds something is as far open as it was commanded: that is how firmly it holds.
        """
        return self._driven.openings()

    def limits(self) -> tuple[str, ...]:
        """What keeps the robot from the last command, in words."""
        waiting = (*(f"{name}: robot lags" for name in self._error.waiting), *self._driven.limits())
        if self._alignment.leading:
            return (*waiting, *(f"{name}: on its way to the operator's posture" for name in self.missed))
        stuck = zip(self.robot.targets, self._recovery.off.tolist(), strict=True)
        turned = {t.name for t, is_off in stuck if is_off}
        words = {
            name: "another posture is needed" if name in turned else "not reached" for name in self.missed
        }
        return (*waiting, *(f"{name}: {word}" for name, word in words.items()))

    @property
    def missed(self) -> tuple[str, ...]:
        """Names of the targets that are ``MISSED_M`` from what they were driven to last.

        They are out of reach, held back by other parts of the robot, or in a posture that has no way there.
        """
        far = self.robot.distances(self._commanded) > MISSED_M
        return tuple(t.name for t, is_far in zip(self.robot.targets, far, strict=True) if is_far)

    def _observe(self) -> None:
        if self._observed is not None:
            self._alignment.observe(self._observed())

    def _parts(self, joints: Array) -> tuple[Array, Array]:
        """Commanded joints, and those that are driven beside them."""
        count = len(self.robot.joint_names)
        return joints[:count], joints[count:]

    def _asked(self) -> tuple[Array | None, Array | None]:
        """Where the joints are, within half a turn of the last posture, and where the driven ones are.

        None for joints of which it does not matter, and for driven ones of which nobody tells.
        """
        watched = self.max_error > 0.0
        measured = self._measured() if watched or self.robot.driven.names else ""
        if isinstance(measured, str):
            if watched:
                raise RobotLostError(measured)
            return None, None
        joints, driven = self._parts(measured)
        if not watched:
            return None, driven
        if self._last is not None:
            joints = self._last + self.robot.apart(joints, self._last)
        return joints, driven

    def _passed(self, time_s: float) -> float:
        """Time since the last command [s]; 0 for the first, and after a pause, from which the robot rests."""
        dt = time_s - self._time_s
        if dt <= MAX_PAUSE_S:
            return dt
        self.robot.rest()
        return 0.0

    def _stay_near(self, measured: Array | None) -> None:
        """Let no posture be further from the robot than may be."""
        max_lead = MAX_LEAD_SHARE * self.max_error if measured is not None else np.inf
        self.robot.stay_near(self.robot.home if measured is None else measured, max_lead)

    def _watch(self, command: Command) -> None:
        """Look whether the robot has to be led back."""
        if command.held or self._alignment.leading:
            return
        self._recovery.watch(command.positions, command.orientations, command.time_s)
