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

"""What a depth camera measures, looked at where a person's joints are.

Pixels that are not measured, lie on an edge, or belong to something else are left out: what counts are the
values that agree with most of the others around.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array, Mask, cross, dot, normalize

_NEAREST_M: Final = 0.1
_FURTHEST_M: Final = 20.0
_GRID: Final = (18, 11)  # samples down and across the torso
_INNER: Final = 0.76  # share of the torso that is looked at: at its rim there may be an arm, or the wall
_AROUND: Final = np.stack(np.meshgrid((-1.0, 0.0, 1.0), (-1.0, 0.0, 1.0)), axis=-1).reshape(9, 2)
_LEAST_OF_NINE: Final = 5
_EDGE: Final = 0.15  # values of neighbors further apart than this [m], or this share of the distance
_LEAST_SHARE: Final = 0.3  # of the samples that must be good
_ROOT: Final = 0.95  # where the root is on the way from the shoulders to the hips
_OFF_TORSO_M: Final = 0.2  # from the middle value: an arm before the chest, the wall beside it
_PATCH: Final = 11  # samples along a patch's side
_PART_OF_LIMB: Final = 0.95  # of its radius: what lies beside it falls out by its distance
_SHARE_IN_FRONT: Final = 0.3  # what is seen is in front of what is behind it: not the middle, nearer
_ALIKE: Final = 0.06  # values of one limb lie within this [m], or within the share below of the distance
_ALIKE_SHARE: Final = 0.05

TORSO: Final = ("left_shoulder", "right_shoulder", "right_hip", "left_hip")
"""The joints at the torso's corners, around it."""
TORSO_DEPTH: Final = 0.226
"""From the skin to the joints of somebody who faces the camera, in torso lengths (shoulders to hips).

Half of the chest's and belly's depth, 0.065 of the height (S. Pheasant, "Bodyspace", 1996: 220 to 245 mm of
1740), by the torso's 0.288 (R. Drillis, R. Contini, "Body segment parameters", 1966).
"""


@dataclass(frozen=True, eq=False)
class DepthImage:
    """Distances along the optical axis, of the same view as the image.

    Attributes:
        values: shape (H, W), uint16 in millimeters or float32 in meters; 0, NaN, infinity: not measured.
    """

    values: NDArray[np.uint16] | NDArray[np.float32]

    def meters(self) -> NDArray[np.float32]:
        """Distances, shape (H, W) [m]; what is not measured is as it came."""
        if self.values.dtype == np.uint16:
            return np.asarray(self.values * np.float32(1e-3), np.float32)
        return np.asarray(self.values, np.float32)

    def at(self, pixels: Array, camera: Camera) -> Array:
        """Distances at pixels (..., 2) of an image of the same view: shape (...) [m], NaN where unknown."""
        height, width = self.values.shape
        xy = np.floor(pixels * (width / camera.width, height / camera.height)).astype(np.intp)
        x, y = xy[..., 0], xy[..., 1]
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        found = self.values[np.where(inside, y, 0), np.where(inside, x, 0)].astype(np.float64)
        if self.values.dtype == np.uint16:
            found *= 1e-3
        return np.where(inside & (found > _NEAREST_M) & (found < _FURTHEST_M), found, np.nan)

    def pixel(self, camera: Camera) -> Array:
        """Width and height of one of its pixels in those of an image of the same view."""
        height, width = self.values.shape
        return np.array([camera.width / width, camera.height / height])


def _grid() -> Array:
    """Weights of the torso's four corners in each sample, shape (N, 4)."""
    low, high = 0.5 - 0.5 * _INNER, 0.5 + 0.5 * _INNER
    rows, columns = np.linspace(low, high, _GRID[0]), np.linspace(low, high, _GRID[1])
    v, u = (axis.ravel() for axis in np.meshgrid(rows, columns, indexing="ij"))
    return np.stack([(1 - v) * (1 - u), (1 - v) * u, v * u, v * (1 - u)], axis=1)


TORSO_GRID: Final = _grid()


