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

"""What a lens does to rays: OpenCV's models, continued beyond the angle up to which they hold."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import cv2
import numpy as np

from frankmocap_ros.geometry.rotation import Array, Mask

PLUMB_BOB: Final = "plumb_bob"
RATIONAL_POLYNOMIAL: Final = "rational_polynomial"
EQUIDISTANT: Final = "equidistant"
COUNTS: Final = {PLUMB_BOB: (5,), RATIONAL_POLYNOMIAL: (8, 12, 14), EQUIDISTANT: (4,)}
"""How many coefficients each model has in OpenCV; fewer are filled up with zeros."""

_STEEPEST_RAD: Final = math.radians(85.0)  # rays further off the axis are continued for every lens
_STEPS: Final = 1000
_SLOPES: Final = (0.2, 1.8)  # of the distorted distance by its mean; OpenCV's inverse needs 0 .. 2
_EXACT: Final = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 200, 1e-10)
_EYE: Final = np.eye(3)
_NONE: Final = np.zeros(3)


@dataclass(frozen=True)
class Distortion:
    """One lens. Rays are where they cross the plane z = 1 m: shape (..., 2) [m].

    A polynomial holds up to some angle only: further out it folds rays back into the image, or throws them
    far out of it. Beyond that angle a ray is moved on by as much as its own distance grows, so that every ray
    has a place and what is far beside the image stays there.

    Attributes:
        model: ``PLUMB_BOB``, ``RATIONAL_POLYNOMIAL`` or ``EQUIDISTANT``.
        coefficients: as many of them as ``COUNTS`` allows, in OpenCV's order.
    """

    model: str
    coefficients: tuple[float, ...]

    def distorted(self, rays: Array) -> Array:
        """The rays through which a pinhole camera would see what this lens sees along ``rays``."""
        flat = np.asarray(rays, np.float64).reshape(-1, 2)
        inner, outer = _split(flat, self._limits[0])
        return (self._forward(inner) + outer).reshape(rays.shape)

    def undistorted(self, rays: Array) -> Array:
        """The other way round."""
        flat = np.asarray(rays, np.float64).reshape(-1, 2)
        inner, outer = _split(flat, self._limits[1])
        return (self._backward(inner) + outer).reshape(rays.shape)

    def holds(self, rays: Array) -> Mask:
        """For which undistorted rays (..., 2) the model holds: shape (...)."""
        return np.asarray(np.hypot(rays[..., 0], rays[..., 1]) < self._limits[0])

    @cached_property
    def _d(self) -> Array:
        return np.array(self.coefficients, np.float64)

    @cached_property
    def _limits(self) -> tuple[float, float]:
        """Up to which distance from the axis the model holds, for rays before and behind the lens [m]."""
        angles = np.linspace(0.0, _STEEPEST_RAD, _STEPS)[1:]
        before = np.tan(angles)
        behind = self._forward(np.stack([before, np.zeros_like(before)], axis=1))[:, 0]
        along = angles if self.model == EQUIDISTANT else before  # what the model's polynomial is of
        with np.errstate(all="ignore"):
            slopes = np.diff(behind) / np.diff(along) / (behind / along)[:-1]
        holds = (slopes > _SLOPES[0]) & (slopes < _SLOPES[1]) & (behind[:-1] > 0.0)  # false for NaN
        last = len(holds) if holds.all() else int(holds.argmin())
        return float(before[last]), float(behind[last])

    def _forward(self, rays: Array) -> Array:
        """The model itself, for rays (N, 2)."""
        if not len(rays):
            return rays
        if self.model == EQUIDISTANT:
            return np.asarray(cv2.fisheye.distortPoints(rays[:, None], _EYE, self._d), np.float64)[:, 0]
        points = np.concatenate([rays, np.ones((len(rays), 1))], axis=1)
        return np.asarray(cv2.projectPoints(points, _NONE, _NONE, _EYE, self._d)[0], np.float64)[:, 0]

    def _backward(self, rays: Array) -> Array:
        """The inverse of the model itself, for rays (N, 2)."""
        if not len(rays):
            return rays
        if self.model == EQUIDISTANT:
            found = cv2.fisheye.undistortPoints(rays[:, None], _EYE, self._d, criteria=_EXACT)
        else:
            found = _undistorted(rays[:, None], self._d)
        return np.asarray(found, np.float64)[:, 0]


def _undistorted(rays: Array, d: Array) -> Any:
    """Rays (N, 1, 2) without distortion, shape (N, 1, 2)."""
    cv: Any = cv2  # version 5 has no undistortPointsIter, and the criteria of version 4 are nowhere else
    if hasattr(cv, "undistortPointsIter"):
        return cv.undistortPointsIter(rays, _EYE, d, _EYE, _EYE, _EXACT)
    return cv.undistortPoints(rays, _EYE, d, R=_EYE, P=_EYE, criteria=_EXACT)


def _split(rays: Array, limit: float) -> tuple[Array, Array]:
    """Rays (N, 2) up to ``limit`` from the axis, and what they go beyond it."""
    distance = np.hypot(rays[:, 0], rays[:, 1])[:, None]
    inner = rays * np.minimum(1.0, limit / np.maximum(distance, 1e-12))
    return inner, rays - inner
