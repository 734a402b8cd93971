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

"""From the camera's optical frame to the robot's base frame: level with gravity, facing as the operator does.

The base frame is x forward, y left, z up (REP 103). Commands are relative to the poses at engagement, so only
the rotation matters.
"""

import math

import numpy as np

from frankmocap_ros.geometry.rotation import (
    Array,
    quat_from_matrix,
    quat_from_rotvec,
    quat_multiply,
    quat_rotate,
)

BODY_FROM_OPTICAL: Array = quat_from_matrix(np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]))
"""A camera's optical frame (x right, y down, z forward) in its body frame (x forward, y left, z up); REP
103."""

BASE_FROM_REST: Array = quat_from_matrix(np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))
"""SMPL's rest frame (x to the person's left, y up, z out of the chest) in the base frame, facing forward."""

_UP = np.array([0.0, 0.0, 1.0])
_LEAST_GRAVITY = 5.0  # m/s^2: an accelerometer that measures less is falling or wrong
_LEAST_LEVEL = 0.2  # of the shoulders' direction: closer to upright, nobody can tell where a person faces


def level_from_settings(roll_rad: float, pitch_rad: float, yaw_rad: float) -> Array:
    """Rotation from the optical frame to a level frame, of a camera that is mounted at these angles.

    The angles are those of the camera's body frame, about its axes in the order z, y, x (REP 103).

    Args:
        roll_rad: about x.
        pitch_rad: about y; positive looks down.
        yaw_rad: about z.

    Returns:
        Unit quaternion x y z w, shape (4,).
    """
    axes = np.eye(3)
    roll, pitch, yaw = (
        quat_from_rotvec(a * angle) for a, angle in zip(axes, (roll_rad, pitch_rad, yaw_rad), strict=True)
    )
    mounted = quat_multiply(quat_multiply(yaw, pitch), roll)
    return quat_multiply(mounted, BODY_FROM_OPTICAL)


def level_from_gravity(acceleration: Array, body_from_sensor: Array, yaw_rad: float) -> Array | None:
    """The same from an accelerometer at rest, which measures upwards; None where it is not at rest.

    Args:
        acceleration: shape (3,), in the sensor's frame [m/s^2].
        body_from_sensor: rotation from there to the camera's body frame, x y z w.
        yaw_rad: of the camera's body frame about the vertical, which no accelerometer measures.
    """
    size = float(np.linalg.norm(acceleration))
    if not _LEAST_GRAVITY < size < 3.0 * _LEAST_GRAVITY:
        return None
    up = quat_rotate(body_from_sensor, acceleration / size)
    axis = np.cross(up, _UP)
    sine = float(np.linalg.norm(axis))
    angle = math.atan2(sine, float(up @ _UP))
    if sine < 1e-9:
        axis, sine = np.array([1.0, 0.0, 0.0]), 1.0  # level, or upside down
    leveled = quat_multiply(quat_from_rotvec(axis / sine * angle), BODY_FROM_OPTICAL)
    return quat_multiply(quat_from_rotvec(_UP * yaw_rad), leveled)


def heading(left_shoulder: Array, right_shoulder: Array) -> float | None:
    """Where a person faces in a level frame: the angle about z from its x axis [rad].

    Args:
        left_shoulder: shape (3,), the person's own left [m].
        right_shoulder: shape (3,) [m].

    Returns:
        None where the shoulders lie above each other or in one place.
    """
    across = left_shoulder - right_shoulder
    level = math.hypot(across[0], across[1])
    if not level > max(_LEAST_LEVEL * float(np.linalg.norm(across)), 1e-3):
        return None
    return math.atan2(-across[0], across[1])  # forward is left x up


def turned(rotation: Array, angle_rad: float) -> Array:
    """``rotation`` followed by one about the vertical."""
    return quat_multiply(quat_from_rotvec(_UP * angle_rad), rotation)
