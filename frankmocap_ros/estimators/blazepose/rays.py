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

"""World landmarks in the camera's frame, near the rays of their image landmarks."""

import math
from typing import Final

import numpy as np

from frankmocap_ros.body.skeleton import KEYPOINTS
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.pinhole_fit import place
from frankmocap_ros.geometry.rotation import Array, dot, normalize, quat_rotate

_HIPS: Final = np.array([KEYPOINTS.index("left_hip"), KEYPOINTS.index("right_hip")])
_SHOULDERS: Final = np.array([KEYPOINTS.index("left_shoulder"), KEYPOINTS.index("right_shoulder")])
_EDGE: Final = (0.0, 0.02)  # from the border, as a share of the side, over which hips come to count
_BORDER: Final = (0.05, 0.12)  # from there on they count although they are hidden
_VISIBLE: Final = (0.5, 0.8)  # visibility from which they count nearer to it
_SLACK: Final = 6.0 / 640.0  # how far, as a share of the width, a joint may project beside its image landmark


def towards(pixel: Array, camera: Camera) -> Array:
    """Shortest rotation from the camera's axis to the ray through ``pixel`` (2,), shape (4,), x y z w."""
    x, y = camera.rays(pixel)
    return normalize(np.array([-y, x, 0.0, 1.0 + math.sqrt(1.0 + x * x + y * y)]))


def faced_pixel(pixels: Array, confidence: Array, camera: Camera) -> Array:
    """Where the ray is seen that world landmarks are turned to, shape (2,) [px].

    It goes through the hips. Where they are not in the image, as of somebody at a desk, the network guesses
    them, and the shoulders say better where the body is: over all joints of such a scene 127 mm become 115. A
    hip beside the image often gets a pixel just inside it, so near the border its visibility counts. In
    between the pixel moves from the ones to the others, so that no noise at the border makes the body jump.

    Args:
        pixels: shape (21, 2), of ``KEYPOINTS`` [px].
        confidence: shape (21,), visibility.
        camera: of the image.
    """
    hips, shoulders = pixels[_HIPS], pixels[_SHOULDERS]
    at = hips / camera.size_px
    inside = min(float(at.min()), 1.0 - float(at.max()))  # share of the side, below 0 beside the image
    surely = max(_rise(inside, _BORDER), _rise(float(confidence[_HIPS].min()), _VISIBLE))
    share = surely * _rise(inside, _EDGE)
    return np.asarray(
        (0.5 * share) * (hips[0] + hips[1]) + (0.5 - 0.5 * share) * (shoulders[0] + shoulders[1])
    )


def _rise(value: float, band: tuple[float, float]) -> float:
    """0 below the band, 1 above it, smooth in between."""
    t = min(max((value - band[0]) / (band[1] - band[0]), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


def on_rays(world: Array, pixels: Array, confidence: Array, camera: Camera) -> Array:
    """Body-centered metric landmarks in the camera's frame, near the rays of their image landmarks.

    World landmarks come from a crop around the body, so their z axis is the ray through its middle, not the
    camera's axis: seen 20 degrees off the axis the body is turned by 20 degrees. Turning them back halves
    how far they project beside their image landmarks, which BlazePose finds apart from them. Then the whole
    body is placed by least squares, and a joint that would still be drawn more than ``_SLACK`` beside its
    image landmark is moved at constant depth just so far that it is not. Moving all of them exactly onto
    their rays makes the bones' lengths vary more (coefficient of variation 0.072 against 0.061, which is
    also that of the world landmarks).

    Args:
        world: shape (21, 3), of ``KEYPOINTS``, from the middle of the hips [m].
        pixels: shape (21, 2) [px].
        confidence: shape (21,).
        camera: of the image.

    Returns:
        shape (21, 3), in the optical frame [m].
    """
    turned = quat_rotate(towards(faced_pixel(pixels, confidence, camera), camera), world)
    points = turned + place(turned, pixels, confidence, camera)
    points[:, 2] = np.maximum(points[:, 2], 0.1)
    projected = camera.project(points)
    beside = pixels - projected
    distance = np.sqrt(dot(beside, beside))
    far = distance > _SLACK * camera.width
    if not far.any():
        return points
    share = 1.0 - _SLACK * camera.width / np.maximum(distance[far], 1e-9)
    points[far, :2] = camera.rays(projected[far] + share[:, None] * beside[far]) * points[far, 2:]
    return points
