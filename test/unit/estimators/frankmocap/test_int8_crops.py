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

"""Crops to calibrate by: spread over the source, cut as the node cuts them, some held out."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.estimators.frankmocap import augmented_crops
from frankmocap_ros.estimators.frankmocap.augmented_crops import BodyForHands, random_view
from frankmocap_ros.estimators.frankmocap.body_crop import Crop, body_crop
from frankmocap_ros.estimators.frankmocap.hand_crop import Side
from frankmocap_ros.estimators.frankmocap.int8_crops import FEWEST, Crops, gather
from frankmocap_ros.estimators.frankmocap.networks.folded_head import Affine
from frankmocap_ros.estimators.frankmocap.networks.smpl import SMPLX, JointModel
from frankmocap_ros.estimators.frankmocap.regressors import Regressor
from frankmocap_ros.geometry.boxes import Region, region_of

WIDTH, HEIGHT = 320, 240
BOX = np.array([40.0, 60.0, 60.0, 120.0])


class Film:
    """Pictures of a number each, in red; the person is in blue."""

    name = "film"

    def __init__(self, images, says=None):
        self.frames = images if says is None else says
        self.left, self.read_so_far = images, 0

    def read(self):
        if self.read_so_far == self.left:
            return None
        pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        pixels[..., 2] = self.read_so_far % 256
        x, y, w, h = BOX.astype(int)
        pixels[y : y + h, x : x + w, 0] = 200
        self.read_so_far += 1
        return SimpleNamespace(pixels=pixels)


class Sees:
    """Finds the person in some of the images, by their number."""

    def __init__(self, where=lambda number: True, regions=None):
        self.where, self.seen = where, []
        self.regions = [region_of(BOX)] if regions is None else regions

    def detect(self, image, max_people):
        self.seen.append(int(image.bitmap.pixels[0, 0, 2]))
        return self.regions if self.where(self.seen[-1]) else []


@pytest.fixture
def as_it_is(monkeypatch):
    """Looks of the image's own light, so that red tells which image it was."""
    monkeypatch.setattr(augmented_crops, "_LIGHT", (1.0, 1.0))


def numbers(crops):
    """Which images crops come from."""
    return {int(value) for value in np.median(crops[..., 0].reshape(len(crops), -1), axis=1)}


def test_spread_over_the_whole_film(as_it_is):
    detector, told = Sees(), []
    crops = gather(Film(250), detector, tell=told.append)["body"]
    assert len(detector.seen) == 130
    assert detector.seen[0] == 0
    assert detector.seen[-1] >= 247
    assert np.diff(detector.seen).max() == 2
    assert (len(crops.calibration), len(crops.held_out)) == (196, 60)
    assert "film" in told[0]
    assert "people in 130 of 130 images: 260 crops of people" in told[-1]


def test_held_out_crops_are_of_other_stretches_of_the_film(as_it_is):
    crops = gather(Film(130), Sees())["body"]
    calibration, held_out = numbers(crops.calibration), numbers(crops.held_out)
    assert crops.apart
    assert not calibration & held_out
    neighbors = [number for number in held_out if {number - 1, number + 1} & calibration]
    assert len(neighbors) <= len(held_out) // 3  # next to each other in time is nearly the same image
    assert max(held_out) - min(held_out) > 80


@pytest.mark.parametrize("images", [1, 3, 20])
def test_few_pictures_give_more_crops_each(images):
    crops = gather(Film(images), Sees())["body"]
    found = np.concatenate([crops.calibration, crops.held_out])
    assert 230 <= len(found) <= 260
    assert len(crops.held_out) >= 40
    assert crops.apart == (images >= 8)
    assert len({crop[::8, ::8].tobytes() for crop in found}) > 0.9 * len(found)  # none is like another


def test_people_may_be_in_few_of_the_pictures(as_it_is):
    crops = gather(Film(130), Sees(lambda number: number % 4 == 0))["body"]
    assert len(crops.calibration) + len(crops.held_out) == 66
    assert len(crops.held_out) >= 10
    assert all(number % 4 == 0 for number in numbers(crops.calibration) | numbers(crops.held_out))


