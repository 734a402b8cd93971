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

"""Keypoints of an estimator that gives pixels only, put into space by a depth image."""

import math
from typing import Final

import numpy as np

from frankmocap_ros.body.pose import KeypointPose, PixelPose
from frankmocap_ros.body.skeleton import KEYPOINTS
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.imaging.depth_image import TORSO, TORSO_GRID, DepthImage, at_limbs, at_torso, chord

_CORNERS: Final = np.array([KEYPOINTS.index(name) for name in TORSO])
_LEAST: Final = 0.3  # of the torso's samples
_WINDOW_M: Final = 1.0  # from the torso: an arm's or a leg's length
_GUESSED: Final = 0.5  # of its confidence is left to a point whose depth is its neighbor's
_HALF_WIDTH: Final = 0.4  # of the shoulders, in torso lengths: 0.115 of the height by 0.288
# From the skin to the point, in torso lengths; and the point whose depth stands in where it is not seen.
_PARTS: Final = {
    "nose": (0.03, "shoulder"), "ear": (0.03, "shoulder"), "elbow": (0.08, "shoulder"),
    "wrist": (0.06, "elbow"), "index1": (0.05, "wrist"), "pinky1": (0.05, "wrist"),
    "knee": (0.11, "hip"), "ankle": (0.08, "knee"), "foot": (0.06, "ankle"),
}  # fmt: skip


def _others() -> list[tuple[int, float, int]]:
    """Row, depth below the skin and row of who stands in, of all points but the torso's; that one first."""
    rows = []
    for part, (below, neighbor) in _PARTS.items():
        for name in (part, f"left_{part}", f"right_{part}"):
            if name in KEYPOINTS:
                side = "left" if name == part else name.partition("_")[0]
                rows.append((KEYPOINTS.index(name), below, KEYPOINTS.index(f"{side}_{neighbor}")))
    return rows


_OTHERS: Final = _others()
_ROWS: Final = np.array([row for row, _, _ in _OTHERS])
_BELOW: Final = np.array([below for _, below, _ in _OTHERS])


def lifted(pose: PixelPose, depth: DepthImage, camera: Camera, least: float) -> KeypointPose | None:
    """Where the keypoints are, in the optical frame; None where the torso is not seen in pixels and depth.

    The torso is a plane through its skin, moved back by half its thickness. Other points lie below the skin
    at their pixel; where that is not measured, or belongs to something else, a point has the depth of its
    neighbor towards the torso, and half its confidence.

    Args:
        pose: the pixels.
        depth: of the same view and time.
        camera: camera of the pixels.
        least: confidence that the torso's points must have.
    """
    pixels, confidence = pose.pixels, pose.confidence.copy()
    if confidence[_CORNERS].min() < least:
        return None
    corners = pixels[_CORNERS]
    skin = at_torso(depth, corners, camera)
    good = np.isfinite(skin)
    if good.sum() < _LEAST * len(skin):
        return None
    middle = float(np.median(skin[good]))
    good &= np.abs(skin - middle) < 0.3
    rays = camera.rays(pixels)
    at = rays[_CORNERS]
    length_m = middle * math.hypot(*(at[:2].mean(axis=0) - at[2:].mean(axis=0)))
    width_m = middle * math.hypot(*(0.5 * (at[0] - at[1] + at[3] - at[2])))
    facing = min(1.0, (0.5 * width_m / max(_HALF_WIDTH * length_m, 1e-6)) ** 2)
    thick = chord(length_m, _HALF_WIDTH * length_m, facing)
    points = np.empty((len(pixels), 3))
    points[:, :2], points[:, 2] = rays, 1.0
    points[_CORNERS] *= (_plane(skin, good) + thick)[:, None]
    taken = points[_ROWS] * middle
    z, found = at_limbs(depth, taken, _BELOW * length_m, _WINDOW_M, camera)
    for (row, _, neighbor), at, seen in zip(_OTHERS, z, found, strict=True):
        points[row] *= at if seen else points[neighbor, 2]
        confidence[row] *= 1.0 if seen else _GUESSED
    return KeypointPose(points, confidence)


def _plane(skin: Array, good: Array) -> Array:
    """Depth at the torso's four corners of the plane through its samples, by least squares [m]."""
    u = TORSO_GRID[:, 1] + TORSO_GRID[:, 2]  # across
    v = TORSO_GRID[:, 2] + TORSO_GRID[:, 3]  # down
    terms = np.stack([np.ones_like(u), u, v], axis=1)[good]
    one, across, down = np.linalg.lstsq(terms, skin[good], rcond=None)[0]
    return np.array([one, one + across, one + across + down, one + down])
