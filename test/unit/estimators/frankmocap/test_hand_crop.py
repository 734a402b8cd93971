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

"""Hand crops against the original's, mirrored hands, wrists in the body's tree, boxes that are no boxes."""

import cv2
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from frankmocap_ros.body.kinematics import forward_kinematics
from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.estimators.frankmocap.hand_crop import (
    CROP_PX,
    HandParameters,
    hand_box,
    hand_crop,
    unmirrored,
    wrist_local,
)
from frankmocap_ros.geometry.rotation import normalize, quat_from_matrix, quat_from_rotvec, quat_to_matrix

W, H = 480, 270
MIRROR = np.diag([-1.0, 1.0, 1.0])
seeds = st.integers(0, 2**32 - 1)
sides = st.sampled_from(["left", "right"])
boxes = st.tuples(st.integers(-40, W), st.integers(-40, H), st.integers(8, 200), st.integers(8, 200)).map(
    np.array
)


@pytest.fixture(scope="module")
def frame():
    """A smooth image, so that crops say where they come from."""
    noise = np.random.default_rng(3).integers(0, 256, (H // 10, W // 10, 3), dtype=np.uint8)
    return cv2.resize(noise, (W, H), interpolation=cv2.INTER_CUBIC)


def grey_levels(a, b):
    return int(np.abs(a.astype(int) - b.astype(int)).max())


def test_crops_of_the_original(golden):
    assert golden["hand_is_left"].any() and not golden["hand_is_left"].all()
    for i, is_left in enumerate(golden["hand_is_left"]):
        crop = hand_crop(golden["frame_bgr"], golden["hand_boxes_xywh"][i], bool(is_left))
        assert crop.pixels.dtype == np.uint8
        assert grey_levels(crop.pixels, golden["hand_crops_bgr"][i]) <= 1
        assert crop.scale == pytest.approx(golden["hand_scale_o2n"][i], rel=1e-12)
        np.testing.assert_array_equal(crop.box_xywh, golden["hand_boxes_used_xywh"][i])
        assert crop.is_left == is_left


@pytest.mark.parametrize("side", ["left", "right"])
def test_wrists_of_the_original(golden, side):
    first = int(np.flatnonzero(golden["body_crop_ok"])[0])
    wrist = quat_to_matrix(quat_from_rotvec(golden["paste_global_aa"][0]))
    found = wrist_local(golden["body_rotmat"][first], side, wrist)
    np.testing.assert_allclose(found, golden[f"paste_{side}_local"], atol=1e-5)


@pytest.mark.parametrize(
    ("box", "used"),
    [
        ((100, 100, 40, 40), (88, 88, 64, 64)),  # a square and 12 px on each side
        ((100, 100, 20, 40), (78, 88, 64, 64)),  # the short side grows about its middle
        ((100, 100, 40, 20), (88, 78, 64, 64)),
        ((100.9, 100.9, 40.9, 40.9), (88, 88, 64, 64)),  # what is behind the point is left out
        ((100, 100, 41, 20), (88, 78, 65, 64)),  # an odd pixel is not made up for
        ((5, 250, 30, 30), (0, 241, 44, 29)),  # ends at the frame
        # the margin is a share of the height that is left when the frame has cut the growing box
        ((200, 5, 60, 20), (187, 0, 86, 58)),
        ((200, 255, 60, 20), (190, 225, 80, 45)),
        ((-50, -50, 600, 400), (0, 0, W, H)),
    ],
)
def test_box_that_is_used(frame, box, used):
    crop = hand_crop(frame, box, is_left=False)
    assert tuple(crop.box_xywh) == used
    assert crop.scale == CROP_PX / max(used[2:])


def test_what_lacks_is_black_at_the_right_and_the_bottom():
    white = np.full((H, W, 3), 255, np.uint8)
    wide = hand_crop(white, (200, 240, 60, 60), is_left=False)  # ends at the bottom of the frame
    filled = round(wide.box_xywh[3] * wide.scale)
    assert wide.pixels[: filled - 2].min() == 255
    assert wide.pixels[filled + 2 :].max() == 0
    for is_left, columns in ((False, slice(None)), (True, slice(None, None, -1))):
        tall = hand_crop(white, (430, 100, 60, 60), is_left).pixels[:, columns]  # ends at its right
        filled = round((W - 412) * CROP_PX / 96)
        assert tall[:, : filled - 2].min() == 255
        assert tall[:, filled + 2 :].max() == 0


@given(boxes)
def test_left_hand_is_the_right_hand_of_the_mirrored_image(frame, box):
    left = hand_crop(frame, box, is_left=True)
    x, y, width, height = box
    right = hand_crop(frame[:, ::-1], (W - x - width, y, width, height), is_left=False)
    assert (left is None) == (right is None)
    if left is None:
        return
    assert left.scale == right.scale
    x, y, width, height = right.box_xywh
    np.testing.assert_array_equal(left.box_xywh, (W - x - width, y, width, height))
    if width >= height:  # black columns come to the right before a left hand is mirrored
        assert grey_levels(left.pixels, right.pixels) <= 1


@given(boxes, st.tuples(st.floats(0, 1), st.floats(0, 1)), st.booleans())
def test_a_drawn_disc_is_found_again(box, place, is_left):
    blank = np.zeros((H, W, 3), np.uint8)
    crop = hand_crop(blank, box, is_left)
    assume(crop is not None)
    x, y, width, height = crop.box_xywh
    radius = max(2, max(width, height) // 20)
    assume(min(width, height) > 2 * radius + 4)
    room = np.array([width, height]) - 2 * radius - 4
    center = np.array([x, y]) + radius + 2 + (np.array(place) * room).astype(int)
    cv2.circle(blank, tuple(int(c) for c in center), radius, (255, 255, 255), -1)
    weight = hand_crop(blank, box, is_left).pixels[..., 0].astype(float)
    rows, columns = np.mgrid[:CROP_PX, :CROP_PX] + 0.5
    found = np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()
    if is_left:
        found[0] = CROP_PX - found[0]
    np.testing.assert_allclose(found / crop.scale + (x, y), center + 0.5, atol=0.5)


anything = st.one_of(st.floats(), st.floats(-1e3, 1e3), st.integers(-5, 5).map(float))


@given(
    st.lists(anything, min_size=4, max_size=4),
    st.sampled_from([(H, W, 3), (1, 1, 3), (0, 0, 3), (3, 500, 3), (500, 5, 3), (64, 48)]),
    st.booleans(),
)
def test_no_box_raises(box, shape, is_left):
    image = np.zeros(shape, np.uint8)
    image.flags.writeable = False
    crop = hand_crop(image, box, is_left)
    if crop is None:
        return
    assert crop.pixels.shape == (CROP_PX, CROP_PX, *shape[2:])
    x, y, width, height = crop.box_xywh
    assert x >= 0 and y >= 0 and x + width <= shape[1] and y + height <= shape[0]
    assert min(width, height) >= 4


@pytest.mark.parametrize(
    "box",
    [
        (100, 100, 0, 40),
        (100, 100, 40, -1),
        (100, 100, 0.9, 40),
        (100, 100, 2, 2),
        (W, 100, 40, 40),  # beside the frame, though the margin reaches in
        (-40, 100, 40, 40),
        (100, H, 40, 40),
        (100, -40, 40, 40),
        (np.nan, 100, 40, 40),
        (100, 100, np.inf, 40),
        (1e308, 1e308, 1e308, 1e308),
        (),
    ],
)
def test_boxes_without_a_hand(frame, box):
    assert hand_crop(frame, box, is_left=False) is None
    assert hand_crop(frame, np.array(box, float), is_left=True) is None


def test_frame_is_left_as_it_is(frame):
    before = frame.copy()
    hand_crop(frame, (440, 230, 60, 60), is_left=True).pixels[:] = 0
    hand_crop(frame, (10, 10, CROP_PX * 10 // 16, CROP_PX * 10 // 16), is_left=False).pixels[:] = 0
    # a crop of the very size of the network's input is not a view of the frame either
    assert hand_crop(frame, (90, 23, 140, 140), is_left=False).scale == 1.0
    hand_crop(frame, (90, 23, 140, 140), is_left=False).pixels[:] = 0
    np.testing.assert_array_equal(frame, before)


def test_box_of_joints():
    joints = np.array([(110.0, 60.0), (150.0, 70.0), (120.0, 80.0)])
    np.testing.assert_allclose(hand_box(joints), (102.0, 52.0, 56.0, 36.0))  # 0.2 of 40 px on each side


@pytest.mark.parametrize("joints", [np.empty((0, 2)), np.array([(1.0, 2.0), (np.nan, 3.0)])])
def test_no_box_without_joints(joints):
    assert hand_box(joints) is None


def test_joints_in_one_place_give_no_crop(frame):
    assert hand_crop(frame, hand_box(np.full((16, 2), 100.0)), is_left=False) is None


def parameters(seed, n=3):
    rng = np.random.default_rng(seed)
    return HandParameters(
        rng.normal((5.0, 0.0, 0.0), 0.3, (n, 3)),
        rng.normal(0.0, 1.0, (n, 3)),
        rng.normal(0.0, 0.5, (n, 15, 3)),
        rng.normal(0.0, 1.0, (n, 10)),
    )


def matrices(rotvec):
    return quat_to_matrix(quat_from_rotvec(rotvec))


@given(seeds)
def test_mirroring_back_reflects_rotations_points_and_camera(seed):
    raw = parameters(seed)
    is_left = np.array([True, False, True])
    found = unmirrored(raw, is_left)
    mirror = np.where(is_left[:, None, None], MIRROR, np.eye(3))
    for now, before in ((found.wrist_axis_angle, raw.wrist_axis_angle), (found.fingers, raw.fingers)):
        m = mirror if now.ndim == 2 else mirror[:, None]
        np.testing.assert_allclose(matrices(now), m @ matrices(before) @ m, atol=1e-12)
    # seen through the camera, the mirrored hand is the mirror image of the hand
    points = np.random.default_rng(seed).normal(0.0, 0.1, (5, 3))
    mirrored = points * (-1.0, 1.0, 1.0)
    for i, left in enumerate(is_left):
        s, t = raw.camera[i, 0], raw.camera[i, 1:]
        seen = s * (points[:, :2] + t)
        s, t = found.camera[i, 0], found.camera[i, 1:]
        now = s * ((mirrored if left else points)[:, :2] + t)
        np.testing.assert_allclose(now, seen * ((-1.0, 1.0) if left else 1.0), atol=1e-12)
    np.testing.assert_array_equal(found.betas, raw.betas)


@given(seeds)
def test_mirroring_twice_changes_nothing(seed):
    raw, is_left = parameters(seed), np.array([True, False, True])
    twice = unmirrored(unmirrored(raw, is_left), is_left)
    for name in ("camera", "wrist_axis_angle", "fingers", "betas"):
        np.testing.assert_array_equal(getattr(twice, name), getattr(raw, name))


@given(seeds, sides, st.sampled_from([22, 24]))
def test_pasted_wrist_has_the_global_rotation(seed, side, joints):
    rng = np.random.default_rng(seed)
    local = normalize(rng.normal(size=(24, 4)))
    wrist = quat_to_matrix(normalize(rng.normal(size=4)))
    joint = BODY.index[f"{side}_wrist"]
    local[joint] = quat_from_matrix(wrist_local(quat_to_matrix(local)[:joints], side, wrist))
    _, rotations = forward_kinematics(BODY, np.zeros(3), local, rng.normal(size=(24, 3)))
    np.testing.assert_allclose(quat_to_matrix(rotations)[joint], wrist, atol=1e-9)


def test_pasting_what_is_there_changes_nothing():
    local = normalize(np.random.default_rng(5).normal(size=(24, 4)))
    _, rotations = forward_kinematics(BODY, np.zeros(3), local, np.zeros((24, 3)))
    for side in ("left", "right"):
        joint = BODY.index[f"{side}_wrist"]
        found = wrist_local(quat_to_matrix(local), side, quat_to_matrix(rotations)[joint])
        np.testing.assert_allclose(found, quat_to_matrix(local)[joint], atol=1e-9)