def test_a_source_that_does_not_know_its_length():
    detector = Sees()
    film = Film(2000, says=0)
    crops = gather(film, detector)["body"]
    assert detector.seen[:4] == [0, 5, 10, 15]
    assert len(detector.seen) == 130
    assert film.read_so_far <= 650  # a camera would go on for ever
    assert len(crops.calibration) == 196


@pytest.mark.parametrize(("images", "says"), [(10, 50), (50, 10)])
def test_a_source_that_is_wrong_about_its_length(images, says):
    detector = Sees()
    gather(Film(images, says), detector)
    assert 10 <= len(detector.seen) <= 50


def test_the_network_sees_the_person_in_rgb():
    crops = gather(Film(40), Sees())["body"]
    for crop in crops.calibration:
        assert crop[112, 112, 2] > 100  # blue came first in the image
        assert crop[112, 112, 2] > 2 * int(crop[112, 112, 0])


def test_looks_vary_as_boxes_of_tracking_do_and_in_mirror_and_light():
    random = np.random.default_rng(1)
    looks = [random_view(random, wide=False) for _ in range(400)]
    assert 0.4 < np.mean([look.mirrored for look in looks]) < 0.6
    assert 0.4 < np.mean([look.light == 1.0 for look in looks]) < 0.6
    boxes = np.array([look.box(BOX, WIDTH) for look in looks])
    size = boxes[:, 3] / BOX[3]
    assert 0.85 < size.min() < 0.95
    assert 1.05 < size.max() < 1.15
    centers = boxes[:, 0] + boxes[:, 2] / 2
    expected = np.where([look.mirrored for look in looks], WIDTH - 70.0, 70.0)
    assert 3.0 < np.abs(centers - expected).max() <= 0.04 * BOX[3] + 1e-9
    gray = np.full((4, 4, 3), 100, np.uint8)
    shades = [int(look.lit(gray)[0, 0, 0]) for look in looks]
    assert min(shades) < 70
    assert max(shades) > 130
    wide = [random_view(random, wide=True).box(BOX, WIDTH) for _ in range(400)]
    assert np.ptp(np.array(wide)[:, 3]) > 1.5 * np.ptp(boxes[:, 3])


def test_too_few_people_are_an_error_with_the_next_step():
    crops = gather(Film(130), Sees(lambda number: number < 3))["body"]
    with pytest.raises(EstimatorError, match=rf"6 crops of people in film, at least {FEWEST}.*take a video"):
        crops.check("people", "film")
    gather(Film(130), Sees(lambda number: number < 30))["body"].check("people", "film")


@pytest.mark.parametrize(
    "regions", [[], [Region(np.zeros(2), 10.0)], [region_of(np.array([900.0, 0.0, 50.0, 90.0]))]]
)
def test_nobody_that_can_be_cropped(regions):
    crops = gather(Film(5), Sees(regions=regions))["body"]
    assert crops.calibration.shape == crops.held_out.shape == (0, 224, 224, 3)
    with pytest.raises(EstimatorError, match="0 crops"):
        crops.check("people", "film")


class Bodies(BodyForHands):
    """Knows where hands are in the image: the left one of whoever is in the box above, the right below."""

    def __init__(self):
        super().__init__(None, None, SimpleNamespace(skeleton=SMPLX))

    def joints_px(self, rgb, crop):
        joints = np.full((len(SMPLX), 2), np.nan)
        for side, corner in (("left", (50.0, 70.0)), ("right", (50.0, 130.0))):
            rows = self.rows[side]
            joints[rows] = np.array(corner) + np.linspace(0.0, 20.0, len(rows))[:, None]
        return joints


