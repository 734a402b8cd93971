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

"""Cameras: from points to pixels and back."""

import math
from dataclasses import dataclass, replace

import numpy as np

from frankmocap_ros.geometry.distortion import Distortion
from frankmocap_ros.geometry.rotation import Array, dot

_STEP = 1e-4  # of a ray [m], to see how far its pixel moves


@dataclass(frozen=True)
class Camera:
    """Pinhole camera behind a lens. Pixels are those of the image as it is: distorted, where the lens is so.

    Attributes:
        fx, fy: focal lengths [px].
        cx, cy: principal point [px].
        width, height: size of the image [px].
        distortion: of the lens; None for none, as in a rectified image.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int
    distortion: Distortion | None = None

    @staticmethod
    def from_fov(width: int, height: int, fov_deg: float) -> "Camera":
        """Camera with square pixels and centered principal point.

        Args:
            width: of its images [px].
            height: of its images [px].
            fov_deg: field of view along the longer side, so that a camera keeps its focal length when it is
                held upright [deg].
        """
        f = 0.5 * max(width, height) / math.tan(math.radians(fov_deg) / 2.0)
        return Camera(f, f, width / 2.0, height / 2.0, width, height)

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the image [px]."""
        return self.width, self.height

    def scaled_to(self, width: int, height: int) -> "Camera":
        """The same camera with its image resized to ``width`` x ``height``."""
        sx, sy = width / self.width, height / self.height
        scaled = replace(self, fx=self.fx * sx, fy=self.fy * sy, cx=self.cx * sx, cy=self.cy * sy)
        return replace(scaled, width=width, height=height)

    def project(self, points: Array) -> Array:
        """Image of points in the optical frame.

        Args:
            points: shape (..., 3) [m]. Points at or behind the camera are seen as if 1 mm before it.

        Returns:
            shape (..., 2), x and y [px].
        """
        return self._pixels(points[..., :2] / np.maximum(points[..., 2:], 1e-3))

    def rays(self, pixels: Array) -> Array:
        """Where the rays through ``pixels`` (..., 2) [px] cross the plane z = 1 m: shape (..., 2) [m]."""
        rays = np.asarray((pixels - (self.cx, self.cy)) / (self.fx, self.fy))
        return rays if self.distortion is None else self.distortion.undistorted(rays)

    def focal_px(self, rays: Array) -> Array:
        """How far pixels move with their rays where these are, along x and along y.

        Without distortion that is ``fx`` and ``fy`` everywhere.

        Args:
            rays: shape (..., 2), where they cross the plane z = 1 m [m].

        Returns:
            shape (..., 2) [px/m], or (2,) without distortion.
        """
        if self.distortion is None:
            return np.array([self.fx, self.fy])
        steps = 0.5 * _STEP * np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
        right, left, down, up = np.moveaxis(self._pixels(rays[..., None, :] + steps), -2, 0)
        moved = np.stack([right - left, down - up], axis=-2) / _STEP
        return np.asarray(np.sqrt(dot(moved, moved)))

    @property
    def fov_rad(self) -> tuple[float, float]:
        """Field of view through the image's middle, across and down [rad]."""
        w, h = self.size_px
        edges = self.rays(np.array([[0.0, 0.5 * h], [w, 0.5 * h], [0.5 * w, 0.0], [0.5 * w, h]]))
        (left, _), (right, _), (_, top), (_, bottom) = np.arctan(edges).tolist()
        return right - left, bottom - top

    def _pixels(self, rays: Array) -> Array:
        """The pixels that rays (..., 2) go through."""
        if self.distortion is not None:
            rays = self.distortion.distorted(rays)
        return np.asarray(rays * (self.fx, self.fy) + (self.cx, self.cy))
