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

"""The operator's whole body as it is sent to a tracking controller: within limits, and without jumps.

At every engagement the body starts where it was sent last, at rest, and from there moves into the operator's
posture: by no more than ``ALIGN_STEP_RAD`` per joint and ``ALIGN_STEP_M`` from one frame to the next, in
addition to what the operator moves; both together keep to the limits of speed and acceleration. The
operator's heading and place at engagement count as those that were sent last; only what they turn and move
since is added.
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
    quat_from_rotvec,
    quat_multiply,
    quat_rotate,
    turn_between,
)
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.command_limiter import MAX_STEP_S, approach, shortened

ALIGN_STEP_RAD: Final = math.radians(1.8)
ALIGN_STEP_M: Final = 0.018
ALIGN_SPEED: Final = 1.5
"""The way into the operator's posture is gone no faster [rad/s]."""

MAX_PAUSE_S: Final = 0.25
"""Who has got no posture for longer has stopped: the body begins at rest again."""

_ALIGNS: Final = 0.4  # of the acceleration: of the way into the posture, and as much of the operator's motion
_TURNS: Final = 0.2  # of it: of one turn within the other
_NONE_RAD: Final = 1e-6
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

    What is sent is the operator's posture within the limits, and on top of it what is left of the way from
    the posture that was sent last.
    """

    def __init__(self) -> None:
        self._rotations = STANDING.copy()  # as sent
        self._position: Array | None = None  # of the pelvis; None before the first engagement
        self._bones = np.zeros((_N, 3))
        self._operator = STANDING.copy()  # the operator's rotations, within the limits
        self._left = np.zeros((_N, 3))  # turns from there to what is sent [rad]
        self._velocities = np.zeros((_N + 1, 3))  # rows 0 to 23 turn [rad/s], the last one moves [m/s]
        self._aligning = np.zeros(_N)  # how fast each way into the posture is gone [rad/s]
        self._engaged = False
        self._turn = IDENTITY_XYZW
        self._shift = np.zeros(3)
        self._time_s = -math.inf

    @property
    def aligning(self) -> bool:
        """Whether it is still on its way into the operator's posture."""
        return self._engaged and bool(self._left.any())

    def follow(
        self, view: BodyView | str, following: bool, config: GateSettings, time_s: float
    ) -> BodyPosture | None:
        """One frame later; an engagement begins with the first view of the whole body.

        Args:
            view: the operator now, or which joints have never been seen, in words.
            following: whether the operator is followed; otherwise the body brakes.
            config: its limits hold.
            time_s: when the frame is [s].

        Returns:
            None before an engagement has begun.
        """
        if isinstance(view, str) or not following:
            return self._step(None, config, time_s) if self._engaged else None
        if not self._engaged:
            self._begin(view, time_s)
        return self._step(view, config, time_s)

    def limits(self, view: BodyView | str) -> tuple[str, ...]:
        """What keeps the body from the operator's posture, in words."""
        if isinstance(view, str):
            return (f"body: {view}",)
        return ("body: on its way to the operator's posture",) if self.aligning else ()

    def _begin(self, view: BodyView, time_s: float) -> None:
        """Begin an engagement: from where the last one ended.

        Args:
            view: the operator now.
            time_s: now [s].
        """
        if self._position is None:
            self._bones = view.bones.copy()
            joints = BodyPosture(np.zeros(3), self._rotations, self._bones).world()[0]
            self._position = np.array([0.0, 0.0, -float(joints[:, 2].min())])
        turned = _yaw(self._rotations[0]) - _yaw(view.orientations[0])
        self._turn = quat_from_rotvec(np.array([0.0, 0.0, turned]))
        self._shift = self._position - quat_rotate(self._turn, view.pelvis)
        self._operator = self._relative(view)
        self._left = turn_between(self._operator, self._rotations)
        self._rest()
        self._time_s = time_s
        self._engaged = True

    def _rest(self) -> None:
        self._velocities = np.zeros((_N + 1, 3))
        self._aligning = np.zeros(_N)

    def end(self) -> None:
        """End an engagement; the posture is kept for the next one."""
        self._engaged = False

    def _step(self, view: BodyView | None, config: GateSettings, time_s: float) -> BodyPosture:
        """One frame later.

        Args:
            view: the operator, or None to brake.
            config: its limits hold.
            time_s: when the frame is [s].
        """
        passed_s = time_s - self._time_s
        self._time_s = time_s
        if passed_s > MAX_PAUSE_S:
            self._rest()
            passed_s = 0.0
        dt = min(max(passed_s, 0.0), MAX_STEP_S)
        assert self._position is not None, "begin comes first"
        if dt > 0.0:
            acceleration = config.max_angular_acceleration
            align_speed = min(
                ALIGN_SPEED, 0.5 * config.max_angular_speed, math.sqrt(0.5 * _TURNS * acceleration)
            )
            self._velocities = self._towards(self._gaps(view, self._position), config, align_speed, dt)
            self._operator = _turned(self._velocities[:_N] * dt, self._operator)
            self._position = self._position + self._velocities[_N] * dt
            if view is None:
                self._align_by(np.zeros(_N), _ALIGNS * acceleration, dt)
            else:
                self._align(view.bones, align_speed, _ALIGNS * acceleration, dt)
            self._rotations = _turned(self._left, self._operator)
        return BodyPosture(self._position.copy(), self._rotations.copy(), self._bones.copy())

    def _relative(self, view: BodyView) -> Array:
        rotations = relative_rotations(quat_multiply(self._turn, view.orientations))
        rotations[_HANDS] = IDENTITY_XYZW  # they are not sent
        return rotations

    def _gaps(self, view: BodyView | None, position: Array) -> Array:
        """Turns and the way to the operator's posture, shape (25, 3); none for what is not seen."""
        gaps = np.zeros((_N + 1, 3))
        if view is None:
            return gaps
        follow = np.append(view.valid, view.valid[0])
        follow[1:_N] &= view.valid[PARENTS]
        gaps[:_N] = turn_between(self._operator, self._relative(view))
        gaps[_N] = quat_rotate(self._turn, view.pelvis) + self._shift - position
        gaps[~(follow & np.isfinite(gaps).all(axis=-1))] = 0.0
        return gaps

    def _towards(self, gaps: Array, config: GateSettings, align_speed: float, dt: float) -> Array:
        """Velocities that close the gaps; what is on its way into the posture leaves room for that."""
        aligns = self._left.any(axis=-1) | (self._aligning > 0.0)  # and what has just ended
        most = config.max_angular_acceleration
        beside = min(config.max_angular_speed - align_speed, _TURNS * most / align_speed)
        speed = np.append(np.where(aligns, beside, config.max_angular_speed), config.max_speed)
        acceleration = np.append(np.where(aligns, _ALIGNS * most, most), config.max_acceleration)
        wanted = shortened(approach(gaps, acceleration, dt), speed)[0]
        # what has to slow down for another speed limit does so at once
        return shortened(
            self._velocities + shortened(wanted - self._velocities, acceleration * dt)[0], speed
        )[0]

    def _align(self, bones: Array, speed: float, acceleration: float, dt: float) -> None:
        """Go a piece of the way that is left, and come a little closer to the operator's bones."""
        if not self.aligning and np.allclose(bones, self._bones, rtol=0.0, atol=_SAME_BONES_M):
            return
        wanted = shortened(approach(self._left, np.full(_N, acceleration), dt), np.full(_N, speed))[0]
        grown = min(1.0, dt / _BONES_S) * (bones - self._bones)
        way = self._joints(self._left - wanted * dt, self._bones + grown)
        way = way - self._joints(self._left, self._bones)
        furthest = float(np.sqrt(dot(way, way)).max())
        share = min(1.0, ALIGN_STEP_M / max(furthest, 1e-9))
        self._align_by(share * np.sqrt(dot(wanted, wanted)), acceleration, dt)
        self._bones = self._bones + share * grown

    def _align_by(self, speeds: Array, acceleration: float, dt: float) -> None:
        """Go the ways that are left at speeds, shape (24,) [rad/s], as far as the acceleration allows."""
        change = acceleration * dt
        self._aligning = speeds.clip(self._aligning - change, self._aligning + change)
        lengths = np.sqrt(dot(self._left, self._left))
        left = 1.0 - np.minimum(
            np.minimum(self._aligning * dt, ALIGN_STEP_RAD) / np.maximum(lengths, 1e-12), 1.0
        )
        self._left = left[:, None] * self._left
        self._left[left * lengths < _NONE_RAD] = 0.0

    def _joints(self, left: Array, bones: Array) -> Array:
        return BodyPosture(np.zeros(3), _turned(left, self._operator), bones).world()[0]


def _turned(turns: Array, rotations: Array) -> Array:
    return normalize(quat_multiply(quat_from_rotvec(turns), rotations))


def _yaw(rotation: Array) -> float:
    """The direction of a rotation's x axis about the vertical [rad]."""
    forward = quat_rotate(rotation, np.array([1.0, 0.0, 0.0]))
    return math.atan2(forward[1], forward[0])
