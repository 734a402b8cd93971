"""A robot that is driven: postures for commands, one after the other, while the robot goes along."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from frankmocap_ros.errors import RetargetError
from frankmocap_ros.geometry import Array
from frankmocap_ros.teleop.clutch import RobotPoses
from frankmocap_ros.teleop.commander import Command
from frankmocap_ros.teleop.retarget import Retargeter
from frankmocap_ros.teleop.scout import Scout

MAX_STEP_S = 0.02
"""A posture goes no further than joints move in this time: after a late step, a servo would swing over."""

ASTRAY_S = 0.3
"""A robot lags behind its commands; one that is far from them for so long does not follow them."""

MISSED_M = 0.05
"""A target that is further from its command than this has not reached it."""


class Driver:
    """Solves for postures, and watches whether the robot takes them.

    Attributes:
        last: shape (J,), the last posture; None before the first.

    Args:
        robot: finds postures.
        measured: tells where the joints are, shape (J,), or why that is not known, in words.
        max_error: how far a joint may be from its command for ``ASTRAY_S`` [rad] or [m]; 0 for as far as it
            likes, and ``measured`` is not asked then.
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
        self.last: Array | None = None
        self._commanded = np.zeros((len(robot.targets), 3))
        self._measured = measured
        self._observed = observed if robot.observed else None
        self._scout = Scout(robot)
        self._time_s = math.nan
        self._astray_s: float | None = None

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
        self.last = None
        self._time_s = math.nan
        self._astray_s = None
        return replace(self.robot.poses(joints), way=self._scout.way)

    def drive(self, command: Command) -> tuple[Array, Array]:
        """Joint positions and velocities for a command, shape (J,) each.

        Raises:
            RetargetError: no posture is found, or the robot does not follow.
        """
        self._check(command.time_s)
        self._observe()
        dt = command.time_s - self._time_s
        self._time_s = command.time_s
        dt = min(dt, MAX_STEP_S) if dt > 0.0 else 0.0  # 0 for the first, too
        positions, velocities = self.robot.solve(command.positions, command.orientations, dt)
        self.last = positions
        self._commanded = command.positions
        return positions, velocities

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

    def _check(self, time_s: float) -> None:
        if not self.max_error > 0.0 or self.last is None:
            return
        joints = self._measured()
        if isinstance(joints, str):
            raise RetargetError(joints)
        off = np.abs(self.robot.apart(joints, self.last))
        worst = int(np.argmax(off))
        if off[worst] <= self.max_error:
            self._astray_s = None
            return
        if self._astray_s is None:
            self._astray_s = time_s
        if time_s - self._astray_s >= ASTRAY_S:
            name = self.robot.joint_names[worst]
            raise RetargetError(f"the robot does not follow: {name} is {off[worst]:.2f} from its command")
