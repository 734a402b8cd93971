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

"""The way of a robot into the operator's posture: found by a twin that goes ahead.

An arm has several postures for one pose of its hand, and in which one it ends depends on the way that it
came. A shoulder that went up before the body may be wound so far that the arm cannot come down at the side.
Whoever goes straight from the home posture to the pose, as fast as they like, ends in one that is near home;
so the twin does. The robot's joints are led to the twin's, all at once, and its targets along with them.
"""

from contextlib import suppress
from typing import Final

from frankmocap_ros.errors import RetargetError
from frankmocap_ros.geometry.rotation import (
    Array,
    quat_conjugate,
    quat_from_rotvec,
    quat_multiply,
    quat_to_rotvec,
)
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter

_STEPS: Final = 2  # of the twin, for one of the robot
_STEP_S: Final = 0.02  # how long they last: from anywhere it is there long before the robot
_PULL: Final = 0.8  # cost of the joints' distance from the way; the built-in robot's wrist has 10
_FADE: Final = 0.1  # with so much of the way left it begins to fall: who is let go at once swings


class Alignment:
    """Leads a robot into the operator's posture. For one thread.

    Attributes:
        twin: the one that goes ahead.
        leading: whether the robot is on the way.

    Args:
        robot: whom it leads, by what it prefers.
    """

    def __init__(self, robot: Retargeter) -> None:
        self._robot, self.twin = robot, robot.twin()
        self.begin(robot.home)

    def begin(self, joints: Array) -> None:
        """Restart with the robot in that posture, shape (J,) [rad] or [m]."""
        home = self._robot.home_near(joints)
        self._from = joints
        self.twin.start(home)
        self._found = home
        self.leading = False
        self._robot.prefer_home()

    def observe(self, joints: Array) -> None:
        """Take where the robot's observed joints are, shape (K,); see ``Retargeter.observe``."""
        for one in (self._robot, self.twin):
            one.observe(joints)

    def search(self, positions: Array, orientations: Array) -> None:
        """Let the twin go on to poses of the targets, shape (N, 3) [m] and (N, 4), x y z w.

        Raises:
            RetargetError: it finds no posture.
        """
        for _ in range(_STEPS):
            self._found, _ = self.twin.solve(positions, orientations, _STEP_S)

    def lead(self, joints: Array) -> Array:
        """Begin the way in a posture, shape (J,); to where the twin is: how far that is, shape (J,)."""
        self._from = joints
        self.leading = True
        return self._found - joints

    def way(self, positions: Array, orientations: Array, left: float) -> tuple[Array, Array]:
        """Poses of the targets on the way, and let the robot prefer the posture there.

        Args:
            positions: where the way leads to now, shape (N, 3) [m].
            orientations: of the targets there, shape (N, 4), x y z w.
            left: share of the way, 1 falling to 0.
        """
        self.leading = left > 0.0
        if not self.leading:
            self._robot.prefer_home()
            return positions, orientations
        with suppress(RetargetError):  # the robot's own step tells
            self.search(positions, orientations)
        done = 1.0 - left
        joints = self._from + done * (self._found - self._from)
        self._robot.prefer(joints, _PULL * min(1.0, left / _FADE))
        here, there = self.twin.poses(joints), self.twin.poses(self._found)
        # what the twin does not reach is added bit by bit
        rest = quat_multiply(quat_conjugate(there.orientations), orientations)
        return (
            here.positions + done * (positions - there.positions),
            quat_multiply(here.orientations, quat_from_rotvec(done * quat_to_rotvec(rest))),
        )
