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

"""Crops and weak perspective, against the original's and by what they must do."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frankmocap_ros.estimators.frankmocap import body_crop as crops
from frankmocap_ros.estimators.frankmocap.body_crop import (
    CROP_PX,
    body_crop,
    crop_to_image,
    root_offset,
    weak_perspective,
)
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.distortion import EQUIDISTANT, PLUMB_BOB, Distortion


def test_crops_are_the_originals(golden):
    for row, box in enumerate(golden["body_boxes_xywh"]):
        crop = body_crop(golden["frame_bgr"], box)
        assert (crop is not None) == golden["body_crop_ok"][row], box
        if crop is not None:
            difference = crop.pixels[..., ::-1].astype(int) - golden["body_crops_rgb"][row]
            assert np.abs(difference).max() <= 1
            assert crop.scale == pytest.approx(golden["body_scale_o2n"][row], rel=1e-9)
            assert crop.top_left_px.tolist() == golden["body_top_left"][row].tolist()


def test_joints_in_the_image_are_the_originals(golden, relative_error):
    ok = golden["body_crop_ok"]
    seen = weak_perspective(golden["smpl_joints49"].astype(float), golden["body_camera"][ok].astype(float))
    found = crop_to_image(seen, golden["body_scale_o2n"][ok], golden["body_top_left"][ok].astype(float))
    assert relative_error(found, golden["smpl_joints49_img"]) < 1e-4


@pytest.mark.parametrize(
    "box",
    [
        (10, 10, 0, 0), (10, 10, -5, -9), (10, 10, 16, 16), (700, 10, 90, 90), (-400, 10, 90, 90),
        (10, -400, 90, 90), (10, 500, 90, 90), (np.nan, 0, 90, 90), (0, 0, np.inf, 90), (0, 0, 1e9, 1e9),
    ],
)  # fmt: skip
def test_refused(box):
    assert body_crop(np.zeros((270, 480, 3), np.uint8), np.array(box, float)) is None


@pytest.mark.parametrize("shape", [(270, 480), (270, 480, 4), (1, 1, 3), (30, 4000, 3)])
def test_any_8_bit_image(shape):
    crop = body_crop(np.full(shape, 200, np.uint8), np.array([-10.0, -10.0, 60.0, 60.0]))
    assert crop.pixels.shape == (CROP_PX, CROP_PX, *shape[2:])
    assert 150 <= crop.pixels.max() <= 200


@given(
    x=st.floats(-100, 400), y=st.floats(-100, 200), w=st.floats(17, 500), h=st.floats(17, 500), dot=st.tuples(
        st.integers(20, 459), st.integers(20, 249)
    ),
)  # fmt: skip
def test_a_point_is_found_again(x, y, w, h, dot):
    """What the crop shows of a dot goes back to where the dot is."""
    image = np.zeros((270, 480, 3), np.uint8)
    reach = max(1, round(max(w, h) / 150))
    image[dot[1] - reach : dot[1] + reach + 1, dot[0] - reach : dot[0] + reach + 1] = 255
    crop = body_crop(image, np.array([x, y, w, h]))
    if crop is None:
        return
    inside = (np.array(dot) - crop.top_left_px) * crop.scale
    if not ((inside > 12) & (inside < CROP_PX - 12)).all():
        return
    rows, columns = np.nonzero(crop.pixels[..., 0] > 100)
    in_crop = np.array([[columns.mean() + 0.5, rows.mean() + 0.5]]) / (CROP_PX / 2) - 1
    found = crop_to_image(in_crop, crop.scale, crop.top_left_px)[0] - 0.5
    assert np.abs(found - dot).max() < 1.0 + 1.5 / crop.scale


LENSES = (None, Distortion(PLUMB_BOB, (-0.25, 0.08, 0.001, -0.001, 0.0)), Distortion(EQUIDISTANT, (0.0,) * 4))


@given(
    st.floats(-1.2, 1.2),
    st.floats(-0.8, 0.8),
    st.floats(3.0, 9.0),
    st.floats(40, 90),
    st.sampled_from(LENSES),
)
def test_metres_from_weak_perspective(x, y, z, fov, lens):
    """A small body before a pinhole camera, seen by a weak-perspective one in a crop, is put back there."""
    camera = replace(Camera.from_fov(640, 480, fov), distortion=lens)
    root = np.array([x, y, z])
    body = np.random.default_rng(3).uniform(-0.02, 0.02, (24, 3)) - [0.0, 0.2, 0.0]
    pixels = camera.project(body + root)
    side, center = 300.0, camera.project(root) - [-11.0, 7.0]
    # the weak-perspective camera that fits: s (X + t / s) = (pixel - center) / half
    scale = 2.0 * float(camera.focal_px(root[:2] / z).mean()) / (z * side)
    t = ((pixels - center) / (side / 2) - scale * body[:, :2]).mean(axis=0)
    found = root_offset(np.array([scale, *t]), side, center, camera)
    assert np.abs(found - root).max() < 0.02 * z


def inverted(box):
    """The corners by inverting the matrix, as the original does it."""
    x, y, w, h = box
    side = 200.0 * (max(w, h) * 1.2 / 200.0)
    to_crop = np.array(
        [
            [224 / side, 0.0, 224 * (0.5 - (x + w / 2.0) / side)],
            [0.0, 224 / side, 224 * (0.5 - (y + h / 2.0) / side)],
            [0.0, 0.0, 1.0],
        ]
    )
    inverse = np.linalg.inv(to_crop)
    low, high = inverse @ (0.0, 0.0, 1.0), inverse @ (224.0, 224.0, 1.0)
    return (*low[:2].astype(int), *high[:2].astype(int))


def test_corners_are_those_of_the_inverted_matrix():
    """To the last bit: a corner just below a whole number is a pixel away."""
    rng = np.random.default_rng(5)
    boxes = np.concatenate([rng.uniform(-500, 2000, (20_000, 2)), rng.uniform(5, 2000, (20_000, 2))], axis=1)
    boxes[::2] = boxes[::2].round()
    boxes[::3] = boxes[::3].round(1)
    assert [crops._corners(box) for box in boxes] == [inverted(box) for box in boxes]
