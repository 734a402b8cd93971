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

"""An arm that stays off its command though it could be there: is it late, or does it have to go another way?

Twins look, again and again. The first one begins where the robot is: where it comes to the command the robot
is only late. Where it does not, a second one begins at home, and the first one goes on. Where only the second
one comes there the robot is in a posture that has no way to its command, such as one whose shoulder has
turned over: it has to be led back.
"""

import math
from typing import Final

import numpy as np

from frankmocap_ros.errors import RetargetError
from frankmocap_ros.geometry.rotation import Array, Mask
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter
from frankmocap_ros.teleop.robot.alignment import Alignment

MISSED_M: Final = 0.05
"""A target that is further from its command than this has not reached it."""
AFTER_S: Final = 1.0
"""What is off for so long, though it could be there, is led back."""
AGAIN_S: Final = 5.0
"""Who was led back and is off again is not led again before this has passed."""

_LOOK_S: Final = 0.2  # that each twin has
_PAUSE_S: Final = 0.4  # before the next look at a robot that is late: twins cost as much as the robot itself
_STEP_S: Final = 0.02
_STEPS: Final = 2  # of a twin, for one of the robot
_REACHED: Final = 0.6  # of MISSED_M: where a twin has come to the command
_MOST_ACCELERATION: Final = 0.8  # of the joints', on the way back
_LEAST_S: Final = 1.0  # that the way back lasts


class Recovery:
    """Finds out whether a robot has to be led back. For one thread.

    Attributes:
        off: shape (N,), which targets could be at their commands, from another posture.

    Args:
        robot: whom it watches.
        alignment: knows the way; its twin is the one that begins at home.
    """

    def __init__(self, robot: Retargeter, alignment: Alignment) -> None:
        self._robot, self._alignment = robot, alignment
        self._near = robot.twin()
        self.begin()

    def begin(self) -> None:
        """Start again, with a robot that has not been led yet."""
        self.off = np.zeros(len(self._robot.targets), dtype=bool)
        self._led_s = -math.inf
        self._end()

    def _end(self) -> None:
        self.off = np.zeros_like(self.off)
        self._look_s = self._since_s = math.nan
        self._pause_s = -math.inf
        self._both = False

    def watch(self, positions: Array, orientations: Array, time_s: float) -> None:
        """Take the targets' commands, shape (N, 3) [m] and (N, 4), to which the robot has been driven [s]."""
        missed = self._missed(self._robot, positions, MISSED_M)
        if not missed.any():
            self._end()
            return
        if time_s < self._pause_s:
            return
        if math.isnan(self._look_s):
            self._look_s, self._both = time_s, False
            self._near.start(self._robot.joints)
        try:
            self._search(positions, orientations)
        except RetargetError:  # the robot's own step tells
            self._end()
            return
        late = not (missed & self._missed(self._near, positions, MISSED_M)).any()
        if late and not self._both:
            self._end()
            self._pause_s = time_s + _PAUSE_S
        elif time_s - self._look_s >= _LOOK_S and not self._both:
            self._both = True
            self._alignment.begin(self._robot.joints)
        elif time_s - self._look_s >= 2.0 * _LOOK_S:
            self._judge(missed, positions)

    def _search(self, positions: Array, orientations: Array) -> None:
        for _ in range(_STEPS):
            self._near.solve(positions, orientations, _STEP_S)
        if self._both:
            self._alignment.search(positions, orientations)

    def _judge(self, missed: Mask, positions: Array) -> None:
        """Take what both twins have found."""
        reached = ~self._missed(self._alignment.twin, positions, _REACHED * MISSED_M)
        self.off = missed & reached & self._missed(self._near, positions, MISSED_M)
        if not self.off.any():
            self._since_s = math.nan
        elif math.isnan(self._since_s):
            self._since_s = self._look_s
        self._look_s = math.nan

    def lead(self, time_s: float) -> float:
        """How long the robot is to be led now, from where it is [s]; 0 for not at all."""
        found = math.isnan(self._look_s)  # the twins have just come back
        if not (found and time_s - self._since_s >= AFTER_S and time_s - self._led_s >= AGAIN_S):
            return 0.0
        robot = self._robot
        way = np.abs(self._alignment.lead(robot.joints))
        moving = robot.max_speed > 0.0
        least_s = 1.5 * way[moving] / robot.max_speed[moving]
        gentle_s = np.sqrt(6.0 * way / (_MOST_ACCELERATION * robot.max_acceleration))
        lasts_s = max(_LEAST_S, float(least_s.max()), float(gentle_s.max()))
        self._led_s = time_s + lasts_s
        self._end()
        return lasts_s

    @staticmethod
    def _missed(robot: Retargeter, positions: Array, most_m: float) -> Mask:
        return np.asarray(robot.main & (robot.distances(positions) > most_m))
