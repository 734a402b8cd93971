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

"""A whole body's pose with bones of fixed length, in axes that robots use: x forward, y left, z up.

All rotations are written in these axes. The identity everywhere is SMPL's rest pose (the T-pose) of somebody
who stands upright and faces along x.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.body.frames import BASE_FROM_REST
from frankmocap_ros.body.kinematics import forward_kinematics
from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.geometry.rotation import (
    IDENTITY_XYZW,
    Array,
    quat_conjugate,
    quat_from_rotvec,
    quat_multiply,
    quat_rotate,
    quat_to_rotvec,
)

PARENTS: Final = np.array(BODY.parents[1:])
"""Parent of each joint but the pelvis, shape (23,)."""

_PELVIS: Final = np.zeros(3)


@dataclass(frozen=True, eq=False)
class BodyPosture:
    """A person's 24 joints, in the order of ``skeleton.BODY``.

    Attributes:
        root_position: shape (3,), the pelvis in the world [m].
        rotations: shape (24, 4), unit quaternions x y z w: the pelvis's in the world, every other joint's
            relative to its parent.
        bones: shape (24, 3), each joint in its parent's frame in the rest pose; the pelvis's is zero [m].
    """

    root_position: Array
    rotations: Array
    bones: Array

    def world(self) -> tuple[Array, Array]:
        """Positions, shape (24, 3) [m], and orientations, shape (24, 4), of all joints in the world."""
        return forward_kinematics(BODY, self.root_position, self.rotations, self.bones)

    def in_pelvis(self) -> Array:
        """Positions of all joints in the pelvis's frame, shape (24, 3) [m]."""
        rotations = self.rotations.copy()
        rotations[0] = IDENTITY_XYZW
        return np.asarray(forward_kinematics(BODY, _PELVIS, rotations, self.bones)[0])

    def rotation_vectors(self) -> Array:
        """Rotations of all joints but the pelvis relative to their parents, in SMPL's own axes.

        SMPL's are x to the person's left, y up, z out of the chest.

        Returns:
            Axis times angle, shape (23, 3) [rad].
        """
        vectors = quat_to_rotvec(self.rotations[1:])
        return quat_rotate(quat_conjugate(BASE_FROM_REST), vectors)


def relative_rotations(orientations: Array) -> Array:
    """Rotations of joints relative to their parents, from those in the world; shape (24, 4) both."""
    rotations = orientations.copy()
    rotations[1:] = quat_multiply(quat_conjugate(orientations[PARENTS]), orientations[1:])
    return np.asarray(rotations)


def bones_between(positions: Array, orientations: Array) -> Array:
    """Each joint in its parent's frame, shape (24, 3) [m]: what ``BodyPosture.bones`` are."""
    bones = np.zeros((len(BODY), 3))
    bones[1:] = quat_rotate(quat_conjugate(orientations[PARENTS]), positions[1:] - positions[PARENTS])
    return bones


def _standing() -> Array:
    rotations = np.tile(IDENTITY_XYZW, (len(BODY), 1))
    for side, sign in (("left", -1.0), ("right", 1.0)):
        quarter = sign * 0.5 * np.pi
        rotations[BODY.index[f"{side}_shoulder"]] = quat_from_rotvec(np.array([quarter, 0.0, 0.0]))
        rotations[BODY.index[f"{side}_elbow"]] = quat_from_rotvec(np.array([0.0, 0.0, quarter]))
    rotations.flags.writeable = False
    return rotations


STANDING: Final = _standing()
"""Rotations, shape (24, 4), of somebody who stands upright, upper arms at the sides, forearms forward."""
