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

"""The 2D pose network against the original, images of any size, and boxes back in the image."""

import cv2
import numpy as np
import pytest

from frankmocap_ros.errors import AssetError, EstimatorError

torch = pytest.importorskip("torch", reason="the networks need torch")

from frankmocap_ros.estimators.openpose.fitting import HEIGHT_PX, MOST_WIDTH_PX, fitted  # noqa: E402
from frankmocap_ros.estimators.openpose.grouping import Grouped  # noqa: E402
from frankmocap_ros.estimators.openpose.network import (  # noqa: E402
    Pose2dDetector,
    Pose2dNetwork,
    load_pose2d,
)
from frankmocap_ros.estimators.openpose.parts import COCO  # noqa: E402
from frankmocap_ros.estimators.openpose.people import BOX_PER_KEYPOINTS, person_box  # noqa: E402

# width, height
SIZES = [(480, 270), (640, 480), (1920, 1080), (720, 1280), (256, 256), (301, 997), (999, 333), (2000, 300)]
ODD_SIZES = [(1, 1), (1, 300), (300, 1), (3, 2), (7, 4000), (4000, 7), (40000, 2), (4000, 3000), (3000, 4000)]


@pytest.fixture(scope="module")
def weights(golden_weights):
    return golden_weights("pose2d")


@pytest.fixture(scope="module")
def detector(weights):
    return Pose2dDetector(weights)


def test_maps_of_the_original(golden, weights, relative_error):
    with torch.inference_mode():
        maps = load_pose2d(weights)(torch.from_numpy(golden["pose2d_input_chw"])[None])
    for found, name in zip(maps, ("pose2d_heatmaps", "pose2d_pafs"), strict=True):
        assert relative_error(found[0, :, ::4, ::4].numpy(), golden[name]) < 1e-4


def test_maps_of_the_original_from_the_frame(golden, detector, relative_error):
    image = fitted(golden["frame_bgr"])
    expected = golden["pose2d_input_chw"]
    assert np.abs((image.pixels.transpose(2, 0, 1) - 128.0) / 256.0 - expected).max() <= 1.0 / 256.0
    pixels = np.rint(256.0 * expected + 128.0).astype(np.uint8).transpose(1, 2, 0).copy()
    for found, name in zip(detector.maps(pixels), ("pose2d_heatmaps", "pose2d_pafs"), strict=True):
        assert found.dtype == np.float32
        assert relative_error(found[::4, ::4].transpose(2, 0, 1), golden[name]) < 1e-4


def test_key_names_are_those_of_the_checkpoint(weights):
    assert set(Pose2dNetwork().state_dict()) == set(weights)


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("model.11.4.running_var", None),
        ("refinement_stages.0.trunk.4.initial.0.bias", None),
        ("refinement_stages.1.trunk.0.initial.0.bias", np.zeros(128, np.float32)),
        ("model.6.3.weight", np.zeros((512, 256), np.float32)),
    ],
)
def test_a_checkpoint_of_something_else_names_the_key(weights, key, change):
    other = dict(weights)
    if change is None:
        del other[key]
    else:
        other[key] = change
    with pytest.raises(AssetError, match=key):
        Pose2dDetector(other)


def test_half_precision_is_close(golden, weights, detector):
    pixels = fitted(golden["frame_bgr"]).pixels
    half = Pose2dDetector(weights, precision=torch.bfloat16)
    for found, expected in zip(half.maps(pixels), detector.maps(pixels), strict=True):
        assert found.dtype == np.float32
        difference = np.abs(found - expected).max() / np.abs(expected).max()
        print(f"bfloat16 against float32: largest difference {difference:.4f} of the largest value")
        assert 0.0 < difference < 0.05