def at_torso(depth: DepthImage, corners_px: Array, camera: Camera) -> Array:
    """Distance of the skin at ``TORSO_GRID``: shape (N,) [m], NaN where it cannot be told.

    Args:
        depth: of the same view and time as the image.
        corners_px: shape (4, 2), the joints of ``TORSO`` in the image [px].
        camera: camera of that image.
    """
    pixels = (TORSO_GRID @ corners_px)[:, None] + _AROUND * depth.pixel(camera)
    values = np.sort(depth.at(pixels, camera), axis=1)  # NaN last
    count = np.isfinite(values).sum(axis=1)
    rows, last = np.arange(len(values)), np.maximum(count - 1, 0)
    middle = values[rows, last // 2]
    even = values[rows, last] - values[:, 0] <= np.maximum(_EDGE, _EDGE * middle)
    return np.where((count >= _LEAST_OF_NINE) & even, middle, np.nan)


def torso_ratio(depth: DepthImage, corners: Array, camera: Camera) -> float | None:
    """How much further away a torso's lower end is than it was taken for; None where the image does not tell.

    A body's size and distance grow together. With the depth z of the joints' plane and the thickness c from
    there to the skin, both as taken for, the skin is measured at r (z - c): each sample gives the ratio r.

    Args:
        depth: of the same view and time as the image.
        corners: shape (4, 3), the joints of ``TORSO`` in the optical frame, as taken for [m].
        camera: camera of the image.
    """
    skin = at_torso(depth, camera.project(corners), camera)
    taken = TORSO_GRID @ corners[:, 2] - thickness(corners)
    good = np.isfinite(skin) & (taken > _NEAREST_M)
    least = _LEAST_SHARE * len(skin)
    if good.sum() < least:
        return None
    ratios = skin[good] / taken[good]
    near = np.abs(ratios - np.median(ratios)) * taken[good] < _OFF_TORSO_M
    if near.sum() < max(least, 0.5 * len(near)):
        return None
    # a straight line down the torso: estimators are wrong about how far it leans, and the root is at its end
    down, ratios = TORSO_GRID[good][near, 2:].sum(axis=1) - _ROOT, ratios[near]
    off = down - down.mean()
    slope = float(off @ ratios) / max(float(off @ off), 1e-6)
    return float(ratios.mean()) - slope * float(down.mean())


def thickness(corners: Array) -> float:
    """From the skin to the joints of ``TORSO``, (4, 3) in the optical frame, along the line of sight [m]."""
    shoulders, hips = corners[:2].mean(axis=0), corners[2:].mean(axis=0)
    across = 0.5 * (corners[0] - corners[1] + corners[3] - corners[2])
    length, width = np.sqrt(dot(shoulders - hips, shoulders - hips)), np.sqrt(dot(across, across))
    front = normalize(cross(across, shoulders - hips))
    facing = float(dot(front, normalize(corners.mean(axis=0)))) ** 2
    return chord(float(length), 0.5 * float(width), facing)


def chord(length: float, half_width: float, facing: float) -> float:
    """From the skin to a torso's middle along the line of sight [m].

    The cross section is taken for an ellipse: its half axes are the chest's half depth, and half the width
    of the joints with as much flesh beside them.

    Args:
        length: of the torso, shoulders to hips [m].
        half_width: of shoulders and hips [m].
        facing: square of the cosine between the torso's front and the line of sight, 0..1.
    """
    deep = TORSO_DEPTH * length
    wide = half_width + deep
    return 1.0 / math.sqrt(facing / deep**2 + (1.0 - facing) / wide**2)


def _disk() -> Array:
    """Samples within the unit circle, shape (N, 2)."""
    side = np.linspace(-1.0, 1.0, _PATCH)
    xy = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    return np.asarray(xy[(xy**2).sum(axis=1) <= 1.0 + 1e-9])


_DISK: Final = _disk()


def at_limbs(
    depth: DepthImage, points: Array, radii_m: Array, window_m: float, camera: Camera
) -> tuple[Array, Mask]:
    """Where joints of limbs are, from the skin before them.

    Args:
        depth: of the same view and time as the image.
        points: shape (N, 3), the joints as taken for; what is seen at their pixels counts [m].
        radii_m: shape (N,), from the skin to the joint [m].
        window_m: how far from where they are taken for they can be [m].
        camera: camera of the image.

    Returns:
        Depth of the joints, shape (N,) [m], and where it could be told, shape (N,).
    """
    z = points[:, 2]
    near = np.maximum(z, _NEAREST_M)[:, None]
    reach_px = _PART_OF_LIMB * radii_m[:, None] * camera.focal_px(points[:, :2] / near) / near
    reach = np.maximum(reach_px, 1.5 * depth.pixel(camera))  # at least a few pixels
    pixels = camera.project(points)[:, None] + _DISK * reach[:, None]
    joints = depth.at(pixels, camera) + radii_m[:, None]
    joints = np.where(np.abs(joints - z[:, None]) <= window_m, joints, np.nan)
    count = np.isfinite(joints).sum(axis=1)
    enough = count >= _LEAST_SHARE * len(_DISK)
    ordered = np.sort(joints, axis=1)
    at = ordered[np.arange(len(z)), (_SHARE_IN_FRONT * np.maximum(count - 1, 0)).astype(np.intp)]
    alike = np.maximum(_ALIKE, _ALIKE_SHARE * z)[:, None]
    for _ in range(3):  # to the middle of those that are alike
        near = np.abs(joints - at[:, None]) <= alike
        at = np.where(near, joints, 0.0).sum(axis=1) / np.maximum(near.sum(axis=1), 1)
    return np.where(enough, at, z), enough
