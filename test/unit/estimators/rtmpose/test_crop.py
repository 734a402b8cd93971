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

"""Crops for RTMPose against the original's, and points back in the image."""

import numpy as np
import pytest

from frankmocap_ros.estimators.rtmpose.crop import PADDING, Crop
from support.paths import DATA


@pytest.fixture(scope="module")
def published():
    with np.load(DATA / "yolo_rtmpose_golden.npz", allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files if name.startswith("rtmpose")}


def crop_of(published):
    left, top, right, bottom = published["rtmpose_box_xyxy_px"]
    return Crop.of(np.array([left, top, right - left, bottom - top]), (192, 256))


def test_the_part_of_the_image_is_the_original_s(published):
    crop = crop_of(published)
    np.testing.assert_array_equal(crop.center_px, published["rtmpose_center"])
    np.testing.assert_array_equal(crop.size_px, published["rtmpose_scale"])


def test_the_pixels_are_the_original_s(published):
    """Those of a part of the crop, at the image's lower edge, from that part of the image."""
    image = np.zeros((*published["rtmpose_image_hw"], 3), np.uint8)
    part, (left, top) = published["rtmpose_image_part_bgr"], published["rtmpose_image_part_xy"]
    image[top : top + part.shape[0], left : left + part.shape[1]] = part
    expected, (x, y) = published["rtmpose_crop_part_bgr"], published["rtmpose_crop_part_xy"]
    found = crop_of(published).cut(image)[y : y + expected.shape[0], x : x + expected.shape[1]]
    assert expected.max() > 100
    assert np.abs(found.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("input_px", [(192, 256), (288, 384), (256, 256)])
@pytest.mark.parametrize("box", [(100, 50, 80, 300), (10, 20, 400, 100), (-50, -90, 300, 900), (0, 0, 0, 0)])
def test_the_box_lies_in_the_crop_with_its_padding(box, input_px):
    crop = Crop.of(np.array(box, np.float64), input_px)
    assert crop.size_px[0] / crop.size_px[1] == pytest.approx(input_px[0] / input_px[1])
    wanted = PADDING * np.maximum(box[2:], 1.0)
    assert (crop.size_px >= wanted - 1e-9).all()
    assert np.isclose(crop.size_px, wanted).any()


def test_points_lead_back_to_what_is_seen_there():
    rng = np.random.default_rng(3)
    y, x = np.indices((480, 640))
    ramp = np.stack([x * 0.3, y * 0.4, 0 * x], axis=-1).astype(np.uint8)
    crop = Crop.of(np.array([250.0, 120.0, 100.0, 200.0]), (192, 256))
    cut = crop.cut(ramp)
    for column, row in rng.integers(20, 170, (5, 2)):
        at = crop.to_image(np.array([column, row], np.float64))
        assert np.abs(cut[row, column, :2] - at * (0.3, 0.4)).max() < 1.5


@pytest.mark.parametrize("box", [(-4e6, 10, 100, 100), (4e6, 10, 100, 100), (10, 10, 1e7, 1e7)])
def test_a_box_that_is_nowhere_near_is_black_or_small(box):
    cut = Crop.of(np.array(box, np.float64), (192, 256)).cut(np.full((48, 64, 3), 255, np.uint8))
    assert cut.shape == (256, 192, 3)
    assert cut.mean() < 1.0


def test_any_channels_are_cut():
    for shape in ((48, 64), (48, 64, 4)):
        cut = Crop.of(np.array([10.0, 10.0, 20.0, 30.0]), (192, 256)).cut(np.full(shape, 9, np.uint8))
        assert cut.shape == (256, 192, *shape[2:])
