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
IMAGES = 160


@pytest.fixture(scope="module")
def seen():
    """The hands of each image of the video."""
    if not TAIJI.exists():
        pytest.skip(f"no video {TAIJI}")
    estimator = BlazePoseEstimator(BlazePoseOptions(hands=True))
    pipeline = Pipeline(estimator, Settings(hands=True), lambda: 0.0)
    capture = cv2.VideoCapture(str(TAIJI))
    found = []
    for k in range(IMAGES):
        _, bgr = capture.read()
        bodies = pipeline.process(CameraImage(Bitmap(bgr), k * IMAGE_S)).bodies
        found.append(bodies[0].hands if bodies else ())
    estimator.close()
    return found


@pytest.mark.parametrize("max_grip_speed", [4.0, 50.0], ids=["default", "as quick as may be"])
@pytest.mark.parametrize("measure", ["pinch", "hand"])
def test_a_grip_never_jumps_within_an_image(seen, measure, max_grip_speed):
    config = GateSettings(grip=measure, max_grip_speed=max_grip_speed)
    followed = 0
    for side in ("left", "right"):
        source, gripper = HandSource(side, config), GripFilter(side, max_grip_speed, measured=True)
        openings, begun = [0.0], False
        for k, hands in enumerate(seen):
            source.observe(hands, k * IMAGE_S)
            wanted = source.wanted(k * IMAGE_S)
            if not begun and wanted.opening is not None:
                gripper.begin(wanted.opening)
                openings, begun = [wanted.opening], True
            for _ in range(4):
                grip = gripper.step(wanted, IMAGE_S / 4)
            followed += grip.state in (JointState.TRACKED, JointState.PREDICTED)
            assert grip.opening == openings[-1] or wanted.opening is not None, "what is lost stays"
            openings.append(grip.opening)
        assert np.abs(np.diff(openings)).max() <= 0.2
    assert followed >= 20
