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

"""From a body-centered metric pose and its image to meters in the camera's optical frame."""

import numpy as np

from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array, dot

_MIN_DEPTH_M, _MAX_DEPTH_M = 0.2, 50.0


def place(points: Array, pixels: Array, weights: Array, camera: Camera) -> Array:
    """Translation that makes a body-centered pose project onto its image points.

    For a pinhole camera with ray (u, v, 1) through a pixel, a point (X, Y, Z) moved by t lies on the ray
    where X + tx = u (Z + tz) and Y + ty = v (Z + tz): two linear equations a point, solved for t by
    weighted least squares.

    Args:
        points: shape (N, 3), axes as the optical frame, origin in the body [m].
        pixels: shape (N, 2), the points' images [px].
        weights: shape (N,), >= 0; points with 0 do not count.
        camera: camera of the pixels.

    Returns:
        shape (3,) [m]. The depth stays within 0.2 to 50 m; with fewer than two weighted points the
        body is put on the optical axis 2 m away.
    """
    if np.count_nonzero(weights > 0.0) < 2:
        return np.array([0.0, 0.0, 2.0])
    rays = camera.rays(pixels)
    residual = rays * points[:, 2:] - points[:, :2]
    w = weights / weights.sum()
    # tx = mean(residual_x) + tz mean(u), so the depth is the slope of a straight line through the origin
    rays_mid, residual_mid = w @ rays, w @ residual
    rays_c, residual_c = rays - rays_mid, residual - residual_mid
    spread = float(w @ dot(rays_c, rays_c))
    slope = -float(w @ dot(rays_c, residual_c)) / max(spread, 1e-12)
    depth = min(max(slope, _MIN_DEPTH_M), _MAX_DEPTH_M)
    return np.array([*(residual_mid + depth * rays_mid), depth])
