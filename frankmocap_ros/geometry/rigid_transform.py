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

"""Where one coordinate frame is in another."""

from dataclasses import dataclass

import numpy as np

from frankmocap_ros.geometry.rotation import (
    IDENTITY_XYZW,
    Array,
    normalize,
    quat_conjugate,
    quat_from_rotvec,
    quat_multiply,
    quat_rotate,
    turn_between,
)


@dataclass(frozen=True, eq=False)
class RigidTransform:
    """Where one coordinate frame is in another: a point p of it is at rotation * p + translation there.

    Attributes:
        translation: shape (3,) [m].
        rotation_xyzw: shape (4,), unit quaternion.
    """

    translation: Array
    rotation_xyzw: Array

    def apply(self, points: Array) -> Array:
        """Points (..., 3) of the frame as points of the other one [m]."""
        return np.asarray(quat_rotate(self.rotation_xyzw, points) + self.translation)

    def inverse(self) -> "RigidTransform":
        """Where the other frame is in this one."""
        back = quat_conjugate(self.rotation_xyzw)
        return RigidTransform(-quat_rotate(back, self.translation), back)

    def __matmul__(self, other: "RigidTransform") -> "RigidTransform":
        """``T_a_b @ T_b_c``: where c is in a."""
        rotation = normalize(quat_multiply(self.rotation_xyzw, other.rotation_xyzw))
        return RigidTransform(self.apply(other.translation), rotation)


IDENTITY = RigidTransform(np.zeros(3), IDENTITY_XYZW)


def interpolated(start: RigidTransform, end: RigidTransform, share: float) -> RigidTransform:
    """Between two: linear for the translation, spherical for the rotation.

    Args:
        start: at ``share`` 0.
        end: at ``share`` 1.
        share: of the way from ``start`` to ``end``.
    """
    turn = share * turn_between(start.rotation_xyzw, end.rotation_xyzw)
    return RigidTransform(
        start.translation + share * (end.translation - start.translation),
        normalize(quat_multiply(quat_from_rotvec(turn), start.rotation_xyzw)),
    )
