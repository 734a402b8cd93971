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

"""A person as a tree of hinges, with names of REP 155: sizes and angles of a body, for URDF and JointState.

REP 155 ("Conventions, Topics, Interfaces for Perception in Human-Robot Interaction") names links and joints
of a human and has 20 hinges, which no person fits exactly. The tree here has more of them, so that angles and
sizes give the body's own joints back: three for each joint of spine, neck, head, collars and legs, seven for
an arm (``body/arm_angles.py``, but from the collar). Names are the REP's where it has the link or joint.

Links have x forward, y left, z up while the person stands upright; arms hang down at zero (REP 103, REP 155).
"""

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from frankmocap_ros.body.arm_angles import ARM_JOINTS, HANGING, PARTS, arm_angles
from frankmocap_ros.body.frames import BASE_FROM_REST
from frankmocap_ros.body.pose import Body, JointState
from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.geometry.rigid_transform import RigidTransform
from frankmocap_ros.geometry.rotation import (
    IDENTITY_XYZW,
    Array,
    normalize,
    quat_conjugate,
    quat_multiply,
    quat_to_matrix,
)
from frankmocap_ros.synthetic.human import scene

ROOT = "body"
_X, _Y, _Z, _MINUS_Y = (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, -1, 0)
_SIDES = {"left": "l", "right": "r"}
_SIGNS = {"left": 1.0, "right": -1.0}
_KEPT_SIZES = 30
_CHECKED_EVERY_S = 1.0
_CHANGED_M = 0.01  # a size that differs by more from what was told is told again


@dataclass(frozen=True)
class Hinge:
    """One revolute joint.

    Attributes:
        name: of the joint.
        axis: about which it turns, in its own frame.
        link: what it moves.
    """

    name: str
    axis: tuple[int, int, int]
    link: str


@dataclass(frozen=True)
class BodyLink:
    """One joint of SMPL's: hinges at one place, or none where it is a tip.

    Attributes:
        joint: SMPL's name.
        parent: link that it is on.
        hinges: from the parent outwards.
        link: what the last one moves, or the tip.
    """

    joint: str
    parent: str
    hinges: tuple[Hinge, ...]
    link: str


def _turning(joint: str, parent: str, yaw_roll_pitch: str, link: str) -> BodyLink:
    """A joint that turns about z, x and y, in this order: the middle one is far from 90 degrees in people."""
    y, r, p = yaw_roll_pitch.split()
    return BodyLink(joint, parent, (Hinge(y, _Z, y), Hinge(r, _X, r), Hinge(p, _Y, link)), link)


def _parts() -> Iterator[BodyLink]:
    yield _turning("spine1", ROOT, "y_waist r_waist waist", "waist")
    yield _turning("spine2", "waist", "y_abdomen r_abdomen p_abdomen", "abdomen")
    yield _turning("spine3", "abdomen", "y_torso r_torso p_torso", "torso")
    yield _turning("neck", "torso", "y_neck r_neck p_neck", "neck")
    yield _turning("head", "neck", "y_head r_head p_head", "head")
    for side, s in _SIDES.items():
        yield _turning(f"{side}_hip", ROOT, f"{s}_y_hip {s}_r_hip {s}_p_hip", f"{s}_hip")
        yield _turning(f"{side}_knee", f"{s}_hip", f"{s}_y_knee {s}_r_knee {s}_knee", f"{s}_knee")
        yield _turning(f"{side}_ankle", f"{s}_knee", f"{s}_y_ankle {s}_r_ankle {s}_p_ankle", f"{s}_ankle")
        yield BodyLink(f"{side}_foot", f"{s}_ankle", (), f"{s}_foot")
        names = f"{s}_y_collar {s}_r_collar {s}_p_collar"
        yield _turning(f"{side}_collar", "torso", names, f"{s}_collar")
        pitch, roll = (Hinge(f"{s}_{i}_shoulder", a, f"{s}_{i}_shoulder") for i, a in (("p", _Y), ("r", _X)))
        yaw = Hinge(f"{s}_y_shoulder", _Z, f"{s}_shoulder")
        yield BodyLink(f"{side}_shoulder", f"{s}_collar", (pitch, roll, yaw), yaw.link)
        elbow = Hinge(f"{s}_elbow", _MINUS_Y, f"{s}_elbow")
        yield BodyLink(f"{side}_elbow", f"{s}_shoulder", (elbow,), elbow.link)
        twist, pitch = (Hinge(f"{s}_{n}", a, f"{s}_{n}") for n, a in (("forearm", _Z), ("p_wrist", _Y)))
        yaw = Hinge(f"{s}_y_wrist", _X, f"{s}_wrist")
        yield BodyLink(f"{side}_wrist", f"{s}_elbow", (twist, pitch, yaw), yaw.link)
        yield BodyLink(f"{side}_hand", f"{s}_wrist", (), f"{s}_hand")


