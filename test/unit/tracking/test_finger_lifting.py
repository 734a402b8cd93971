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

"""Fingers that are known in pixels only: beside their wrist, at its depth."""

from dataclasses import replace

import numpy as np
import pytest

from frankmocap_ros.body.pose import JointState, Observation, PixelPose, ScaleSource
from frankmocap_ros.body.skeleton import (
    BODY,
    BODY_WITH_HANDS,
    FINGERS,
    HAND_POINTS,
    KEYPOINTS,
    KEYPOINTS_WITH_HANDS,
)
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.depth_image import DepthImage
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.tracking.person_filter import PersonFilter
from support.drawn_hands import hand

CAMERA = Camera.from_fov(1280, 720, 60.0)
OFF = Settings(smoothing="none", hands=True)
K = {name: i for i, name in enumerate(KEYPOINTS_WITH_HANDS)}
J = BODY_WITH_HANDS.index
FINGER_JOINTS = [f"{side}_{finger}{k}" for side in ("left", "right") for finger in FINGERS for k in (1, 2, 3)]


@pytest.fixture
def points(rest_keypoints):
    """Somebody 3 m before the camera who faces it, arms spread."""
    return rest_keypoints * (1.0, -1.0, -1.0) + np.array([0.0, 0.0, 3.0])


def observation(points, confidence=None):
    confidence = np.full(len(points), 0.9) if confidence is None else confidence
    pose = PixelPose(CAMERA.project(points), confidence)
    return Observation(pose, np.array([300.0, 50.0, 600.0, 600.0]), 0.9, ScaleSource.NONE)


def images(person, observed, number=1, depth=None):
    for n in range(number):
        body = person.update(observed, CAMERA, n / 30, OFF, depth)
    return body


@pytest.mark.parametrize("measured", [False, True])
def test_fingers_lie_beside_their_wrist(points, measured):
    depth = DepthImage(np.full((720, 1280), 2.9, np.float32)) if measured else None
    body = images(PersonFilter(1, "rtmpose"), observation(points), 5, depth)
    assert body.skeleton is BODY_WITH_HANDS
    assert body.has_hands
    assert body.has_3d
    for name in FINGER_JOINTS:
        wrist = f"{name.partition('_')[0]}_wrist"
        found = body.positions[J[name]] - body.positions[J[wrist]]
        truth = points[K[name]] - points[K[wrist]]
        # the knuckles are the body's own keypoints, which depth measures
        assert found[2] == pytest.approx(0.0, abs=0.01 if measured else 1e-6)
        assert np.abs(found[:2] - truth[:2]).max() < 0.02, name
        if name not in KEYPOINTS:
            assert 0.0 < body.confidence[J[name]] <= min(0.5 * 0.9, body.confidence[J[wrist]])
    assert np.isfinite(body.orientations_xyzw).all()


def test_fingers_of_a_hand_that_is_not_seen_are_not_known(points):
    confidence = np.full(57, 0.9)
    confidence[[row for name, row in K.items() if name.startswith("left_") and name[-1].isdigit()]] = 0.0
    body = images(PersonFilter(1, "rtmpose"), observation(points, confidence))
    for name in FINGER_JOINTS:
        known = body.states[J[name]] != JointState.INVALID
        assert known == name.startswith("right_"), name


def test_a_set_without_fingers_gives_a_body_without(points):
    body = images(PersonFilter(1, "yolo"), observation(points[:21]))
    assert body.skeleton is BODY
    assert not body.has_hands


def test_pixels_alone_have_fingers_too_and_space_comes_later(points):
    """Without the torso nothing is put into space; the same joints are told all the time."""
    confidence = np.full(57, 0.9)
    confidence[[K["left_hip"], K["right_hip"]]] = 0.0
    person = PersonFilter(1, "rtmpose")
    flat = images(person, observation(points, confidence))
    assert not flat.has_3d
    assert flat.has_hands
    assert flat.skeleton is BODY_WITH_HANDS
    pixels = CAMERA.project(points)
    for name in ("left_elbow", "left_index2", "right_thumb3"):
        np.testing.assert_allclose(flat.pixels[J[name]], pixels[K[name]])
    seen = person.update(observation(points), CAMERA, 0.1, OFF)
    assert seen.has_3d
    held = person.update(observation(points, confidence), CAMERA, 0.15, OFF)
    assert (held.states == JointState.HELD).any()
    gone = person.update(observation(points, confidence), CAMERA, 2.0, replace(OFF, hold_s=0.3))
    assert not gone.has_3d


def test_hands_of_pixels_are_sure_only_where_the_palm_faces_the_camera(points):
    wrist = points[K["left_wrist"]]
    rows = [K[f"left_{name}"] for name in HAND_POINTS]
    for turn, sure in ((0.0, True), (1.3, False)):
        points[rows] = wrist + hand("left", turn=(0.0, turn, 0.0))
        left, right = images(PersonFilter(1, "rtmpose"), observation(points), 5).hands
        assert (left.side, right.side) == ("left", "right")
        assert (left.state == JointState.TRACKED) is sure
