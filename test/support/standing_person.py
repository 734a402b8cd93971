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

"""A standing person who faces the camera, as offsets of keypoints from a spot."""

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.keypoint_sets import KeypointSet

Floats = NDArray[np.float32]

# x and y in shares of the height, from the middle of the hips; the person's left is on the image's right
_PLACES = {
    "nose": (0.0, -0.43), "left_eye": (0.02, -0.45), "left_ear": (0.045, -0.44), "head_top": (0.0, -0.5),
    "neck": (0.0, -0.31), "mid_hip": (0.0, 0.0),
    "left_shoulder": (0.115, -0.29), "left_elbow": (0.16, -0.12), "left_wrist": (0.19, 0.02),
    "left_hip": (0.052, 0.0), "left_knee": (0.06, 0.24), "left_ankle": (0.06, 0.48),
    "left_foot": (0.08, 0.51), "left_small_toe": (0.1, 0.5), "left_heel": (0.05, 0.5),
    "left_hand_root": (0.19, 0.02),
}  # fmt: skip
_FINGERS = ("thumb", "index", "middle", "ring", "pinky")


def _place(name: str) -> tuple[float, float]:
    side, _, part = name.partition("_")
    if side == "right":
        x, y = _place(f"left_{part}")
        return -x, y
    if name in _PLACES:
        return _PLACES[name]
    if name.startswith("face"):
        return 0.002 * (int(name[4:]) - 34), -0.42
    finger, joint = _FINGERS.index(part[:-1]), int(part[-1])
    return 0.19 + 0.008 * (2 - finger), 0.03 + 0.01 * joint


def offsets(points: KeypointSet, height_px: float) -> Floats:
    """Keypoints of a set from the middle of the hips, shape (K, 2) [px]."""
    return np.array([_place(name) for name in points.points], np.float32) * np.float32(height_px)
