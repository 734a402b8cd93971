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

"""Grips by the real networks from hands that are small in a video: they never jump."""

import cv2
import numpy as np
import pytest

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.estimators.blazepose.estimator import BlazePoseEstimator, BlazePoseOptions
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import CameraImage
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.teleop.hands.grip_filter import GripFilter
from frankmocap_ros.teleop.hands.hand_source import HandSource
from frankmocap_ros.tracking.pipeline import Pipeline
from support.paths import TAIJI

IMAGE_S = 1 / 24


@pytest.fixture(scope="module")
def seen():
    """The hands of each image of the whole video."""
    if not TAIJI.exists():
        pytest.skip(f"no video {TAIJI}")
    estimator = BlazePoseEstimator(BlazePoseOptions(hands=True))
    pipeline = Pipeline(estimator, Settings(hands=True), lambda: 0.0)
    capture = cv2.VideoCapture(str(TAIJI))
    found = []
    while (bgr := capture.read()[1]) is not None:
        bodies = pipeline.process(CameraImage(Bitmap(bgr), len(found) * IMAGE_S)).bodies
        found.append(bodies[0].hands if bodies else ())
    estimator.close()
    return found


def openings(seen, side, config):
    """How far the gripper is to be open after each image, and whether it follows then."""
    source, gripper = HandSource(side, config), GripFilter(side, config.max_grip_speed, measured=True)
    found, begun = [], False
    for k, hands in enumerate(seen):
        source.observe(hands, k * IMAGE_S)
        wanted = source.wanted(k * IMAGE_S)
        if not begun and wanted.opening is not None:
            gripper.begin(wanted.opening)
            found, begun = [(wanted.opening, False)] * len(found), True
        for _ in range(4):
            grip = gripper.step(wanted, IMAGE_S / 4)
        if found and wanted.opening is None:
            assert grip.opening == found[-1][0], "what is lost stays"
        found.append((grip.opening, grip.state in (JointState.TRACKED, JointState.PREDICTED)))
    at, follows = np.array(found).T
    return at, follows.astype(bool)


@pytest.mark.parametrize("measure", ["pinch", "hand"])
def test_a_grip_never_jumps_within_an_image(seen, measure):
    config, followed = GateSettings(grip=measure), 0
    for side in ("left", "right"):
        at, follows = openings(seen, side, config)
        assert np.abs(np.diff(at)).max() <= 0.2
        followed += follows.sum()
    assert followed >= 40


@pytest.mark.parametrize("measure", ["pinch", "hand"])
def test_nor_does_it_at_any_speed_while_the_hand_is_followed(seen, measure):
    """A hand that comes back shut is followed as quickly as the gripper may."""
    for side in ("left", "right"):
        at, follows = openings(seen, side, GateSettings(grip=measure, max_grip_speed=50.0))
        assert np.abs(np.diff(at))[follows[1:] & follows[:-1]].max() <= 0.2
