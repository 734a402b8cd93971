"""An arm that stays off its command though it could be there: is it late, or does it have to go another way?

Two scouts look for a while, and again and again: one begins where the robot is then, and one at home. Where
the first one comes to the command the robot is only late. Where only the second one does, the robot is in a
posture that has no way there, such as one whose shoulder has turned over: it has to be led back.
"""

import math
from typing import Final

import numpy as np

from frankmocap_ros.errors import RetargetError
from frankmocap_ros.geometry.rotation import Array, Mask
from frankmocap_ros.teleop.robot.alignment import Alignment
from frankmocap_ros.teleop.robot.retargeter import Retargeter

MISSED_M: Final = 0.05
"""A target that is further from its command than this has not reached it."""
AFTER_S: Final = 1.0
"""What is off for so long, though it could be there, is led back."""
AGAIN_S: Final = 5.0
"""Who was led back and is off again is not led again before this has passed."""

_LOOK_S: Final = 0.4  # that the scouts have
_STEP_S: Final = 0.02
_STEPS: Final = 2  # of a scout, for one of the robot
_REACHED: Final = 0.6  # of MISSED_M: where a scout has come to the command
_MOST_ACCELERATION: Final = 0.8  # of the joints', on the way back
_LEAST_S: Final = 1.0  # that the way back lasts


class Recovery:
    """Finds out whether a robot has to be led back. For one thread.

    Attributes:
        off: shape (N,), which targets could be at their commands, from another posture.

    Args:
        robot: whom it watches.
        alignment: knows the way; its scout is the one that begins at home.
    """

    def __init__(self, robot: Retargeter, alignment: Alignment) -> None:
        self._robot, self._alignment = robot, alignment
        self._near = robot.scout()
        self.begin()

    def begin(self) -> None:
        """Begin anew, with a robot that has not been led yet."""
        self.off = np.zeros(len(self._robot.targets), dtype=bool)
        self._led_s = -math.inf
        self._end()

    def _end(self) -> None:
        self.off = np.zeros_like(self.off)
        self._look_s = self._since_s = math.nan

    def watch(self, positions: Array, orientations: Array, time_s: float) -> None:
        """Take the targets' commands, shape (N, 3) [m] and (N, 4), to which the robot has been driven [s]."""
        missed = self._missed(self._robot, positions, MISSED_M)
        if not missed.any():
            self._end()
            return
        if math.isnan(self._look_s):
            self._look(time_s)
        try:
            for _ in range(_STEPS):
                self._near.solve(positions, orientations, _STEP_S)
            self._alignment.search(positions, orientations)
        except RetargetError:  # the robot's own step tells
            self._end()
            return
        if time_s - self._look_s >= _LOOK_S:
            self._judge(missed, positions)
            self._look_s = math.nan

    def _look(self, time_s: float) -> None:
        """Send the scouts out."""
        self._look_s = time_s
        self._near.start(self._robot.joints)
        self._alignment.begin(self._robot.joints)

    def _judge(self, missed: Mask, positions: Array) -> None:
        """Take what the scouts have found."""
        reached = ~self._missed(self._alignment.scout, positions, _REACHED * MISSED_M)
        self.off = missed & reached & self._missed(self._near, positions, MISSED_M)
        if not self.off.any():
            self._since_s = math.nan
        elif math.isnan(self._since_s):
            self._since_s = self._look_s

    def lead(self, time_s: float) -> float:
        """How long the robot is to be led now, from where it is [s]; 0 for not at all."""
        found = math.isnan(self._look_s)  # the scouts have just come back
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