HUMAN: tuple[BodyLink, ...] = tuple(_parts())
"""Every part, after the one that it is on."""

_ARM = {s: [p for p in HUMAN if p.joint in {f"{side}_{n}" for n in ("shoulder", "elbow", "wrist")}]
        for side, s in _SIDES.items()}  # fmt: skip
ARM_HINGES: dict[str, str] = {
    f"{side}_{part}": hinge.name
    for side, s in _SIDES.items()
    for part, hinge in zip(PARTS, (h for p in _ARM[s] for h in p.hinges), strict=True)
}
"""The hinge that has the angle, by name in ``arm_angles.ARM_JOINTS``."""

_J = BODY.index
_LINK_OF = {part.link: part.joint for part in HUMAN} | {ROOT: "pelvis"}
_ROWS = np.array([_J[part.joint] for part in HUMAN])
_PARENTS = np.array([_J[_LINK_OF[part.parent]] for part in HUMAN])
_ON_ROOT = np.array([part.parent == ROOT for part in HUMAN])
_SPHERES = [i for i, part in enumerate(HUMAN) if len(part.hinges) == 3 and part.hinges[0].axis == _Z
            and "wrist" not in part.joint]  # fmt: skip
_STRAIGHT = [i for i, part in enumerate(HUMAN) if part.joint.endswith(("elbow", "wrist"))]
_HIPS = np.array([_J["left_hip"], _J["right_hip"]])
_LIMB = ("collar", "shoulder", "elbow", "wrist")
_ARM_ROWS = np.array([[_J[f"{side}_{part}"] for part in _LIMB] for side in _SIDES])


def _link_from_joint() -> Array:
    """Shape (24, 3, 3): from each joint's own axes in SMPL to its link's."""
    result = np.tile(quat_to_matrix(BASE_FROM_REST), (len(BODY), 1, 1))
    for side, sign in _SIGNS.items():
        row = _J[f"{side}_wrist"]
        result[row] = HANGING[sign] @ result[row]
    return result


_JOINT_FROM_LINK = np.swapaxes(_link_from_joint(), -1, -2)


def hips_frame(body: Body) -> RigidTransform | None:
    """REP 155's frame of a body: between the hips, x forward, z to the head; None where it is not known.

    Its axes are those of the pelvis (SMPL: x to the person's left, y up, z forward). A body whose hips, or
    whose pelvis's orientation, are not known has no such frame.
    """
    if not (body.has_3d and body.has_orientation) or body.orientation_confidence[0] <= 0.0:
        return None
    if (body.states[_HIPS] == JointState.INVALID).any() or body.states[0] == JointState.INVALID:
        return None
    rotation = quat_multiply(body.orientations_xyzw[0], quat_conjugate(BASE_FROM_REST))
    return RigidTransform(body.positions[_HIPS].mean(axis=0), rotation)


def part_sizes(positions: Array, orientations_xyzw: Array) -> Array:
    """Where each part of ``HUMAN`` is on its parent's link, shape (P, 3) [m].

    Args:
        positions: shape (J, 3), J at least SMPL's 24.
        orientations_xyzw: shape (J, 4), of SMPL's joints.
    """
    links = quat_to_matrix(orientations_xyzw[: len(BODY)]) @ _JOINT_FROM_LINK
    start = positions[_PARENTS]
    start[_ON_ROOT] = positions[_HIPS].mean(axis=0)
    bones = positions[_ROWS] - start
    sizes: Array = np.einsum("nji,nj->ni", links[_PARENTS], bones)
    sizes[_STRAIGHT] = 0.0
    sizes[_STRAIGHT, 2] = -np.linalg.norm(bones[_STRAIGHT], axis=1)  # links of an arm have their z along it
    return sizes


@lru_cache(maxsize=1)
def _usual_sizes() -> Array:
    figure = scene("stall", 0.0)[0]
    return part_sizes(figure.positions, figure.orientations_xyzw)


def _known_parts(body: Body) -> Array:
    """Which parts are known together with the one that they are on, shape (P,) bool."""
    known = body.states != JointState.INVALID
    root = known[_HIPS].all() and known[0] and body.orientation_confidence[0] > 0.0
    return np.asarray(known[_ROWS] & np.where(_ON_ROOT, root, known[_PARENTS]))


