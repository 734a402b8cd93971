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

"""Whose hands are found, and how often the networks run, with networks that say what a test wants."""

import math

import numpy as np
import pytest

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.estimators.blazepose import estimator as module
from frankmocap_ros.estimators.blazepose.estimator import BlazePoseEstimator, BlazePoseOptions
from frankmocap_ros.estimators.blazepose.hand_finder import HandsMemory, Owner, find_hands
from frankmocap_ros.estimators.blazepose.hand_landmarks import HandLandmarks
from frankmocap_ros.estimators.blazepose.hand_search import HandMemory, region_around, waits
from frankmocap_ros.estimators.blazepose.pose_landmarks import PoseLandmarks
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import CameraImage
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.synthetic.human import scene
from frankmocap_ros.synthetic.keypoints import keypoints_of
from frankmocap_ros.tracking.pipeline import Pipeline
from support.drawn_hands import hand

IMAGE = Bitmap(np.zeros((480, 640, 3), np.uint8))
CAMERA = Camera.from_fov(640, 480, 60.0)
WRIST = {"left": 15, "right": 16}
PX_PER_M = 400.0


def landmarks(left=(400.0, 200.0), right=(240.0, 200.0), visibility=1.0):
    """A body of which only the hands matter: the wrists there, with the fingers up."""
    pixels = np.full((33, 2), 300.0)
    for rows, wrist, sign in (((15, 17, 19), left, -1.0), ((16, 18, 20), right, 1.0)):
        pixels[list(rows)] = np.add(wrist, [(0.0, 0.0), (-13.0 * sign, -32.0), (10.0 * sign, -36.0)])
    region = Region(np.array([320.0, 240.0]), 400.0)
    return PoseLandmarks(pixels, np.zeros((33, 3)), np.full(33, visibility), region)


class Networks:
    """Stands in for ``HandLandmarker``: hands lie at given wrists, and are seen by whoever looks near."""

    def __init__(self):
        self.wrists = {}  # side -> pixel
        self.first = self.looked = 0
        self.is_right = lambda side: float(side == "right")
        self.shown = lambda side: True

    def turned(self, bitmaps, regions):
        self.first += len(regions)
        return list(regions)

    def seen(self, bitmaps, regions):
        self.looked += len(regions)
        return [self.hand(region) for region in regions]

    def hand(self, region):
        away = {s: math.dist(w, region.center_px) for s, w in self.wrists.items() if self.shown(s)}
        if not away or min(away.values()) > 0.5 * region.side_px:
            return None
        side = min(away, key=away.get)
        world = hand(side)
        pixels = PX_PER_M * world[:, :2] + self.wrists[side]
        return HandLandmarks(pixels, PX_PER_M * world[:, 2], world, 0.95, self.is_right(side), 90.0)


@pytest.fixture
def networks():
    made = Networks()
    made.wrists = {"left": (400.0, 200.0), "right": (240.0, 200.0)}
    return made


def find(networks, body, time_s=0.0, memory=None):
    (found,) = find_hands(networks, [Owner(IMAGE, body, time_s, memory or HandsMemory())])
    return found


def test_a_hand_that_is_followed_needs_no_second_network(networks):
    memory = None
    for k in range(10):
        networks.wrists = {"left": (400.0 + 6.0 * k, 200.0), "right": (240.0 + 6.0 * k, 200.0)}
        body = landmarks(*(networks.wrists[side] for side in ("left", "right")))
        found = find(networks, body, k / 30.0, memory)
        memory = found.memory
        assert set(found.hands) == {"left", "right"}, k
    assert networks.first == 2
    assert networks.looked == 20


def test_a_followed_hand_that_is_not_its_wrists_any_more_is_begun_anew(networks):
    memory = find(networks, landmarks()).memory
    networks.first = 0
    # the network goes on to see a hand where there was one, and the wrist is elsewhere
    gone = landmarks(left=(400.0, 300.0))
    found = find(networks, gone, 1 / 30.0, memory)
    assert "left" not in found.hands
    networks.wrists["left"] = (400.0, 300.0)
    assert "left" in find(networks, gone, 2 / 30.0, found.memory).hands
    assert networks.first == 1


def test_two_crops_on_one_hand_are_that_of_the_nearer_wrist(networks):
    """The right hand is behind the left one: both wrists are near it, and the networks see only that."""
    del networks.wrists["right"]
    networks.wrists["left"] = (300.0, 200.0)
    for left, right, owner in (
        ((302.0, 200.0), (312.0, 205.0), "left"),
        ((318.0, 200.0), (296.0, 200.0), "right"),
    ):
        assert set(find(networks, landmarks(left, right)).hands) == {owner}


def test_hands_that_are_crossed_stay_with_their_wrists(networks):
    memory = None
    for k in range(41):  # they pass each other, one a hand's length above the other
        share = k / 40.0
        left, right = (400.0 - 160.0 * share, 200.0), (240.0 + 160.0 * share, 245.0)
        networks.wrists = {"left": left, "right": right}
        found = find(networks, landmarks(left, right), k / 30.0, memory)
        memory = found.memory
        for side, seen in found.hands.items():
            np.testing.assert_allclose(seen.pixels[0], networks.wrists[side])
            assert seen.is_right == float(side == "right"), k