def test_hands_are_cropped_where_the_body_has_them(monkeypatch):
    """BGR, and the left one in a mirror."""
    plain = augmented_crops.AugmentedView(np.zeros(2), 1.0, False, 1.0)
    monkeypatch.setattr("frankmocap_ros.estimators.frankmocap.int8_crops.random_view", lambda *_: plain)

    class Lopsided(Film):
        def read(self):
            image = super().read()
            if image is not None:
                image.pixels[60:120, 40:60] = (0, 255, 0)  # green at the left of the left hand
            return image

    found = gather(Lopsided(130), Sees(), Bodies())
    assert len(found["body"].calibration) == 196
    hands = found["hand"].calibration
    assert len(hands) == 200
    green = [(crop[112, 40, 1] > 200, crop[112, 190, 1] > 200) for crop in hands]
    assert set(green) == {(False, True), (False, False)}
    right = [crop[112, 112] for crop in hands if crop[112, 190, 1] < 100]
    assert all(pixel[0] == 200 > pixel[2] for pixel in right)


def test_hands_rows_are_wrist_and_fingers():
    sides: tuple[Side, Side] = ("left", "right")
    for side in sides:
        names = [SMPLX.names[row] for row in Bodies().rows[side]]
        assert names[0] == f"{side}_wrist"
        assert len(names) == 16
        assert all(name.startswith(side) for name in names)


def test_without_hands_that_can_be_seen(monkeypatch):
    monkeypatch.setattr(Bodies, "joints_px", lambda *_: np.full((len(SMPLX), 2), 1e6))
    hands = gather(Film(20), Sees(), Bodies())["hand"]
    assert len(hands.calibration) == 0
    with pytest.raises(EstimatorError, match="0 crops of hands"):
        hands.check("hands", "film")


def test_large_pictures_are_reduced_as_in_the_pipeline():
    sizes = []

    class Large:
        name, frames = "large", 1
        left = 1

        def read(self):
            self.left -= 1
            return SimpleNamespace(pixels=np.zeros((2160, 3840, 3), np.uint8)) if self.left >= 0 else None

    class Looks:
        def detect(self, image, max_people):
            sizes.append(image.bitmap.size_px)
            return []

    gather(Large(), Looks())
    assert sizes == [(2048, 1152)]


def test_crops_hold_what_body_crop_gives():
    """The plain look is the very crop that the estimator makes."""
    from frankmocap_ros.imaging.bitmap import Bitmap

    pixels = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
    plain = augmented_crops.AugmentedView(np.zeros(2), 1.0, False, 1.0)
    box = plain.box(BOX, WIDTH)
    np.testing.assert_allclose(box, BOX)
    ((kind, crop),) = augmented_crops.crops_of(Bitmap(pixels), plain, box, None)
    assert kind == "body"
    assert np.array_equal(crop, cv2.cvtColor(body_crop(pixels, BOX).pixels, cv2.COLOR_BGR2RGB))
    assert isinstance(Crops(crop[None], crop[None], True), Crops)


def test_joints_of_a_crop_in_the_picture():
    """The regressor's pose, shape and camera, through the crop's place."""
    rng = np.random.default_rng(4)
    n = len(SMPLX)
    model = JointModel(SMPLX, rng.normal(0.0, 0.3, (n, 3)), np.zeros((n, 3, 10)), np.zeros((2, 15, 3)))
    values = np.zeros((1, 157), np.float32)
    values[0, :144] = np.tile([1.0, 0.0, 0.0, 1.0, 0.0, 0.0], 24)
    values[0, :6] = (-1.0, 0.0, 0.0, -1.0, 0.0, 0.0)  # the whole body, half a turn about the line of sight
    values[0, 154:] = (0.5, 0.1, -0.2)
    shown = []

    def engine(pixels):
        shown.append(pixels)
        return np.ones((1, 1), np.float32)

    head = Affine(values.T, np.zeros(157, np.float32))
    body = BodyForHands(Regressor("body_smplx", None, head), engine, model)
    crop = Crop(np.zeros((224, 224, 3), np.uint8), 2.0, np.array([30.0, 40.0]))
    rgb = np.full((224, 224, 3), 3, np.uint8)
    turned = model.template[0] + (model.template - model.template[0]) * (-1.0, -1.0, 1.0)
    expected = (30.0, 40.0) + 56.0 * (1.0 + 0.5 * turned[:, :2] + (0.1, -0.2))
    np.testing.assert_allclose(body.joints_px(rgb, crop), expected, atol=1e-5)
    assert np.array_equal(shown[0], rgb[None])
