"""The operator's whole body as it is sent to whoever tracks it: within limits, and without jumps.

At every engagement the body starts where it was sent last, and from there moves into the operator's posture.
Until a joint has come there, it turns by no more than ``ALIGN_STEP_RAD`` from one frame to the next; until
all have, none moves by more than ``ALIGN_STEP_M``. The operator's heading and place at engagement count as
those that were sent last; only what they turn and move since is added.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.body.posture import PARENTS, STANDING, BodyPosture, relative_rotations
from frankmocap_ros.body.skeleton import BODY, mirrored
from frankmocap_ros.geometry.rotation import (
    IDENTITY_XYZW,
    Array,
    Mask,
    dot,
    normalize,
    quat_conjugate,
    quat_from_rotvec,
    quat_multiply,
    quat_rotate,
    quat_to_rotvec,
)
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.command_limiter import MAX_STEP_S, approach, shortened

ALIGN_STEP_RAD: Final = math.radians(1.8)
ALIGN_STEP_M: Final = 0.018
_THERE_RAD: Final = math.radians(1.0)
ALIGN_SPEED: Final = 1.5
"""A joint that is on its way into the operator's posture turns no faster [rad/s]."""

_BONES_S: Final = 0.5  # bones of another person come into force over about so long
_SAME_BONES_M: Final = 1e-4
_HANDS: Final = np.array([BODY.index["left_hand"], BODY.index["right_hand"]])
_MIRRORED: Final = np.array([BODY.index[mirrored(name)] for name in BODY.names])
_REFLECTED: Final = np.array((-1.0, 1.0, -1.0, 1.0))  # of a rotation, where y turns its sign
_POLAR: Final = np.array((1.0, -1.0, 1.0))
_N: Final = len(BODY)


@dataclass(frozen=True, eq=False)
class BodyView:
    """The operator's whole body as it is measured, in a level frame. Joints in the order of ``BODY``.

    Attributes:
        pelvis: shape (3,) [m].
        orientations: shape (24, 4); the identity is the rest pose of somebody who faces along x.
        valid: shape (24,), which of them were measured just now.
        bones: shape (24, 3), each joint in its parent's frame [m].
    """

    pelvis: Array
    orientations: Array
    valid: Mask
    bones: Array

    def mirrored(self) -> "BodyView":
        """The same seen in a mirror that stands upright before the person."""
        return BodyView(
            self.pelvis * _POLAR,
            self.orientations[_MIRRORED] * _REFLECTED,
            self.valid[_MIRRORED],
            self.bones[_MIRRORED] * _POLAR,
        )


