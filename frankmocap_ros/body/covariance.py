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

"""Standard deviations across and along the line of sight as covariances and ellipsoids."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.geometry.rotation import Array, frames, quat_from_matrix

TURN_STDDEV: Final = 0.5
"""Standard deviation of a known orientation about each axis [rad].

Not estimated for each joint: the rotations of upper arms and forearms are off by 15 to 30 degrees on average
on recordings of people with one camera.
"""
_ANY_TURN: Final = math.pi**2 / 3.0  # variance of an angle that may be anything from -pi to pi [rad^2]


def lines_of_sight(positions: Array, camera_position: Array) -> Array:
    """Unit vectors from the camera to points, shape (N, 3); along z for a point in the camera.

    Args:
        positions: shape (N, 3) [m].
        camera_position: shape (3,), in the same frame [m].
    """
    ways = positions - camera_position
    lengths = np.linalg.norm(ways, axis=-1, keepdims=True)
    return np.where(lengths > 1e-9, ways / np.maximum(lengths, 1e-9), (0.0, 0.0, 1.0))


def pose_covariance(position: Array, stddev: Array, camera_position: Array, oriented: bool) -> Array:
    """Covariance of position [m^2] and rotation about fixed axes [rad^2], shape (6, 6).

    In the frame of the position.

    Args:
        position: shape (3,) [m].
        stddev: shape (2,), across and along the line of sight [m].
        camera_position: shape (3,), in the same frame [m].
        oriented: whether the orientation is known; if not, each angle may be anything.
    """
    sight = lines_of_sight(position[None], camera_position)[0]
    across, along = np.square(stddev)
    covariance = np.zeros((6, 6))
    covariance[:3, :3] = across * np.eye(3) + (along - across) * np.outer(sight, sight)
    covariance[3:, 3:] = np.eye(3) * (TURN_STDDEV**2 if oriented else _ANY_TURN)
    return covariance


@dataclass(frozen=True, eq=False)
class Ellipsoids:
    """Where N joints are within one standard deviation.

    Attributes:
        positions: shape (N, 3), their middles [m].
        orientations_xyzw: shape (N, 4); x is along the line of sight.
        radii: shape (N, 3), along x, y and z [m].
        rows: shape (N,), which joints they are of.
    """

    positions: Array
    orientations_xyzw: Array
    radii: Array
    rows: NDArray[np.intp]


def ellipsoids(positions: Array, stddev: Array, camera_position: Array) -> Ellipsoids:
    """Ellipsoids of the joints whose standard deviations are known.

    Args:
        positions: shape (J, 3) [m].
        stddev: shape (J, 2), across and along the line of sight; NaN, or not above 0, where unknown [m].
        camera_position: shape (3,), in the same frame [m].
    """
    rows = np.flatnonzero((np.isfinite(stddev) & (stddev > 0.0)).all(axis=1))
    sights = lines_of_sight(positions[rows], camera_position)
    turned = quat_from_matrix(frames(sights, np.tile((0.0, 1.0, 0.0), (len(rows), 1))))
    return Ellipsoids(positions[rows], turned.reshape(-1, 4), stddev[rows][:, [1, 0, 0]], rows)
