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

"""Hands by the real networks: drawn ones from front, edge and back, and small ones in a video."""

import cv2
import numpy as np
import pytest

from frankmocap_ros.body.hand_shape import PALM, TIPS, palm_length
from frankmocap_ros.body.pose import JointState
from frankmocap_ros.estimators.blazepose.estimator import BlazePoseEstimator, BlazePoseOptions
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import CameraImage
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.synthetic.human import hand_opening, palm_turn, scene
from frankmocap_ros.synthetic.render_rgb import render
from frankmocap_ros.tracking.pipeline import Pipeline
from support.paths import TAIJI

CAMERA = Camera.from_fov(1280, 960, 60.0)
FOLLOWED = (JointState.TRACKED, JointState.PREDICTED)


@pytest.fixture(scope="module")
def estimator():
    made = BlazePoseEstimator(BlazePoseOptions(hands=True))
    yield made
    made.close()


def openness(hand):
    """Middle distance of the four finger tips from the middle of the palm, in palm lengths."""
    away = hand.points[TIPS[1:]] - hand.points[PALM].mean(axis=0)
    return float(np.linalg.norm(away, axis=1).mean() / palm_length(hand.points))


@pytest.fixture(scope="module")
def drawn(estimator):
    """Time and body of each image of one period of ``grip``, and of a moment before it to find the figure."""
    pipeline = Pipeline(estimator, Settings(hands=True), lambda: 0.0)
    found = []
    for k in range(170):
        t = k / 20.0
        image = render(scene("grip", t), CAMERA)
        (body,) = pipeline.process(CameraImage(Bitmap(image), t, CAMERA)).bodies
        found.append((t, body))
    return found[10:]


def test_sides_are_the_bodys_whatever_is_seen_of_a_hand(drawn):
    for _, body in drawn:
        assert [hand.side for hand in body.hands] == ["left", "right"]
        for hand in body.hands:
            wrist = body.positions[body.skeleton.index[f"{hand.side}_wrist"]]
            if hand.state != JointState.INVALID:
                np.testing.assert_allclose(hand.points[0], wrist)
                assert np.linalg.norm(hand.points - wrist, axis=1).max() < 0.25


def test_the_palm_is_known_from_front_and_back_and_nothing_is_sure_at_the_edge(drawn):
    fronts, backs, edge = [], [], []
    for t, body in drawn:
        turn = palm_turn(t % 8.0)
        for hand in body.hands:
            if hand.state == JointState.TRACKED:
                fronts += [hand.palm_angle_rad] * (turn < 0.01)
                backs += [hand.palm_angle_rad] * (turn > 3.1 and hand_opening(t) > 0.5)
            if abs(turn - 0.5 * np.pi) < 0.35:
                edge.append(hand.confidence if hand.state in FOLLOWED else 0.0)
    assert len(fronts) > 80
    assert max(fronts) < 1.2
    assert len(backs) > 5
    assert min(backs) > 2.2
    assert np.median(edge) < 0.4


def test_an_open_hand_is_told_from_a_shut_one(drawn):
    opened, shut = [], []
    for t, body in drawn:
        for hand in body.hands:
            if hand.state == JointState.TRACKED and palm_turn(t % 8.0) < 0.01:
                pinch = np.linalg.norm(hand.points[TIPS[0]] - hand.points[TIPS[1]]) / palm_length(hand.points)
                opened += [pinch] * (hand_opening(t) > 0.9)
                shut += [pinch] * (hand_opening(t) < 0.1)
    assert min(len(opened), len(shut)) >= 8
    assert np.median(opened) > np.median(shut) + 0.15


@pytest.mark.skipif(not TAIJI.exists(), reason=f"no video {TAIJI}")
def test_small_hands_of_a_video_do_not_jump_while_they_are_tracked(estimator):
    pipeline = Pipeline(estimator, Settings(hands=True), lambda: 0.0)
    capture, steps, tracked = cv2.VideoCapture(str(TAIJI)), [], 0
    last = (None, None)
    for k in range(160):
        _, bgr = capture.read()
        bodies = pipeline.process(CameraImage(Bitmap(bgr), k / 24.0)).bodies
        hands = bodies[0].hands if bodies else (None, None)
        for before, now in zip(last, hands, strict=True):
            if now is not None and now.state == JointState.TRACKED:
                tracked += 1
                if before is not None and before.state == JointState.TRACKED:
                    steps.append(abs(openness(now) - openness(before)))
        last = hands
    assert tracked >= 60
    assert len(steps) >= 30
    assert max(steps) < 0.15  # palm lengths; from shut to open it is about 0.8
