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

"""Joint angles of an anthropomorphic arm from the rotations of a person's joints.

A side has seven joints. At zero the arms hang straight down, the palms face the thighs and the thumbs point
forward. With axes x forward, y left, z up (the chest's at zero), from the chest outwards:

    upper arm = Ry(shoulder_pitch) Rx(shoulder_roll) Rz(shoulder_yaw)       relative to the chest, ``spine3``
    forearm   = Ry(-elbow)                                                  relative to the upper arm
    hand      = Rz(forearm) Ry(wrist_pitch) Rx(wrist_yaw)                   relative to the forearm's hinge

so that an elbow that bends forward has a positive angle, an arm stretched forward a shoulder_pitch of -90
degrees, and a left arm stretched to the side a shoulder_roll of 90 (a right arm -90). Both sides turn about
the same axes: a posture's mirror image has the signs of roll, both yaws and forearm swapped.

What is kept: where the upper arm and the forearm point, and the whole orientation of the hand, which is all
that seven joints can do. What is left out: SMPL's shoulder and elbow have six degrees of freedom for the five
up to the forearm's twist. A real elbow is a hinge, so that the plane in which the arm is bent says how the
upper arm is turned about itself. An estimate may disagree: its elbow also turns sideways (carrying angle c,
5 to 15 degrees in people). Then the plane counts, and the upper arm's own twist is left out by
atan(tan c / sin b) for an elbow that is bent by b: 10 degrees of c are 10 at a right angle, 19 at b = 30.

Singularities: at a shoulder_roll of 90 degrees (as in a T-pose) pitch and yaw turn about the same axis, in a
straight arm yaw and forearm do. Close by, a direction may be off by up to 0.9 degrees to spare these
angles from swinging: pitch stays near its previous value, yaw near the estimate's own twist of the upper arm.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from frankmocap_ros.body.frames import BASE_FROM_REST
from frankmocap_ros.body.pose import SEEN, Body
from frankmocap_ros.geometry.rotation import (
    Array,
    Mask,
    normalize,
    quat_conjugate,
    quat_rotate,
    quat_to_matrix,
)

PARTS = ("shoulder_pitch", "shoulder_roll", "shoulder_yaw", "elbow", "forearm", "wrist_pitch", "wrist_yaw")
"""The joints of one arm, from the chest outwards."""

ARM_JOINTS: tuple[str, ...] = tuple(f"{side}_{part}" for side in ("left", "right") for part in PARTS)
"""The joints of both arms; the order of every array of angles here."""

_N = len(PARTS)
_SIDES = (("left", 1.0), ("right", -1.0))
_LIMB = ("collar", "shoulder", "elbow", "wrist")

_OFF = math.radians(0.9)  # a direction may be off by this close to a singularity, to spare angles
_NEAR = (0.15, 0.30)  # sine of the angle to the singularity: fully, and not at all

# Beyond what a shoulder or an elbow of a person does [rad]; there the other set of angles is taken.
_MOST_BACKWARD = 1.75
_MOST_INWARD = 0.9
_MOST_OVERSTRETCHED = 0.35
_KEPT_BODIES = 16

_TO_BASE = quat_to_matrix(BASE_FROM_REST)
HANGING = {  # from the rest pose, with the arms stretched to the sides, to hanging arms
    1.0: np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]),
    -1.0: np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]),
}
_REST_BONES = np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [-1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]])


def _wrapped(angle: float) -> float:
    """The same angle within (-pi, pi]."""
    return math.pi - (math.pi - angle) % math.tau


def _about(axis: int, angle: float) -> Array:
    """Rotation matrix about x (0), y (1) or z (2)."""
    c, s = math.cos(angle), math.sin(angle)
    if axis == 0:
        return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])
    if axis == 1:
        return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def _hung(bone: Array, sign: float) -> Array:
    """The rotation that lets a bone hang straight down, from SMPL's rest pose."""
    hanging: Array = HANGING[sign] @ _TO_BASE
    x, y, z = (hanging @ bone).tolist()
    if z > -0.5:  # no arm: leave it as it is
        return hanging
    across = np.array([[0.0, 0.0, x], [0.0, 0.0, y], [-x, -y, 0.0]])  # of the bone and straight down
    return np.asarray((np.eye(3) + across + across @ across / (1.0 - z)) @ hanging)


