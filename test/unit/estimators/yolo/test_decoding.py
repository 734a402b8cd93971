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

"""YOLO's outputs to people, against what the original makes of the same output."""

import numpy as np
import pytest

from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.estimators.yolo.decoding import (
    LEAST_SCORE,
    Layout,
    decoded,
    layout_of,
    non_maximum_suppression,
)
from frankmocap_ros.estimators.yolo.network import GRAY, in_image
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.letterbox import letterboxed
from support.paths import DATA

POSE = Layout(end_to_end=False, classes=1, keypoints=17)


@pytest.fixture(scope="module")
def published():
    with np.load(DATA / "yolo_rtmpose_golden.npz", allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files if name.startswith("yolo")}


def end_to_end(found):
    """What a network without duplicates would put out of these people, the worst first."""
    keypoints = found.keypoints.reshape(len(found.scores), -1)
    rows = np.concatenate([found.boxes_xyxy, found.scores[:, None], 0 * found.scores[:, None], keypoints], 1)
    nobody = np.zeros((300 - len(rows), rows.shape[1]), np.float32)
    return np.concatenate([rows[::-1], nobody])[None]


def test_people_of_the_original(published):
    image = Bitmap(np.zeros((*published["yolo_image_hw"], 3), np.uint8))
    height, width = published["yolo_input_hw"].tolist()
    found = in_image(decoded(published["yolo_raw"], POSE), letterboxed(image, (width, height), GRAY))
    assert np.abs(found.boxes_xyxy - published["yolo_boxes_xyxy_px"]).max() < 1e-3
    np.testing.assert_array_equal(found.scores, published["yolo_scores"])
    expected = published["yolo_keypoints_xyc_px"]
    assert np.abs(found.keypoints[..., :2] - expected[..., :2]).max() < 1e-3
    np.testing.assert_array_equal(found.keypoints[..., 2], expected[..., 2])


def test_the_end_to_end_layout_gives_the_same_people(published):
    found = decoded(published["yolo_raw"], POSE)
    output = end_to_end(found)
    layout = layout_of(output.shape)
    assert layout == Layout(end_to_end=True, classes=1, keypoints=17)
    again = decoded(output, layout)
    np.testing.assert_array_equal(again.boxes_xyxy, found.boxes_xyxy)
    np.testing.assert_array_equal(again.scores, found.scores)
    np.testing.assert_array_equal(again.keypoints, found.keypoints)


@pytest.mark.parametrize(
    ("shape", "layout"),
    [
        ((1, 56, 8400), POSE),
        ((1, 56, -1), POSE),
        ((1, 300, 57), Layout(True, 1, 17)),
        ((1, -1, 57), Layout(True, 1, 17)),
        ((1, 84, 8400), Layout(False, 80, 0)),
        ((1, 300, 6), Layout(True, 80, 0)),
        ((1, 56), None),
        ((1, 8400, 56), None),
        ((2, 56, 8400), None),
        ((1, 116, 8400), None),  # a network that cuts out objects
        ((1, 25, 80, 80), None),
    ],
)
def test_layouts_are_told_by_their_shapes(shape, layout):
    assert layout_of(shape) == layout


@pytest.mark.parametrize("shape", [(1, 55, 100), (56, 100), (1, 300, 57)])
def test_an_output_of_another_shape_is_refused_in_words(shape):
    with pytest.raises(EstimatorError, match=r"\(1, 56, N\)"):
        decoded(np.zeros(shape, np.float32), POSE)


def test_nobody():
    found = decoded(np.zeros((1, 56, 100), np.float32), POSE)
    assert found.boxes_xyxy.shape == (0, 4)
    assert found.keypoints.shape == (0, 17, 3)
    assert decoded(np.zeros((1, 300, 57), np.float32), Layout(True, 1, 17)).keypoints.shape == (0, 17, 3)


def test_objects_that_are_no_people_are_nobody():
    raw = np.zeros((1, 84, 3), np.float32)
    raw[0, :4] = np.array([[100.0, 300.0, 500.0], [100.0, 300.0, 500.0], [50.0] * 3, [90.0] * 3])
    raw[0, 4] = 0.6, 0.6, 0.1  # a person
    raw[0, 9] = 0.1, 0.9, 0.9  # a bus
    found = decoded(raw, Layout(False, 80, 0))
    np.testing.assert_allclose(found.boxes_xyxy, [[75.0, 55.0, 125.0, 145.0]])
    listed = np.zeros((1, 300, 6), np.float32)
    listed[0, :2] = [[1, 2, 3, 4, 0.9, 5.0], [10, 20, 30, 40, 0.5, 0.0]]
    found = decoded(listed, Layout(True, 80, 0))
    np.testing.assert_array_equal(found.boxes_xyxy, [[10, 20, 30, 40]])


def test_half_precision_outputs_are_read(published):
    found = decoded(published["yolo_raw"].astype(np.float16), POSE)
    assert found.boxes_xyxy.dtype == np.float32
    assert len(found.scores) == len(published["yolo_scores"])


def test_a_network_that_takes_everything_for_a_person_costs_bounded_time():
    rng = np.random.default_rng(1)
    raw = rng.uniform(LEAST_SCORE + 0.01, 1.0, (1, 56, 33600)).astype(np.float32)
    raw[0, :2] *= 1280.0
    raw[0, 2:4] *= 40.0
    found = decoded(raw, POSE)
    assert len(found.scores) == 300
    assert (np.diff(found.scores) <= 0.0).all()


def test_values_that_are_not_numbers_are_nobody():
    raw = np.full((1, 56, 10), np.nan, np.float32)
    assert len(decoded(raw, POSE).scores) == 0


def test_boxes_on_a_better_one_are_left_out():
    boxes = np.array(
        [[0, 0, 10, 10], [0, 0, 10, 8], [0, 0, 10, 6], [20, 0, 30, 10], [5, 5, 5, 5]], np.float32
    )
    # 0.8 of the best is too much, 0.6 is somebody else, also where it lies on one that was left out
    assert non_maximum_suppression(boxes) == [0, 2, 3, 4]
    assert non_maximum_suppression(boxes, 0.5) == [0, 3, 4]
    assert non_maximum_suppression(boxes[:0]) == []
