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

"""Rotations and cameras; pure functions on arrays.

Quaternions are x y z w, arrays of shape (..., 4). Angles in radians, lengths in meters, images in pixels.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

IDENTITY_XYZW: Array = np.array([0.0, 0.0, 0.0, 1.0])
IDENTITY_XYZW.flags.writeable = False

_SHORTEST = 1e-150  # the square of anything shorter loses its digits or is zero
_X = np.array([1.0, 0.0, 0.0])
# NumPy 1 has none; of few vectors the sum takes twice as long
_vecdot: Callable[[Array, Array], Array] = getattr(np, "vecdot", partial(np.einsum, "...i,...i->..."))
_YZX = np.array([1, 2, 0])


def normalize(v: Array) -> Array:
    """Vectors along the last axis at unit length; those shorter than 1e-150 count as zero and stay short."""
    return np.asarray(v / np.maximum(np.sqrt(dot(v, v)), _SHORTEST)[..., None])


def cross(a: Array, b: Array) -> Array:
    """Cross product along the last axis; many times faster than ``numpy.cross`` on few vectors."""
    return np.asarray((a * b.take(_YZX, axis=-1) - a.take(_YZX, axis=-1) * b).take(_YZX, axis=-1))


def dot(a: Array, b: Array) -> Array:
    """Dot product along the last axis."""
    return np.asarray(_vecdot(a, b))


def frames(primary: Array, secondary: Array) -> Array:
    """Right-handed orthonormal frames from two directions each.

    Args:
        primary: shape (..., 3), becomes the first axis exactly.
        secondary: shape (..., 3), its part across ``primary`` becomes the second axis. Where it has
            none (parallel or zero) any perpendicular direction is taken.

    Returns:
        shape (..., 3, 3), axes as columns; proper rotations also for zero input.
    """
    x = normalize(primary)
    short = dot(x, x) < 0.5
    if short.any():
        x = np.where(short[..., None], _X, x)
    y = secondary - dot(secondary, x)[..., None] * x
    square = dot(y, y)
    weak = square <= 1e-12 * np.maximum(dot(secondary, secondary), 1e-12)
    if weak.any():
        axis = np.eye(3)[np.argmin(np.abs(x), axis=-1)]
        y = np.where(weak[..., None], axis - dot(axis, x)[..., None] * x, y)
        square = dot(y, y)
    y /= np.sqrt(square)[..., None]
    result = np.empty((*x.shape, 3))
    result[..., 0], result[..., 1], result[..., 2] = x, y, cross(x, y)
    return result


def _outer(a: Array, b: Array) -> Array:
    """All products of two quaternions' components, shape (..., 16): aₓbₓ, aₓb_y, ..."""
    outer = a[..., :, None] * b[..., None, :]
    return outer.reshape(*outer.shape[:-2], 16)


def _bilinear(*terms: str) -> Array:
    """Sums of products, one a column, as a matrix for ``_outer``; "+wx -yz" is a_w b_x - a_y b_z."""
    table = np.zeros((16, len(terms)))
    for column, words in enumerate(terms):
        for word in words.split():
            table["xyzw".index(word[-2]) * 4 + "xyzw".index(word[-1]), column] += float(word[:-2] + "1")
    return table


# as one matrix product, few quaternions take a third of the time that they take component by component
_PRODUCT = _bilinear("+wx +xw +yz -zy", "+wy -xz +yw +zx", "+wz +xy -yx +zw", "+ww -xx -yy -zz")

_MATRIX = _bilinear(
    *("+ww +xx -yy -zz", "+xy +xy -zw -zw", "+xz +xz +yw +yw"),
    *("+xy +xy +zw +zw", "+ww -xx +yy -zz", "+yz +yz -xw -xw"),
    *("+xz +xz -yw -yw", "+yz +yz +xw +xw", "+ww -xx -yy +zz"),
)  # of a unit quaternion with itself, row by row


def quat_multiply(a: Array, b: Array) -> Array:
    """Hamilton product: the rotation ``b`` followed by ``a``."""
    return _outer(a, b) @ _PRODUCT


def quat_conjugate(q: Array) -> Array:
    """Inverse of unit quaternions."""
    return np.asarray(q * (-1.0, -1.0, -1.0, 1.0))


def quat_rotate(q: Array, v: Array) -> Array:
    """Vectors ``v`` (..., 3) rotated by unit quaternions ``q`` (..., 4)."""
    return np.asarray(np.matmul(quat_to_matrix(q), v[..., None])[..., 0])