class BodyFollower:
    """Moves a posture after the operator's.

    Attributes:
        aligning: which joints are still on their way into the operator's posture, shape (24,).
    """

    def __init__(self) -> None:
        self._rotations = STANDING.copy()
        self._position: Array | None = None  # of the pelvis; None before the first engagement
        self._bones = np.zeros((_N, 3))
        self._velocities = np.zeros((_N + 1, 3))  # rows 0 to 23 turn [rad/s], the last one moves [m/s]
        self._engaged = False
        self._turn = IDENTITY_XYZW
        self._shift = np.zeros(3)
        self._time_s = -math.inf
        self.aligning: Mask = np.zeros(_N, dtype=bool)

    @property
    def engaged(self) -> bool:
        """Whether an engagement has begun and not ended."""
        return self._engaged

    def begin(self, view: BodyView, time_s: float) -> None:
        """Begin an engagement: from where the last one ended, at rest.

        Args:
            view: the operator now.
            time_s: now [s].
        """
        if self._position is None:
            self._bones = view.bones.copy()
            standing = BodyPosture(np.zeros(3), self._rotations, self._bones).world()[0]
            self._position = np.array([0.0, 0.0, -float(standing[:, 2].min())])
        turned = _yaw(self._rotations[0]) - _yaw(view.orientations[0])
        self._turn = quat_from_rotvec(np.array([0.0, 0.0, turned]))
        self._shift = self._position - quat_rotate(self._turn, view.pelvis)
        self._velocities = np.zeros((_N + 1, 3))
        self.aligning = np.ones(_N, dtype=bool)
        self.aligning[_HANDS] = False
        self._time_s = time_s
        self._engaged = True

    def end(self) -> None:
        """End an engagement; the posture is kept for the next one."""
        self._engaged = False

    def step(self, view: BodyView | None, config: GateSettings, time_s: float) -> BodyPosture:
        """One frame later; call ``begin`` first.

        Args:
            view: the operator, or None to brake.
            config: its limits hold.
            time_s: when the frame is [s].
        """
        dt = min(max(time_s - self._time_s, 0.0), MAX_STEP_S)
        self._time_s = time_s
        assert self._position is not None, "begin comes first"
        if dt > 0.0:
            gaps, follow = self._gaps(view, self._position)
            self._velocities = self._towards(gaps, config, dt)
            bones = self._bones if view is None else view.bones
            self._align(gaps, follow, bones, dt)
            self._go(self._velocities * dt)
        return BodyPosture(self._position.copy(), self._rotations.copy(), self._bones.copy())

    def _gaps(self, view: BodyView | None, position: Array) -> tuple[Array, Mask]:
        """Turns and the way to the operator's posture, shape (25, 3), and which joints go there."""
        gaps, follow = np.zeros((_N + 1, 3)), np.zeros(_N, dtype=bool)
        if view is None:
            return gaps, follow
        orientations = quat_multiply(self._turn, view.orientations)
        wanted = relative_rotations(orientations)
        follow = view.valid.copy()
        follow[1:] &= view.valid[PARENTS]
        follow[_HANDS] = False
        gaps[:_N] = quat_to_rotvec(quat_multiply(wanted, quat_conjugate(self._rotations)))
        gaps[_N] = quat_rotate(self._turn, view.pelvis) + self._shift - position
        sound = np.asarray(np.isfinite(gaps).all(axis=-1))
        follow &= sound[:_N]
        gaps[~np.append(follow, sound[_N] and view.valid[0])] = 0.0
        return gaps, follow

    def _towards(self, gaps: Array, config: GateSettings, dt: float) -> Array:
        speed = np.append(np.full(_N, config.max_angular_speed), config.max_speed)
        acceleration = np.append(np.full(_N, config.max_angular_acceleration), config.max_acceleration)
        wanted = shortened(approach(gaps, acceleration, dt), speed)[0]
        return self._velocities + shortened(wanted - self._velocities, acceleration * dt)[0]

    def _align(self, gaps: Array, follow: Mask, bones: Array, dt: float) -> None:
        """Slow down what is on its way into the operator's posture, and let go of what has come there."""
        distance = np.sqrt(dot(gaps[:_N], gaps[:_N]))
        arrived = follow & (distance <= _THERE_RAD)
        self.aligning = aligning = np.asarray(self.aligning & ~arrived)
        other = not np.allclose(bones, self._bones, rtol=0.0, atol=_SAME_BONES_M)
        if not (aligning.any() or other):
            return
        limit = np.full(aligning.sum(), min(ALIGN_SPEED, ALIGN_STEP_RAD / dt))
        rows = np.flatnonzero(aligning)
        self._velocities[rows] = shortened(self._velocities[rows], limit)[0]
        grown = self._bones + min(1.0, dt / _BONES_S) * (bones - self._bones)
        moved = self._turned(self._velocities[:_N] * dt)
        way = self._joints(moved, grown) - self._joints(self._rotations, self._bones)
        furthest = float(np.sqrt(dot(way, way)).max())
        share = min(1.0, ALIGN_STEP_M / max(furthest, 1e-9))
        self._velocities[:_N] *= share
        self._bones = self._bones + share * (grown - self._bones)

    def _joints(self, rotations: Array, bones: Array) -> Array:
        return BodyPosture(np.zeros(3), rotations, bones).world()[0]

    def _turned(self, steps: Array) -> Array:
        return normalize(quat_multiply(quat_from_rotvec(steps), self._rotations))

    def _go(self, steps: Array) -> None:
        self._rotations = self._turned(steps[:_N])
        self._position = self._position + steps[_N]


def _yaw(rotation: Array) -> float:
    """The direction of a rotation's x axis about the vertical [rad]."""
    forward = quat_rotate(rotation, np.array([1.0, 0.0, 0.0]))
    return math.atan2(forward[1], forward[0])
