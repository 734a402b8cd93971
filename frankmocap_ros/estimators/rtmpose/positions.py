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

"""Keypoints with depths around the hips, in the optical frame: the bones tell how far away the hips are.

RTMW3D gives pixels, and meters behind the middle of the hips. With the hips at distance Z, a keypoint on the
ray (x, y, 1) at depth d is at (Z + d) (x, y, 1): a bone between two keypoints is as long as it should be for
one Z (a quadratic equation). The median over the bones is taken.
"""

from typing import Final

import numpy as np

from frankmocap_ros.body import proportions
from frankmocap_ros.body.skeleton import KEYPOINTS, SIDES
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array, dot

_LIKELY: Final = 0.3
_NEAREST_M: Final = 0.2  # of a keypoint before the camera
_FURTHEST_M: Final = 50.0
_LIMBS: Final = (
    ("hip", "knee", proportions.THIGH),
    ("knee", "ankle", proportions.SHIN),
    ("hip", "shoulder", proportions.TORSO),
    ("shoulder", "elbow", proportions.UPPER_ARM),
    ("elbow", "wrist", proportions.FOREARM),
)
_ENDS: Final = np.array(
    [[KEYPOINTS.index(f"{side}_{part}") for part in limb[:2]] for limb in _LIMBS for side in SIDES]
)
_LENGTHS: Final = proportions.ADULT_HEIGHT_M * np.array([length for *_, length in _LIMBS for _ in SIDES])


def positions(pixels: Array, depth_m: Array, confidence: Array, camera: Camera) -> Array:
    """Keypoints in the optical frame, of an adult of usual height.

    Args:
        pixels: shape (K, 2), in the order of ``KEYPOINTS`` or ``KEYPOINTS_WITH_HANDS`` [px].
        depth_m: shape (K,), behind the middle of the hips [m].
        confidence: shape (K,), 0..1.
        camera: of the image.

    Returns:
        shape (K, 3) [m].
    """
    rays = np.concatenate([camera.rays(pixels), np.ones((len(pixels), 1))], axis=1)
    depth = np.maximum(hip_distance_m(rays, depth_m, confidence) + depth_m, _NEAREST_M)
    return rays * depth[:, None]


def hip_distance_m(rays: Array, depth_m: Array, confidence: Array) -> float:
    """Distance of the hips along the camera's axis at which the bones have an adult's lengths [m].

    Args:
        rays: shape (K, 3), with z = 1.
        depth_m: shape (K,), behind the hips [m].
        confidence: shape (K,); of bones whose ends are likely enough, or of all where none is.
    """
    seen = (confidence[_ENDS] >= _LIKELY).all(axis=1)
    rows = _ENDS[seen] if seen.any() else _ENDS
    lengths = _LENGTHS[seen] if seen.any() else _LENGTHS
    start, end = rows.T
    # the bone at distance Z is step Z + turn
    step = rays[end] - rays[start]
    turn = rays[end] * depth_m[end, None] - rays[start] * depth_m[start, None]
    a, half_b, c = dot(step, step), dot(step, turn), dot(turn, turn) - lengths**2
    # Where depths alone are longer than the bone no distance is right: then the one that is least wrong. A
    # bone that points to the camera tells nothing of the distance.
    tells = a > 1e-9
    if not tells.any():
        return _FURTHEST_M
    a, half_b, c = a[tells], half_b[tells], c[tells]
    found = (np.sqrt(np.maximum(half_b**2 - a * c, 0.0)) - half_b) / a
    return float(np.clip(np.median(found), _NEAREST_M, _FURTHEST_M))