def quat_from_rotvec(rotvec: Array) -> Array:
    """Unit quaternions of rotation vectors (axis times angle, shape (..., 3)) [rad]."""
    rotvec = np.asarray(rotvec, dtype=np.float64)
    half = np.maximum(0.5 * np.sqrt(dot(rotvec, rotvec)), _SHORTEST)[..., None]
    q = np.empty((*rotvec.shape[:-1], 4))
    np.multiply(0.5 * np.sin(half) / half, rotvec, out=q[..., :3])
    np.cos(half, out=q[..., 3:])
    return q


def quat_to_rotvec(q: Array) -> Array:
    """Rotation vectors of unit quaternions, of angle 0..pi: shape (..., 3) [rad]."""
    xyz, w = q[..., :3], q[..., 3:]
    s = np.maximum(np.sqrt(dot(xyz, xyz)), _SHORTEST)[..., None]
    return np.asarray(xyz * np.copysign(2.0 * np.arctan2(s, np.abs(w)) / s, w))


def turn_between(start: Array, end: Array) -> Array:
    """Rotation vectors, of angle 0..pi, that turn orientations (..., 4) into others, shape (..., 3) [rad]."""
    return quat_to_rotvec(quat_multiply(end, quat_conjugate(start)))


def quat_to_matrix(q: Array) -> Array:
    """Rotation matrices (..., 3, 3) of unit quaternions."""
    return np.asarray((_outer(q, q) @ _MATRIX).reshape(*q.shape[:-1], 3, 3))


def rotvec_between(a: Array, b: Array) -> Array:
    """Rotation vectors that turn unit vectors the shortest way into others, shape (..., 3) [rad]."""
    axes = cross(a, b)
    return np.asarray(normalize(axes) * np.arctan2(np.sqrt(dot(axes, axes)), dot(a, b))[..., None])


def swung(start: Array, end: Array, v: Array) -> Array:
    """``v`` (..., 3) turned by the shortest rotation from unit ``start`` to unit ``end`` (Rodrigues)."""
    axis, cosine = cross(start, end), dot(start, end)[..., None]
    along = dot(axis, v)[..., None] / np.maximum(1.0 + cosine, 1e-6)
    return np.asarray(v * cosine + cross(axis, v) + axis * along)


def _four_outer(m: Array) -> Array:
    """Four times the outer product of (x, y, z, w) with itself, less the identity; linear in ``m``."""
    k = np.empty((*m.shape[:-2], 4, 4))
    trace = m[..., 0, 0] + m[..., 1, 1] + m[..., 2, 2]
    for i in range(3):
        k[..., i, i] = 2.0 * m[..., i, i] - trace
    k[..., 3, 3] = trace
    k[..., 0, 1] = k[..., 1, 0] = m[..., 0, 1] + m[..., 1, 0]
    k[..., 0, 2] = k[..., 2, 0] = m[..., 0, 2] + m[..., 2, 0]
    k[..., 1, 2] = k[..., 2, 1] = m[..., 1, 2] + m[..., 2, 1]
    k[..., 0, 3] = k[..., 3, 0] = m[..., 2, 1] - m[..., 1, 2]
    k[..., 1, 3] = k[..., 3, 1] = m[..., 0, 2] - m[..., 2, 0]
    k[..., 2, 3] = k[..., 3, 2] = m[..., 1, 0] - m[..., 0, 1]
    return k


# the same as one matrix product, which is three times faster
_FOUR_OUTER = _four_outer(np.eye(9).reshape(9, 3, 3)).reshape(9, 16)
_IDENTITY = np.eye(4).reshape(16)


def quat_from_matrix(m: Array) -> Array:
    """Unit quaternions of rotation matrices (..., 3, 3), w >= 0.

    Of the four ways to write the quaternion the one with the largest divisor is taken
    (Shepperd, "Quaternion from rotation matrix", 1978).
    """
    outer = m.reshape(-1, 9) @ _FOUR_OUTER + _IDENTITY
    best = np.argmax(outer[:, ::5], axis=-1)
    q = outer.reshape(-1, 4, 4)[np.arange(len(outer)), best]
    q *= np.copysign(1.0 / np.sqrt(dot(q, q)), q[:, 3])[:, None]
    return np.asarray(q.reshape(*m.shape[:-2], 4))
