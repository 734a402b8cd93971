"""Which posture a robot is to come into: found ahead of it, and shown to it on the way.

An arm has several postures for one pose of its hand, and in which one it ends depends on the way that it came.
A shoulder that went up before the body may be wound so far that the arm cannot come down at the side. Whoever
goes straight from the home posture to the pose, as fast as they like, ends in one that is near home; so the
scout does, and the robot is drawn along.
"""

from contextlib import suppress
from typing import Final

from frankmocap_ros.errors import RetargetError
from frankmocap_ros.geometry import Array
from frankmocap_ros.teleop.commander import Alignment
from frankmocap_ros.teleop.retarget import Retargeter

_STEPS: Final = 2  # of the scout, for one of the robot
_STEP_S: Final = 0.02  # how long they last: from anywhere it is there long before the robot
_PULL: Final = 0.8  # cost of the way's postures: below 0.5 arms are wound again, and of a wrist it is 10
_FADE: Final = 0.1  # with so much of the way left they begin to matter less: who is let go at once swings


class Scout:
    """Leads a robot while it is aligned with the operator. For one thread.

    Args:
        robot: whom it leads.
    """

    def __init__(self, robot: Retargeter) -> None:
        self._robot, self._scout = robot, robot.twin()
        self.begin(robot.home)

    def begin(self, joints: Array) -> None:
        """Begin anew, with a robot in that posture, shape (J,) [rad] or [m]."""
        self._from = joints
        self._scout.start(self._scout.home)
        self._found = self._scout.home
        self._robot.prefer_home()

    def lead(self, alignment: Alignment | None) -> None:
        """Set what the robot prefers now; None when it is aligned."""
        if alignment is None:
            self._robot.prefer_home()
            return
        with suppress(RetargetError):  # the robot's own step tells
            for _ in range(_STEPS):
                self._found, _ = self._scout.solve(alignment.positions, alignment.orientations, _STEP_S)
        on_the_way = self._from + (1.0 - alignment.left) * (self._found - self._from)
        self._robot.prefer(on_the_way, _PULL * min(1.0, alignment.left / _FADE))