def _yaw_roll_pitch(rotations: Array) -> Array:
    """Angles about z, x and y of rotations Rz Rx Ry, shape (N, 3, 3) -> (N, 3) [rad]."""
    across = np.hypot(rotations[:, 0, 1], rotations[:, 1, 1])
    turned = across > 1e-9  # else yaw and pitch turn about the same axis: all of it is pitch
    yaw = np.where(turned, np.arctan2(-rotations[:, 0, 1], rotations[:, 1, 1]), 0.0)
    roll = np.arctan2(rotations[:, 2, 1], across)
    pitch = np.where(
        turned,
        np.arctan2(-rotations[:, 2, 0], rotations[:, 2, 2]),
        np.arctan2(rotations[:, 0, 2], rotations[:, 0, 0]),
    )
    return np.stack([yaw, roll, pitch], axis=1)


class HumanModel:
    """One person from image to image: angles that go on, and sizes that settle.

    Attributes:
        sizes: where each part of ``HUMAN`` is on its parent's link, shape (P, 3) [m]; None before the first
            body. Medians of the last bodies; what was never seen has usual proportions. Changes seldom.
    """

    def __init__(self) -> None:
        self.sizes: Array | None = None
        self._seen: deque[Array] = deque(maxlen=_KEPT_SIZES)
        self._checked_s = -math.inf
        self._last = np.zeros(len(ARM_JOINTS))

    def observe(self, body: Body, time_s: float) -> None:
        """Take the sizes of a body at its image's time [s]."""
        if not (body.has_3d and body.has_orientation):
            return
        known = _known_parts(body)
        sizes = part_sizes(body.positions, body.orientations_xyzw)
        sizes[np.logical_not(known)] = np.nan
        self._seen.append(sizes)
        if not 0.0 <= time_s - self._checked_s < _CHECKED_EVERY_S:
            self._checked_s = time_s
            self._settle()

    def angles(self, body: Body) -> dict[str, float]:
        """The angles of the hinges that are known, by name [rad]; an arm's go on from the last ones."""
        if not (body.has_3d and body.has_orientation):
            return {}
        return {**self._turned(body, _known_parts(body)), **self._arms(body)}

    def _settle(self) -> None:
        seen = np.array(self._seen)
        ever = ~np.isnan(seen[:, :, 0]).all(axis=0)
        sizes = _usual_sizes().copy()
        if ever.any():
            medians = np.nanmedian(seen[:, ever], axis=0)
            usual = float(np.linalg.norm(sizes[ever], axis=1).sum())
            sizes *= float(np.linalg.norm(medians, axis=1).sum()) / usual
            sizes[ever] = medians
        if self.sizes is None or np.abs(sizes - self.sizes).max() > _CHANGED_M:
            self.sizes = sizes

    @staticmethod
    def _turned(body: Body, known: Array) -> dict[str, float]:
        links = quat_to_matrix(body.orientations_xyzw[: len(BODY)]) @ _JOINT_FROM_LINK
        parts = [i for i in _SPHERES if known[i]]
        relative = np.swapaxes(links[_PARENTS[parts]], -1, -2) @ links[_ROWS[parts]]
        angles = _yaw_roll_pitch(relative).tolist()
        return {
            hinge.name: angle
            for i, three in zip(parts, angles, strict=True)
            for hinge, angle in zip(HUMAN[i].hinges, three, strict=True)
        }

    def _arms(self, body: Body) -> dict[str, float]:
        known = (body.states[_ARM_ROWS] != JointState.INVALID).all(axis=1)
        if not known.any():
            return {}
        rotations = body.orientations_xyzw[: len(BODY)]
        local = np.tile(IDENTITY_XYZW, (len(BODY), 1))
        above, below = _ARM_ROWS[:, :-1].ravel(), _ARM_ROWS[:, 1:].ravel()
        local[below] = quat_multiply(quat_conjugate(rotations[above]), rotations[below])
        starts, ends = _ARM_ROWS[:, 1:3].ravel(), _ARM_ROWS[:, 2:4].ravel()
        bones = normalize(body.positions[ends] - body.positions[starts])
        bones = np.einsum("nji,nj->ni", quat_to_matrix(rotations[starts]), bones)
        angles = arm_angles(local, _J, self._last, bones)
        own = np.repeat(known, len(PARTS))
        self._last = np.where(own, angles, self._last)
        return {ARM_HINGES[name]: float(angles[i]) for i, name in enumerate(ARM_JOINTS) if own[i]}
