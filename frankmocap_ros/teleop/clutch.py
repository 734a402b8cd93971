"""From the operator's poses to the robot's: relative to where both were at engagement.

With the operator's poses p, q, the robot's r, s and the index 0 for the moment of engagement::

    position     scale * (p - p0) + r0
    orientation  q * conj(q0) * s0

Where the robot has a counterpart of the operator's origin (its shoulder for theirs), there is also a pose
that means the same posture: a = counterpart + scale * p, and q * rest. What the clutch adds to it is
constant, r0 - a0. With ``align_s`` that goes away over so many seconds, so that the robot ends in the
operator's posture.
"""

from dataclasses import dataclass

from frankmocap_ros.geometry import (
    Array,
    quat_conjugate,
    quat_from_rotvec,
    quat_multiply,
    quat_to_rotvec,
)
from frankmocap_ros.teleop.limits import Goal


@dataclass(frozen=True, eq=False)
class RobotPoses:
    """Where the robot's N targets are, in its base frame.

    Attributes:
        positions: shape (N, 3) [m].
        orientations: shape (N, 4), unit quaternions x y z w.
        origins: shape (N, 3), the counterparts of the targets' origins [m].
        rest: shape (N, 4), the targets' orientations when the operator stands in the rest pose, facing
            forward.
        aligned: whether ``origins`` and ``rest`` are known.
    """

    positions: Array
    orientations: Array
    origins: Array
    rest: Array
    aligned: bool


class Clutch:
    """The mapping of one engagement.

    Args:
        start: the operator's N poses at engagement.
        robot: the robot's at the same time.
        scales: shape (N,), robot's lengths in operator's.
        time_s: when that is [s].
        align_s: how long aligning takes [s]; 0 for never.
    """

    def __init__(self, start: Goal, robot: RobotPoses, scales: Array, time_s: float, align_s: float) -> None:
        self._scales = scales[:, None]
        self._time_s = time_s
        self._align_s = align_s if robot.aligned else 0.0
        self._origins, self._rest = robot.origins, robot.rest
        self._offset = robot.positions - (self._origins + self._scales * start.positions)
        # what turns the operator's orientation into the robot's stands on its right, as rest does
        posture = quat_multiply(start.orientations, self._rest)
        self._twist = quat_to_rotvec(quat_multiply(quat_conjugate(posture), robot.orientations))
        self._add(1.0)

    def _add(self, left: float) -> None:
        """What is added to the operator's poses, with a share of the offset left."""
        self._left = left
        self._shift = self._origins + left * self._offset
        self._turn = quat_multiply(self._rest, quat_from_rotvec(left * self._twist))

    def map(self, operator: Goal, time_s: float) -> Goal:
        """The robot's poses for the operator's.

        Args:
            operator: the operator's N poses and speeds.
            time_s: what the poses are for [s].
        """
        left = self._left_at(time_s)
        if left != self._left:
            self._add(left)
        return Goal(
            positions=self._scales * operator.positions + self._shift,
            velocities=self._scales * operator.velocities,
            orientations=quat_multiply(operator.orientations, self._turn),
            angular_velocities=operator.angular_velocities,
            follow=operator.follow,
        )

    def _left_at(self, time_s: float) -> float:
        """Share of the offset that is left: 1 falling to 0, smoothly."""
        if not self._align_s > 0.0:
            return 1.0
        share = min(max((time_s - self._time_s) / self._align_s, 0.0), 1.0)
        return 1.0 - share * share * (3.0 - 2.0 * share)
