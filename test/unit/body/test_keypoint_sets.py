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

"""Keypoint sets: their published order, and ours by name."""

import numpy as np
import pytest

from frankmocap_ros.body import keypoint_sets
from frankmocap_ros.body.keypoint_sets import (
    BODY_18,
    BODY_25,
    COCO_17,
    HALPE_26,
    WHOLEBODY_133,
    KeypointSet,
)
from frankmocap_ros.body.skeleton import KEYPOINTS, KEYPOINTS_WITH_HANDS, mirrored

KEYPOINT_SETS = [points for points in vars(keypoint_sets).values() if isinstance(points, KeypointSet)]
COUNTS = {COCO_17: 17, HALPE_26: 26, WHOLEBODY_133: 133, BODY_25: 25, BODY_18: 18}
# number of a few points as the sets' makers publish them
PUBLISHED = {
    COCO_17: {"nose": 0, "left_eye": 1, "right_ear": 4, "left_wrist": 9, "right_hip": 12, "right_ankle": 16},
    HALPE_26: {"right_ankle": 16, "head_top": 17, "neck": 18, "left_foot": 20, "left_heel": 24},
    WHOLEBODY_133: {
        "left_foot": 17, "left_heel": 19, "right_foot": 20, "face0": 23, "face67": 90, "left_hand_root": 91,
        "left_thumb4": 95, "left_index1": 96, "left_pinky4": 111, "right_hand_root": 112, "right_pinky4": 132,
    },
    BODY_25: {
        "neck": 1, "right_shoulder": 2, "left_wrist": 7, "mid_hip": 8, "right_hip": 9, "left_ankle": 14,
        "right_eye": 15, "left_ear": 18, "left_foot": 19, "left_heel": 21, "right_foot": 22, "right_heel": 24,
    },
    BODY_18: {"neck": 1, "right_hip": 8, "left_hip": 11, "left_ankle": 13, "right_eye": 14, "left_ear": 17},
}  # fmt: skip
WITH_FEET = (HALPE_26, WHOLEBODY_133, BODY_25)


@pytest.mark.parametrize("points", KEYPOINT_SETS, ids=lambda s: s.name)
def test_order_is_the_published_one(points):
    assert len(points) == COUNTS[points] == len(set(points.points))
    assert {name: points.index[name] for name in PUBLISHED[points]} == PUBLISHED[points]
    assert {mirrored(name) for name in points.points} == set(points.points)


@pytest.mark.parametrize("points", KEYPOINT_SETS, ids=lambda s: s.name)
def test_ours_by_name_and_nothing_where_there_is_none(points):
    count = len(points)
    pixels = np.arange(2.0 * count).reshape(count, 2) + 1.0
    confidence = np.linspace(0.1, 0.9, count)
    ours, sure = points.ours(pixels, confidence)
    assert (ours.shape, sure.shape) == ((21, 2), (21,))
    for name, at, c in zip(KEYPOINTS, ours, sure, strict=True):
        if name in points.index:
            np.testing.assert_array_equal(at, pixels[points.index[name]])
            assert c == confidence[points.index[name]]
        else:
            np.testing.assert_array_equal(at, 0.0)
            assert c == 0.0
    assert {n for n, c in zip(KEYPOINTS, sure, strict=True) if c > 0.0} >= {
        "nose",
        "left_wrist",
        "right_knee",
    }
    assert ("left_foot" in points.index) == (points in WITH_FEET)


def test_hands_of_the_whole_body():
    assert [points.has_hands for points in KEYPOINT_SETS] == [False, False, True, False, False]
    _, sure = WHOLEBODY_133.ours(np.zeros((133, 2)), np.ones(133), KEYPOINTS_WITH_HANDS)
    assert (sure == 1.0).all()
