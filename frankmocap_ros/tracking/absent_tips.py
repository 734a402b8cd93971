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

"""Hands and feet of keypoint sets that end at wrists and ankles.

They stay unknown: their confidence is 0. But rotations of a straight leg take their second axis from the
foot: these points must not lie just anywhere.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from frankmocap_ros.body import proportions
from frankmocap_ros.body.pose import KeypointPose
from frankmocap_ros.body.skeleton import KEYPOINTS, SIDES
from frankmocap_ros.geometry.rotation import cross, normalize


def _rows(*parts: str) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    """Rows of parts, shape (parts, 2): left, right; without the first axis for one part."""
    return np.array([[KEYPOINTS.index(f"{side}_{part}") for side in SIDES] for part in parts]).squeeze()


HANDS: Final = _rows("index1", "pinky1")
FEET: Final = _rows("foot")
_ELBOWS, _WRISTS, _ANKLES = _rows("elbow"), _rows("wrist"), _rows("ankle")
_SHOULDERS, _HIPS = _rows("shoulder"), _rows("hip")
_TOE_DROP: Final = 0.5  # of the foot's length: the ankle is above the ground


def with_tips(pose: KeypointPose, height_m: float) -> KeypointPose:
    """The pose with hands on along the forearms and feet ahead, where these are not known at all."""
    no_hands, no_feet = pose.confidence[HANDS] <= 0.0, pose.confidence[FEET] <= 0.0
    if not (no_hands.any() or no_feet.any()):
        return pose
    points = pose.points.copy()
    on = points[_WRISTS] + (proportions.PALM / proportions.FOREARM) * (points[_WRISTS] - points[_ELBOWS])
    points[HANDS[no_hands]] = np.broadcast_to(on, (2, 2, 3))[no_hands]
    up = normalize(points[_SHOULDERS].mean(axis=0) - points[_HIPS].mean(axis=0))
    front = normalize(cross(points[_SHOULDERS[0]] - points[_SHOULDERS[1]], up))
    ahead = proportions.FOOT * height_m * (front - _TOE_DROP * up)
    points[FEET[no_feet]] = points[_ANKLES[no_feet]] + ahead
    return replace(pose, points=points)
