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

"""SimCC outputs to keypoints, against what the original makes of the same outputs."""

import numpy as np
import pytest

from frankmocap_ros.estimators.rtmpose.crop import Crop
from frankmocap_ros.estimators.rtmpose.simcc import DEPTH_RANGE_M, located, relative_depth_m
from support.paths import DATA


@pytest.fixture(scope="module")
def published():
    with np.load(DATA / "yolo_rtmpose_golden.npz", allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files if name.startswith("rtmpose")}


def test_keypoints_of_the_original(published):
    found = located(published["rtmpose_simcc_x"], published["rtmpose_simcc_y"])
    crop = Crop(published["rtmpose_center"], published["rtmpose_scale"], (192, 256))
    assert np.abs(crop.to_image(found.xy[0]) - published["rtmpose_keypoints_px"]).max() < 1e-3
    np.testing.assert_allclose(found.scores[0], published["rtmpose_scores"], atol=1e-6)


def test_a_keypoint_without_a_peak_is_not_there(published):
    found = located(published["rtmpose_simcc_x"], published["rtmpose_simcc_y"])
    assert np.flatnonzero(~found.found[0]).tolist() == [5]


def test_the_third_axis_is_in_meters_around_the_hips():
    bins = np.zeros((2, 3, 576), np.float32)
    for person, places in enumerate(((288, 0, 575), (288 + 100, 288 - 100, 432))):
        for keypoint, place in enumerate(places):
            bins[person, keypoint, place] = 1.0
    depth = relative_depth_m(bins)
    step = DEPTH_RANGE_M / 288
    np.testing.assert_allclose(
        depth, [[0.0, -DEPTH_RANGE_M, 287 * step], [100 * step, -100 * step, 0.5 * DEPTH_RANGE_M]]
    )
