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

"""Where targets are to go, and how they move."""

from dataclasses import dataclass

import numpy as np

from frankmocap_ros.geometry.rotation import Array, Mask, quat_from_rotvec, quat_multiply, quat_to_matrix

# in a mirror: positions, and orientations; what turns is mirrored the other way round than what moves
_POLAR = np.array((1.0, -1.0, 1.0))
_REFLECTED = np.array((-1.0, 1.0, -1.0, 1.0))


@dataclass(frozen=True, eq=False)
class Setpoint:
    """Where N targets are to go.

    Attributes:
        positions: shape (N, 3) [m]; those outside the workspace count as the nearest point in it.
        velocities: shape (N, 3), how the positions move [m/s].
        orientations: shape (N, 4), unit quaternions x y z w.
        angular_velocities: shape (N, 3), how the orientations turn [rad/s].
        follow: shape (N,), which targets go there; the others brake and stay.
    """

    positions: Array
    velocities: Array
    orientations: Array
    angular_velocities: Array
    follow: Mask

    def reflected(self) -> "Setpoint":
        """The same seen in a mirror that stands upright before the person: y turns its sign."""
        return Setpoint(
            self.positions * _POLAR,
            self.velocities * _POLAR,
            self.orientations * _REFLECTED,
            self.angular_velocities * -_POLAR,
            self.follow,
        )

    def turned(self, rotation: Array) -> "Setpoint":
        """The same in a frame into which ``rotation``, shape (4,), turns."""
        matrix = quat_to_matrix(rotation).T
        return Setpoint(
            self.positions @ matrix,
            self.velocities @ matrix,
            quat_multiply(rotation, self.orientations),
            self.angular_velocities @ matrix,
            self.follow,
        )

    def slower(self, share: Array) -> "Setpoint":
        """The same at a share, shape (N,), of the speed."""
        share = share[:, None]
        return Setpoint(
            self.positions,
            self.velocities * share,
            self.orientations,
            self.angular_velocities * share,
            self.follow,
        )

    def after(self, seconds: float) -> "Setpoint":
        """Where it is after some time, at constant velocity [s]."""
        turned = quat_from_rotvec(self.angular_velocities * seconds)
        return Setpoint(
            self.positions + self.velocities * seconds,
            self.velocities,
            quat_multiply(turned, self.orientations),
            self.angular_velocities,
            self.follow,
        )

    def sound(self) -> Mask:
        """Which targets are to follow numbers that are finite, shape (N,)."""
        moving = np.concatenate(
            [self.positions, self.velocities, self.orientations, self.angular_velocities], axis=-1
        )
        return np.asarray(self.follow & np.isfinite(moving).all(axis=-1))
