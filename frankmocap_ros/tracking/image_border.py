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

"""Keypoints that are said to be inside the image, but are most likely beside it.

A landmark network gives every joint a pixel. One that has left the image often gets a pixel just inside the
border. Four things tell such a pixel: it lies near the border and the network is not as sure as it is of what
it sees; the joint before it in the limb is beside the image; it was beside the image a moment ago; or it lies
beside the image itself.
"""

from typing import Final

import numpy as np

from frankmocap_ros.body.pose import KeypointPose
from frankmocap_ros.body.skeleton import KEYPOINTS, KEYPOINTS_WITH_HANDS
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array, Mask

# A keypoint at the border needs the first confidence, and less by the second for each meter inside the image.
# Cropped from a video in which all joints are seen, 5.8 % of the joints beside the crop were TRACKED without
# this and 2.2 % with it (wrists 11 and 3 %); of those at least 12 px inside 1.5 % are called PREDICTED.
_SURE: Final = 0.95
_PER_METER: Final = 10.0
_SURE_AGAIN: Final = 0.985
_PER_METER_AGAIN: Final = 10.0 / 3.0
_REACH_M: Final = 0.12
"""So far inside, a keypoint is doubted whose limb is beside the image before it."""
_GUESSED: Final = 0.75
"""Confidence of what is doubted, at most, as a share of the one that TRACKED needs."""
_MAX_GAP_S: Final = 0.5
_NEAREST_M: Final = 0.1

_BEFORE: Final = {
    "elbow": "shoulder", "wrist": "elbow", "index1": "wrist", "pinky1": "wrist",
    "knee": "hip", "ankle": "knee", "foot": "ankle",
}  # fmt: skip


def _before(name: str) -> str:
    """The keypoint before it in the limb, itself where a limb begins."""
    side, _, part = name.partition("_")
    if name in KEYPOINTS:
        return f"{side}_{_BEFORE[part]}" if part in _BEFORE else name
    return f"{side}_wrist"


_BEFORE_ROWS: Final = np.array([KEYPOINTS_WITH_HANDS.index(_before(name)) for name in KEYPOINTS_WITH_HANDS])
_HANGS: Final = np.arange(len(_BEFORE_ROWS)) != _BEFORE_ROWS


class ImageBorder:
    """Which of one person's keypoints were beside the image in the last one."""

    def __init__(self) -> None:
        self._beside: Mask = np.empty(0, bool)
        self._time_s = -np.inf

    def judged(self, pose: KeypointPose, camera: Camera, time_s: float, least: float) -> KeypointPose:
        """The pose, with no confidence beside the image, and little where a keypoint is most likely there.

        Args:
            pose: in the optical frame.
            camera: of the image.
            time_s: the image's time [s].
            least: confidence that a TRACKED joint needs.
        """
        inside = _meters_inside(pose.points, camera)
        rows, confidence = _BEFORE_ROWS[: len(inside)], pose.confidence
        needed = _SURE - _PER_METER * inside
        if len(self._beside) == len(inside) and 0.0 <= time_s - self._time_s <= _MAX_GAP_S:
            needed = np.where(self._beside, _SURE_AGAIN - _PER_METER_AGAIN * inside, needed)
        doubted = confidence < needed
        doubted |= _HANGS[: len(inside)] & (inside[rows] < 0.0) & (inside < _REACH_M)
        beside = inside < 0.0
        self._beside, self._time_s = doubted | beside, time_s
        if not self._beside.any():
            return pose
        guessed = np.where(doubted, np.minimum(confidence, _GUESSED * least), confidence)
        return KeypointPose(pose.points, np.where(beside, 0.0, guessed))


def _meters_inside(points: Array, camera: Camera) -> Array:
    """Distance of points from the nearest border at their depth, (K,) [m]; below 0 beside the image."""
    pixels = camera.project(points)
    room = np.minimum(pixels, camera.size_px - pixels)
    return np.asarray(room.min(axis=1) * np.maximum(points[:, 2], _NEAREST_M) / camera.fx)
