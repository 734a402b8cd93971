"""From the operator's poses to the robot's: relative to where both were at engagement.

With the operator's poses p, q, the robot's r, s and the index 0 for the moment of engagement::

    position     scale * (p - p0) + r0
    orientation  q * conj(q0) * s0

Where the robot has a counterpart of the operator's origin (its shoulder for theirs), there is also a pose
that means the same posture: a = counterpart + scale * p, and q * rest. With ``align_s`` the robot comes to it
within so many seconds: what turns the operator's arm into the robot's at engagement, about the shoulder, and
makes it as long, fades to nothing. So an arm that hangs comes up before the body, not through the shoulder.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.geometry import (
    Array,
    dot,
    normalize,
    quat_conjugate,
    quat_from_rotvec,
    quat_multiply,
    quat_rotate,
    quat_to_rotvec,
    rotvec_between,
)
from frankmocap_ros.teleop.limits import Goal

_FORWARD: Final = np.array((1.0, 0.0, 0.0))
_WIDE: Final = 2.0  # rad
_RATIO: Final = 2.5  # limbs of lengths further apart than this are no posture of each other


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

    Attributes:
        aligns: whether the robot comes into the operator's posture.

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
        self.aligns = robot.aligned and align_s > 0.0
        self._align_s = align_s
        self._origins, self._rest = robot.origins, robot.rest
        ours, theirs = robot.positions - self._origins, self._scales * start.positions
        self._offset = ours - theirs
        self._bends, self._longer = np.zeros((2, len(scales), 3)), np.ones((len(scales), 1))
        if self.aligns:
            self._swing(theirs, ours)
        # what turns the operator's orientation into the robot's stands on its right, as rest does
        posture = quat_multiply(start.orientations, self._rest)
        self._twist = quat_to_rotvec(quat_multiply(quat_conjugate(posture), robot.orientations))
        self._add(1.0)

    def _swing(self, theirs: Array, ours: Array) -> None:
        """Find what turns their limbs into ours, and the ratio of lengths; those without keep an offset.

        More than ``_WIDE`` goes by way of forward, in two halves: not through the body or behind it.
        """
        longer = np.linalg.norm(ours, axis=-1) / np.maximum(np.linalg.norm(theirs, axis=-1), 1e-9)
        found = (longer > 1.0 / _RATIO) & (longer < _RATIO)
        theirs, ours = normalize(theirs), normalize(ours)
        wide = (dot(theirs, ours) < math.cos(_WIDE))[:, None]
        between = np.where(wide, _FORWARD, normalize(theirs + ours))
        bends = np.array((rotvec_between(theirs, between), rotvec_between(between, ours)))
        self._bends = np.where(found[:, None], bends, 0.0)
        self._longer = np.where(found, longer, 1.0)[:, None]
        self._offset = np.where(found[:, None], 0.0, self._offset)

    def _add(self, left: float) -> None:
        """What is done to the operator's poses, with a share of it left."""
        self._left = left
        self._shift = self._origins + left * self._offset
        first, second = self._bends * [[[min(2.0 * left, 1.0)]], [[max(2.0 * left - 1.0, 0.0)]]]
        self._bend = quat_multiply(quat_from_rotvec(second), quat_from_rotvec(first))
        self._scale = self._scales * self._longer**left
        self._turn = quat_multiply(self._rest, quat_from_rotvec(left * self._twist))

    def map(self, operator: Goal, time_s: float) -> Goal:
        """The robot's poses for the operator's.

        Args:
            operator: the operator's N poses and speeds.
            time_s: what the poses are for [s].
        """
        left = self.left_at(time_s)
        if left != self._left:
            self._add(left)
        positions, velocities = self._scale * operator.positions, self._scale * operator.velocities
        if self.aligns and left > 0.0:
            positions, velocities = quat_rotate(self._bend, positions), quat_rotate(self._bend, velocities)
        return Goal(
            positions=positions + self._shift,
            velocities=velocities,
            orientations=quat_multiply(operator.orientations, self._turn),
            angular_velocities=operator.angular_velocities,
            follow=operator.follow,
        )

    def aligned(self, operator: Goal) -> tuple[Array, Array]:
        """Where the robot's targets would be for the operator's if nothing were left.

        Returns:
            Positions, shape (N, 3) [m], and orientations, shape (N, 4), x y z w.
        """
        return (
            self._origins + self._scales * operator.positions,
            quat_multiply(operator.orientations, self._rest),
        )

    def left_at(self, time_s: float) -> float:
        """Share of what is between operator and robot that is left: 1 falling to 0, smoothly."""
        if not self.aligns:
            return 1.0
        share = min(max((time_s - self._time_s) / self._align_s, 0.0), 1.0)
        return 1.0 - share * share * (3.0 - 2.0 * share)