def _nearer(angle: float, wanted: float, sine: float) -> float:
    """An angle about an axis, moved towards a wanted one as far as the direction it turns may be off.

    Args:
        angle: what the direction says [rad].
        wanted: what it had better be [rad].
        sine: distance of the unit direction from the axis.
    """
    fully, not_at_all = _NEAR
    off = math.sin(_OFF) * min(max((not_at_all - sine) / (not_at_all - fully), 0.0), 1.0)
    difference = _wrapped(wanted - angle)
    if sine <= off:
        return angle + difference
    spare = math.asin(off / sine)
    return angle + min(max(difference, -spare), spare)


def _to_forearm(upper: Array, fore: Array, last: Sequence[float]) -> Iterator[tuple[list[float], Array]]:
    """The four sets of angles from the chest to the elbow that give the same posture.

    Args:
        upper: rotation of the upper arm relative to the chest, the identity at zero.
        fore: the same of the forearm.
        last: the previous angles of this arm [rad].

    Yields:
        pitch, roll, yaw and elbow [rad], and the rotation from the chest into the upper arm before its yaw.
    """
    x, y, z = (-upper[:, 2]).tolist()
    for turned in (0.0, math.pi):  # cos(roll) is positive, negative
        pitch = _nearer(math.atan2(-x, -z) + turned, last[0], math.hypot(x, z))
        roll = math.atan2(y, -x * math.sin(pitch) - z * math.cos(pitch))
        to_arm = (_about(1, pitch) @ _about(0, roll)).T
        twist = (to_arm @ upper).tolist()
        own_yaw = math.atan2(twist[1][0] - twist[0][1], twist[0][0] + twist[1][1])
        u, v, w = (to_arm @ -fore[:, 2]).tolist()
        for backwards in (0.0, math.pi):  # the elbow's angle is positive, negative
            yaw = _nearer(math.atan2(v, u) + backwards, own_yaw, math.hypot(u, v))
            elbow = math.atan2(u * math.cos(yaw) + v * math.sin(yaw), -w)
            yield [_wrapped(a) for a in (pitch, roll, yaw, elbow)], to_arm


def _to_hand(wrist: Array, last: Sequence[float]) -> list[float]:
    """The angles of forearm and wrist from the hand's rotation relative to the forearm's hinge."""
    sine = math.hypot(wrist[0, 0], wrist[1, 0])
    forearm = math.atan2(wrist[1, 0], wrist[0, 0]) if sine > 1e-6 else last[4]
    rest = _about(2, forearm).T @ wrist
    wrist_yaw = math.atan2(-rest[1, 2], rest[1, 1])
    return [_wrapped(a) for a in (forearm, math.atan2(-wrist[2, 0], sine), wrist_yaw)]


def _one_arm(upper: Array, fore: Array, hand: Array, last: Sequence[float], sign: float) -> list[float]:
    """The seven angles of one arm; ``sign`` is 1 on the left, -1 on the right."""

    def unlikely(one: tuple[list[float], Array]) -> tuple[bool, float]:
        """What a person cannot have comes last, then what is far from the previous angles."""
        pitch, roll, _, elbow = one[0]
        beyond = pitch > _MOST_BACKWARD or sign * roll < -_MOST_INWARD or elbow < -_MOST_OVERSTRETCHED
        return beyond, sum(_wrapped(a - b) ** 2 for a, b in zip(one[0], last, strict=False))

    angles, to_arm = min(_to_forearm(upper, fore, last), key=unlikely)
    yaw, elbow = angles[2:]
    return angles + _to_hand((_about(2, yaw) @ _about(1, -elbow)).T @ to_arm @ hand, last)