@pytest.mark.parametrize(("width", "height"), SIZES + ODD_SIZES)
def test_any_size_fits(width, height):
    image = fitted(np.full((height, width, 3), 200, np.uint8))
    rows, columns = image.pixels.shape[:2]
    assert rows % 8 == columns % 8 == 0
    assert 0 < rows <= HEIGHT_PX <= columns <= MOST_WIDTH_PX
    (left, top), (wide, high) = image.corner_px, image.size_px
    inside = np.zeros((rows, columns), np.bool_)
    inside[top : top + high, left : left + wide] = True
    assert (image.pixels[inside] == 200).all()
    assert (image.pixels[~inside] == 128).all()
    # in the middle
    assert abs(2 * left + wide - columns) <= 1
    assert abs(2 * top + high - rows) <= 1
    cells = np.zeros((rows // 8, columns // 8), np.bool_)
    cells[image.cells] = True
    np.testing.assert_array_equal(cells, inside.reshape(rows // 8, 8, columns // 8, 8).any(axis=(1, 3)))


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_spot_is_found_where_it_is(width, height):
    """Through the image's scaling alone: a spot's cell of the maps leads back to the spot."""
    rng = np.random.default_rng(1)
    for share in rng.uniform(0.2, 0.8, (3, 2)):
        at = np.rint(share * (width, height))
        pixels = np.zeros((height, width, 3), np.uint8)
        radius = max(2, round(0.02 * min(width, height)))
        cv2.circle(pixels, (int(at[0]), int(at[1])), radius, (255, 255, 255), -1)
        image = fitted(pixels)
        (left, top), (wide, high) = image.corner_px, image.size_px
        seen = image.pixels[:, :, 0].astype(np.float64)
        seen[:top], seen[top + high :], seen[:, :left], seen[:, left + wide :] = 0.0, 0.0, 0.0, 0.0
        y, x = np.indices(seen.shape)
        center = np.array([(seen * x).sum(), (seen * y).sum()]) / seen.sum()
        # a cell's middle lies in the middle of its 8 pixels; there are 4 pixels of the large maps to it
        rows, columns = image.cells
        in_cells = (center + 0.5) / 8.0 - 0.5 - (columns.start, rows.start)
        found = image.to_image(4.0 * (in_cells + 0.5) - 0.5)
        assert np.abs(found - at).max() <= 0.25 / image.scale.min() + 0.25


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_boxes_are_around_the_keypoints_in_the_image(width, height):
    image = fitted(np.zeros((height, width, 3), np.uint8))
    rng = np.random.default_rng(2)
    expected = rng.uniform(0.1, 0.9, (18, 2)) * (width, height)
    rows, columns = image.cells
    in_input = (expected + 0.5) * image.scale + image.corner_px - (8 * columns.start, 8 * rows.start)
    confidence = rng.uniform(0.2, 1.1, 18)
    hidden = [3, 7]
    confidence[hidden] = 0.0
    points = in_input / 2.0 - 0.5
    points[hidden] = 0.0
    person = person_box(Grouped(points, confidence, 20.0), image)
    known = np.setdiff1d(np.arange(18), hidden)
    np.testing.assert_allclose(person.keypoints[known], expected[known], atol=1e-6)
    assert (person.keypoints[hidden] == 0.0).all()
    low, high = expected[known].min(axis=0), expected[known].max(axis=0)
    np.testing.assert_allclose(person.box_xywh[2:], 1.05 * (high - low))
    np.testing.assert_allclose(person.box_xywh[:2] + 0.5 * person.box_xywh[2:], 0.5 * (low + high))
    assert person.score == pytest.approx(20.0 / COCO.whole_score)
    assert person.confidence.max() <= 1.0


def test_a_box_has_a_size_even_where_all_keypoints_are_in_one_place():
    image = fitted(np.zeros((270, 480, 3), np.uint8))
    confidence = np.zeros(18)
    confidence[:3] = 1.0
    person = person_box(Grouped(np.full((18, 2), 40.0), confidence, 400.0), image)
    np.testing.assert_allclose(person.box_xywh[2:], BOX_PER_KEYPOINTS)
    assert person.score == 1.0


def maps_of(points, shape):
    """Maps of one person with keypoints (18, 2) in the network's input [px]; the fields are everywhere."""
    y, x = 8.0 * np.indices(shape) + 3.5  # the middle of the pixels that a cell stands for
    heatmaps, pafs = np.zeros((*shape, 19), np.float32), np.zeros((*shape, 38), np.float32)
    for part, (px, py) in enumerate(points):
        heatmaps[:, :, part] = np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * 7.0**2))
    for start, end, channel in COCO.limbs:
        line = points[end] - points[start]
        pafs[:, :, channel : channel + 2] = line / np.hypot(*line)
    return heatmaps, pafs


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_person_in_the_maps_is_found_in_the_image(detector, monkeypatch, width, height):
    image = fitted(np.zeros((height, width, 3), np.uint8))
    expected = np.random.default_rng(4).uniform(0.15, 0.85, (18, 2)) * (width, height)
    in_input = (expected + 0.5) * image.scale - 0.5 + image.corner_px
    maps = maps_of(in_input, (image.pixels.shape[0] // 8, image.pixels.shape[1] // 8))
    monkeypatch.setattr(detector, "maps", lambda pixels: maps)
    (person,) = detector.detect(np.zeros((height, width, 3), np.uint8), 5)
    # one pixel of the large maps is two of the input
    most = 2.5 / image.scale.min()
    assert np.abs(person.keypoints - expected).max() <= most
    low, high = expected.min(axis=0), expected.max(axis=0)
    margin = 0.5 * (BOX_PER_KEYPOINTS - 1.0) * (high - low)
    box = np.concatenate([low - margin, high - low + 2.0 * margin])
    assert np.abs(person.box_xywh - box).max() <= 2.2 * most
    assert np.abs(person.keypoints - expected).mean() <= 0.6 * most


def test_people_beside_the_image_are_not_found(detector, monkeypatch):
    upright = np.zeros((400, 100, 3), np.uint8)
    image = fitted(upright)
    rng = np.random.default_rng(5)
    for place, number in ((0.5, 1), (0.1, 0), (0.9, 0)):
        points = rng.uniform(-20.0, 20.0, (18, 2)) + np.array([256.0 * place, 128.0])
        maps = maps_of(points, (image.pixels.shape[0] // 8, image.pixels.shape[1] // 8))
        monkeypatch.setattr(detector, "maps", lambda pixels, maps=maps: maps)
        assert len(detector.detect(upright, 5)) == number


@pytest.mark.parametrize(("width", "height"), ODD_SIZES)
def test_images_of_any_size_give_people_inside_them(detector, width, height):
    """Stand-in weights see people everywhere: thousands of false peaks."""
    pixels = np.random.default_rng(3).integers(0, 256, (height, width, 3), np.uint8)
    found = detector.detect(pixels, 4)
    assert len(found) <= 4
    assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)
    for person in found:
        assert 0.0 < person.score <= 1.0
        assert np.isfinite(person.box_xywh).all()
        assert (person.box_xywh[2:] >= 1.0).all()
        assert (person.keypoints >= 0.0).all()
        assert (person.keypoints <= (width - 1, height - 1)).all()


def test_somebody_is_found_and_no_more_than_asked_for(golden, detector):
    everybody = detector.detect(golden["frame_bgr"], 1000)
    assert len(everybody) > 3
    for n in (0, 1, 3):
        found = detector.detect(golden["frame_bgr"], n)
        assert [p.score for p in found] == [p.score for p in everybody[:n]]


@pytest.mark.parametrize("gray", [0, 128, 255])
def test_flat_images(detector, gray):
    for person in detector.detect(np.full((270, 480, 3), gray, np.uint8), 8):
        assert np.isfinite(person.box_xywh).all()


def test_views_are_images_too(golden, detector):
    frame = golden["frame_bgr"].copy()
    frame.flags.writeable = False
    for view in (frame[::-1, 100:250], frame[:, 100:250, ::-1]):
        expected = detector.detect(np.ascontiguousarray(view), 2)
        found = detector.detect(view, 2)
        assert len(found) == len(expected) > 0
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_array_equal(a.box_xywh, b.box_xywh)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((8, 8, 3), np.float32),
        np.zeros((8, 8), np.uint8),
        np.zeros((8, 8, 4), np.uint8),
        np.zeros((0, 8, 3), np.uint8),
    ],
)
def test_what_is_no_image_is_refused(detector, pixels):
    with pytest.raises(EstimatorError, match=r"expected uint8 of shape \(H, W, 3\)"):
        detector.detect(pixels, 1)
