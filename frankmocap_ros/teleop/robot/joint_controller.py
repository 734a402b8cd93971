"""A robot whose joints are driven: postures for commands, one after the other, while the robot goes along."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from frankmocap_ros.errors import RetargetError, RobotLostError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.clutch import RobotPoses
from frankmocap_ros.teleop.command import Command, Posture
from frankmocap_ros.teleop.robot.alignment import Alignment
from frankmocap_ros.teleop.robot.retargeter import Retargeter
from frankmocap_ros.teleop.robot.tracking_error import LEASH, TrackingError
from frankmocap_ros.teleop.setpoint import Setpoint

MAX_PAUSE_S = 0.25
"""A robot that has heard nothing for longer has stopped: its joints begin at rest again."""

MISSED_M = 0.05
"""A target that is further from its command than this has not reached it."""


class JointController:
    """Solves for postures, and watches whether the robot takes them; a ``Robot`` of the gate.

    Attributes:
        max_error: how far a joint may be from its command [rad] or [m]; 0 for as far as it likes, and
            ``measured`` is not asked then.

    Args:
        robot: finds postures.
        measured: tells where the joints are, shape (J,), a new array each time; or why that is not known, in
            words.
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
        self._scout = Alignment(robot)
        self._error = TrackingError(robot.joint_names, lambda a, b: np.abs(robot.apart(a, b)))
        self._time_s = math.nan

    def begin(self) -> RobotPoses | str:
        """Start from where the robot is; its targets there, or why that is not known."""
        joints = self._measured()
        if isinstance(joints, str):
            return joints
        try:
            self._observe()
            self.robot.start(joints)
            self._scout.begin(joints)
        except RetargetError as error:
            return str(error)
        self._last = None
        self._time_s = math.nan
        self._error.begin()
        poses = self.robot.poses(joints)
        self._commanded = poses.positions
        return replace(poses, way=self._scout.way)

    def within_reach(self, goal: Setpoint) -> Setpoint:
        """The goal itself: it is the joints that wait for the robot."""
        return goal

    def drive(self, command: Command) -> Command | None:
        """The command with a posture; None where the robot is too far from it to be sent there.

        In HOLD it is the last posture, at rest, where none is found.

        Raises:
            RetargetError: no posture is found.
            RobotLostError: the robot does not follow, or does not tell where it is.
        """
        measured = self._asked()
        self._observe()
        try:
            positions, velocities = self._solve(command, measured)
        except RetargetError:
            if not command.held or self._last is None:
                raise
            positions, velocities = self._last, np.zeros_like(self._last)
        self._last = positions
        least_s = 0.0
        if measured is not None:
            near = self._error.check(positions, measured, self.max_error, command.time_s, command.held)
            if not near:
                return None
            least_s = float((np.abs(self.robot.apart(positions, measured)) / self.robot.max_speed).max())
        return replace(command, posture=Posture(positions, velocities, least_s))

    def limits(self) -> tuple[str, ...]:
        """What keeps the robot from the last command, in words."""
        waiting = (f"{name}: robot lags" for name in self._error.waiting)
        return (*waiting, *(f"{name}: not reached" for name in self.missed))

    @property
    def missed(self) -> tuple[str, ...]:
        """Names of the targets that are ``MISSED_M`` from what they were driven to last.

        They are out of reach, held back by other parts of the robot, or in a posture that has no way there.
        """
        far = self.robot.distances(self._commanded) > MISSED_M
        return tuple(t.name for t, is_far in zip(self.robot.targets, far, strict=True) if is_far)

    def _observe(self) -> None:
        if self._observed is not None:
            self._scout.observe(self._observed())

    def _asked(self) -> Array | None:
        """Where the joints are, within half a turn of the last posture; None where that does not matter."""
        if not self.max_error > 0.0:
            return None
        joints = self._measured()
        if isinstance(joints, str):
            raise RobotLostError(joints)
        return joints if self._last is None else self._last + self.robot.apart(joints, self._last)

    def _solve(self, command: Command, measured: Array | None) -> tuple[Array, Array]:
        """Joint positions and velocities, shape (J,) each, no further from the robot than may be."""
        dt = command.time_s - self._time_s
        self._time_s = command.time_s
        if not dt <= MAX_PAUSE_S:  # the first, too
            self.robot.rest()
            dt = 0.0
        leash = LEASH * self.max_error if measured is not None else np.inf
        self.robot.stay_near(self.robot.home if measured is None else measured, leash)
        found = self.robot.solve(command.positions, command.orientations, dt)
        self._commanded = command.positions
        return found