def arm_angles(
    local_rotations: Array,
    index: Mapping[str, int],
    previous: Array | None = None,
    bones: Array | None = None,
) -> Array:
    """The angles of both arms.

    Of the sets of angles that give the same posture the one nearest to ``previous`` is taken, so that angles
    go on from there. Only where a shoulder or an elbow would have to turn further than a person's does, and
    another set does without that, do they leap to it: this is so after an arm has gone once around, up by
    the side and down in front.

    Args:
        local_rotations: shape (J, 4), parent-relative quaternions x y z w of SMPL's joints.
        index: row of each joint by name.
        previous: shape (14,), the angles in the image before [rad]; None for nearest to hanging arms.
        bones: shape (4, 3), unit direction of left upper arm and forearm, then right, each in the frame of
            the joint where it begins; None for the x axis, along which SMPL's arms lie roughly.

    Returns:
        shape (14,), in the order of ``ARM_JOINTS``, within (-pi, pi] [rad].
    """
    last = np.zeros(2 * _N) if previous is None else previous
    bones = _REST_BONES if bones is None else bones
    angles = np.empty(2 * _N)
    for i, (side, sign) in enumerate(_SIDES):
        local = quat_to_matrix(local_rotations[[index[f"{side}_{part}"] for part in _LIMB]])
        shoulder = _TO_BASE @ local[0] @ local[1]
        elbow = shoulder @ local[2]
        hand = elbow @ local[3] @ (HANGING[sign] @ _TO_BASE).T
        upper, fore = shoulder @ _hung(bones[2 * i], sign).T, elbow @ _hung(bones[2 * i + 1], sign).T
        own = slice(_N * i, _N * (i + 1))
        angles[own] = _one_arm(upper, fore, hand, last[own].tolist(), sign)
    return angles


def known_arm_joints(body: Body) -> Mask:
    """Which of ``ARM_JOINTS`` are known, shape (14,).

    An arm is where its shoulder, elbow and wrist are TRACKED or PREDICTED, with orientations; forearm and
    wrist need the hand's orientation too.
    """
    known = np.zeros(2 * _N, dtype=bool)
    if not body.has_orientation:
        return known
    for i, (side, _) in enumerate(_SIDES):
        rows = [body.skeleton.index[f"{side}_{part}"] for part in _LIMB[1:]]
        seen, oriented = np.isin(body.states[rows], SEEN), body.orientation_confidence[rows] > 0.0
        if seen.all() and oriented[:2].all():
            known[_N * i : _N * i + (_N if oriented[2] else PARTS.index("forearm"))] = True
    return known


def _bones(body: Body) -> Array:
    """Directions of the arms' bones in the frames of their joints, shape (4, 3)."""
    index = body.skeleton.index
    starts = [index[f"{side}_{part}"] for side, _ in _SIDES for part in ("shoulder", "elbow")]
    ends = [index[f"{side}_{part}"] for side, _ in _SIDES for part in ("elbow", "wrist")]
    along = body.positions[ends] - body.positions[starts]
    return normalize(quat_rotate(quat_conjugate(body.orientations_xyzw[starts]), along))


class ArmAngles:
    """The angles of people's arms from image to image, each going on from the one before."""

    def __init__(self) -> None:
        self._last: dict[int, Array] = {}

    def of(self, body: Body) -> dict[str, float]:
        """The angles of a person's arms by joint name [rad]; those that are not known are left out."""
        known = known_arm_joints(body)
        if not known.any():
            return {}
        last = self._last.pop(body.id, None)
        angles = arm_angles(body.local_rotations_xyzw, body.skeleton.index, last, _bones(body))
        self._last[body.id] = np.where(known, angles, np.zeros(2 * _N) if last is None else last)
        while len(self._last) > _KEPT_BODIES:
            del self._last[next(iter(self._last))]  # whoever was not seen for longest
        return {name: float(angles[i]) for i, name in enumerate(ARM_JOINTS) if known[i]}