def test_a_hand_that_is_not_there_is_looked_for_ever_less_often(networks):
    networks.shown = lambda side: side == "left"
    memory, looked = None, []
    for k in range(120):
        before = networks.first
        found = find(networks, landmarks(), k / 30.0, memory)
        memory = found.memory
        if networks.first > before and k:
            looked.append(k / 30.0)
    gaps = np.diff(looked)
    assert len(looked) < 25  # of 119
    assert (np.diff(gaps) > -0.04).all()
    assert 0.2 < gaps[-1] <= 0.5
    # it comes back: found within that time
    networks.shown = lambda side: True
    for k in range(120, 120 + 16):
        found = find(networks, landmarks(), k / 30.0, memory)
        memory = found.memory
    assert "right" in found.hands


def test_a_clock_that_went_back_makes_nobody_wait():
    memory = HandMemory(None, 9, 100.3)
    assert waits(memory, 100.1)
    assert not waits(memory, 100.3)
    assert not waits(memory, 20.0)


def test_a_wrist_that_is_not_seen_costs_nothing(networks):
    found = find(networks, landmarks(visibility=0.05))
    assert (found.hands, networks.first, networks.looked) == ({}, 0, 0)


@pytest.mark.parametrize("turn", [0.0, 0.7, 2.5, -1.9])
def test_the_square_around_a_hand_has_its_fingers_up(turn):
    points = PX_PER_M * hand("right", turn=(0.0, 0.0, turn))[:, :2]
    upright = PX_PER_M * hand("right")[:, :2]
    region, still = region_around(points + 300.0), region_around(upright + 300.0)
    knuckles = 0.25 * (points[5] + points[13]) + 0.5 * points[9]
    expected = math.atan2(knuckles[0], -knuckles[1])
    assert math.remainder(region.rotation_rad - expected, 2.0 * math.pi) == pytest.approx(0.0, abs=1e-9)
    assert region.side_px == pytest.approx(still.side_px)
    assert (np.abs(points + 300.0 - region.center_px).max(axis=1) < 0.75 * region.side_px).all()


# -- through the whole pipeline


@pytest.fixture
def estimator(monkeypatch, networks):
    """BlazePose whose body network always sees the synthetic figure, with stand-ins for the hand networks."""
    figure = scene("wave", 1.0)[0]
    pixels, body = CAMERA.project(keypoints_of(figure)), landmarks()
    body.pixels[module.LANDMARKS] = pixels
    middle = keypoints_of(figure)[13:15].mean(axis=0)
    body.world[module.LANDMARKS] = keypoints_of(figure) - middle
    networks.wrists = {side: body.pixels[row] for side, row in WRIST.items()}

    class Body:
        engine = "test"

        def __init__(self, path, how):
            pass

        def __call__(self, crops, regions):
            return [body for _ in regions]

    class Detector:
        def __call__(self, bitmap):
            return [body.next_region]

    monkeypatch.setattr(module, "model_path", lambda key: key)
    monkeypatch.setattr(module, "PersonDetector", lambda path: Detector())
    monkeypatch.setattr(module, "PoseLandmarker", Body)
    monkeypatch.setattr(module, "HandLandmarker", type("Made", (), {"__new__": lambda *_: networks}))
    return BlazePoseEstimator(BlazePoseOptions(hands=True))


def test_a_hand_networks_own_side_never_changes_ours(estimator, networks):
    """1,000 images in which 5 % of its answers are flipped."""
    flips = np.random.default_rng(7)
    flipped = []

    def is_right(side):
        flipped.append(bool(flips.random() < 0.05))
        return float((side == "right") ^ flipped[-1])

    networks.is_right = is_right
    pipeline = Pipeline(estimator, Settings(hands=True), lambda: 0.0)
    surest = []
    for k in range(1000):
        (body,) = pipeline.process(CameraImage(IMAGE, k / 30.0, CAMERA)).bodies
        for one in body.hands:
            wrist = body.positions[body.skeleton.index[f"{one.side}_wrist"]]
            assert one.state in (JointState.TRACKED, JointState.PREDICTED), k
            np.testing.assert_allclose(one.points[0], wrist)
            assert (one.points[4, 0] < wrist[0]) == (one.side == "left")  # the thumbs look to each other
            assert one.palm_normal[2] < -0.9
            surest.append(one.confidence)
    assert 60 < sum(flipped) < 140
    flipped, surest = np.array(flipped), np.array(surest)
    assert surest[flipped].max() < 0.7 * surest[~flipped].min()


def test_hands_are_looked_for_on_the_operator_alone(estimator, networks):
    image = module.ScaledImage(IMAGE, CAMERA, False, 0.0)
    asked = Region(np.array([320.0, 240.0]), 400.0)
    nobodys = Region(np.array([320.0, 240.0]), 400.0, hands=False)
    theirs, mine = estimator.estimate(image, [nobodys, asked])
    assert networks.looked == 2
    assert theirs.hands == (None, None)
    assert all(shape is not None for shape in mine.hands)
    assert theirs.pose.points.shape == mine.pose.points.shape == (57, 3)


def test_without_hands_nothing_of_them_is_made(monkeypatch, estimator, networks):
    class Never:
        def __init__(self, *_):
            raise AssertionError("a hand network was made")

    monkeypatch.setattr(module, "HandLandmarker", Never)
    plain = BlazePoseEstimator(BlazePoseOptions(hands=False))
    (body,) = Pipeline(plain, Settings(), lambda: 0.0).process(CameraImage(IMAGE, 0.0, CAMERA)).bodies
    assert body.hands == ()
    assert networks.looked == 0
