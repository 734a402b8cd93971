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

"""The figure of ``synthetic/human.py`` as a depth camera sees it: the same capsules, hit by a ray a pixel."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array, quat_rotate
from frankmocap_ros.synthetic.human import FLOOR_M, HumanPose
from frankmocap_ros.synthetic.render_rgb import CAPSULES, HEAD, HEAD_POINTS, TORSO, WALL_M, drawn_points

Depth = NDArray[np.float32]

_TORSO_RADIUS = 0.065  # half of its thickness; like the others a share of body height
_TORSO_RODS = 9  # side by side: its front is even within 3 mm
_HEAD_RADIUS = 0.055


def render_depth(
    poses: Sequence[HumanPose],
    camera: Camera,
    noise: float = 0.0,
    holes: float = 0.0,
    random: np.random.Generator | None = None,
) -> Depth:
    """Distances along the optical axis of whatever is nearest: the people, a wall, the floor.

    Args:
        poses: the people of ``figure.scene``.
        camera: its size is the image's.
        noise: standard deviation of each pixel, as a share of its distance.
        holes: share of the pixels that are not measured: half of them single ones, half in patches.
        random: where noise and holes come from; needed for either.

    Returns:
        A new image, shape (H, W), float32 [m]; NaN where nothing is measured.
    """
    depth = _room(camera).copy()
    for pose in poses:
        for start, end, radius in _rods(pose):
            _put_rod(depth, start, end, radius, camera)
    if noise and random is not None:
        depth *= 1.0 + noise * random.standard_normal(depth.shape, np.float32)
    if holes and random is not None:
        depth[random.random(depth.shape, np.float32) < 0.5 * holes] = np.nan
        side = 8
        patches = random.random([-(-n // side) for n in depth.shape]) < 0.5 * holes
        wide = np.repeat(np.repeat(patches, side, axis=0), side, axis=1)
        depth[wide[: depth.shape[0], : depth.shape[1]]] = np.nan
    return np.asarray(depth)


@lru_cache(maxsize=4)
def _room(camera: Camera) -> Depth:
    """Wall and floor as in ``figure_image.room``; read-only."""
    down = camera.rays(_centers(0, 0, *camera.size_px))[..., 1]
    with np.errstate(divide="ignore"):
        floor = np.where(down > 0.0, FLOOR_M / down, np.inf)
    depth = np.minimum(floor, WALL_M).astype(np.float32)
    depth.flags.writeable = False
    return depth


def _centers(x0: int, y0: int, x1: int, y1: int) -> Array:
    """Middles of the pixels of a box, shape (y1 - y0, x1 - x0, 2) [px]."""
    return np.stack(np.meshgrid(np.arange(x0, x1) + 0.5, np.arange(y0, y1) + 0.5), axis=-1)


def _rods(pose: HumanPose) -> list[tuple[Array, Array, float]]:
    """Every capsule as its two ends [m] and its radius [m]."""
    at, height_m = drawn_points(pose), pose.height_m
    rods = [(at[c.start], at[c.end], c.radius * height_m) for c in CAPSULES]
    left_shoulder, right_shoulder, right_hip, left_hip = at[TORSO]
    for share in np.linspace(0.0, 1.0, _TORSO_RODS):
        top = left_shoulder + share * (right_shoulder - left_shoulder)
        rods.append((top, left_hip + share * (right_hip - left_hip), _TORSO_RADIUS * height_m))
    head = at[HEAD] + quat_rotate(pose.orientations_xyzw[HEAD], HEAD_POINTS[0] * height_m)
    return [*rods, (head, head + np.array([0.0, 1e-3, 0.0]), _HEAD_RADIUS * height_m)]


def _put_rod(depth: Depth, start: Array, end: Array, radius: float, camera: Camera) -> None:
    """Draw one capsule where it is nearer than what is there.

    A ray through a pixel is t (u, v, 1), so that t is the depth. It meets the cylinder about the axis and
    the balls at its ends where the distance is the radius: quadratic equations in t.
    """
    if min(start[2], end[2]) <= radius + 0.05:
        return  # behind the camera, or around it
    ends = np.array([start, end])
    focal_px = camera.focal_px(ends[:, :2] / ends[:, 2:]).max(axis=-1)
    reach_px = focal_px * radius / (ends[:, 2] - radius)
    low = np.floor((camera.project(ends) - reach_px[:, None]).min(axis=0)).astype(int) - 1
    high = np.ceil((camera.project(ends) + reach_px[:, None]).max(axis=0)).astype(int) + 2
    x0, y0 = np.clip(low, 0, camera.size_px)
    x1, y1 = np.clip(high, 0, camera.size_px)
    if x0 >= x1 or y0 >= y1:
        return
    rays = camera.rays(_centers(x0, y0, x1, y1))
    rays = np.concatenate([rays, np.ones((*rays.shape[:-1], 1))], axis=-1)
    nearest = np.minimum(_ball(rays, start, radius), _ball(rays, end, radius))
    nearest = np.minimum(nearest, _cylinder(rays, start, end, radius))
    seen = depth[y0:y1, x0:x1]
    np.minimum(seen, nearest, out=seen, casting="same_kind")


def _ball(rays: Array, middle: Array, radius: float) -> Array:
    """Where rays (..., 3) first meet a ball, infinity where they miss it."""
    a, b = np.einsum("...i,...i->...", rays, rays), rays @ middle
    inside = b * b - a * (middle @ middle - radius**2)
    return np.where(inside >= 0.0, (b - np.sqrt(np.maximum(inside, 0.0))) / a, np.inf)


def _cylinder(rays: Array, start: Array, end: Array, radius: float) -> Array:
    """Where rays (..., 3) first meet the side of a cylinder from ``start`` to ``end``, else infinity."""
    length = float(np.linalg.norm(end - start))
    axis = (end - start) / max(length, 1e-9)
    along, offset = rays @ axis, start @ axis
    a = np.einsum("...i,...i->...", rays, rays) - along**2
    b = rays @ start - along * offset
    c = start @ start - offset**2 - radius**2
    inside = b * b - a * c
    t = (b - np.sqrt(np.maximum(inside, 0.0))) / np.maximum(a, 1e-12)
    height = along * t - offset
    return np.where((inside >= 0.0) & (height >= 0.0) & (height <= length), t, np.inf)
