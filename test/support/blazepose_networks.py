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

"""BlazePose's networks step by step, with answers as MediaPipe's are given."""

import numpy as np

from frankmocap_ros.assets.model_files import model_path
from frankmocap_ros.engines.tflite import TfliteOptions
from frankmocap_ros.estimators.blazepose import person_detector, pose_landmarks
from frankmocap_ros.estimators.blazepose.hand_finder import Owner, find_hands
from frankmocap_ros.estimators.blazepose.hand_landmarks import HandLandmarker
from frankmocap_ros.estimators.blazepose.person_detector import PersonDetector
from frankmocap_ros.estimators.blazepose.pose_landmarks import PoseLandmarker
from frankmocap_ros.estimators.square_crop import square_crop
from frankmocap_ros.imaging.bitmap import Bitmap
from support.mediapipe_oracle import ANSWER, SIDES


def middle_and_rim(region):
    """The two points that a person's region is made of."""
    radius = region.side_px / person_detector.SIDES_PER_RADIUS
    upwards = np.array([np.sin(region.rotation_rad), -np.cos(region.rotation_rad)])
    return region.center_px, region.center_px + radius * upwards


class Networks:
    """The networks on one image at a time, step by step."""

    def __init__(self):
        self.detector = PersonDetector(model_path("pose_detection"))
        self.landmarks = PoseLandmarker(model_path("pose_landmark_full"), TfliteOptions())
        self.hands = HandLandmarker(
            model_path("hand_recrop"), model_path("hand_landmark_full"), TfliteOptions()
        )

    def body(self, rgb, region):
        crop = square_crop(Bitmap(rgb, "rgb"), region, pose_landmarks.SIDE_PX)
        return self.landmarks([crop], [region])[0]

    def answer(self, rgb, region=None, hands=False):
        """What they say, as ``ANSWER``, and the next image's region; searched for where none is given."""
        out, bitmap = np.zeros((), ANSWER), Bitmap(rgb, "rgb")
        if region is None:
            found = self.detector(bitmap)
            if not found:
                return out, None
            region = found[0]
            out["detected"] = 1.0
            out["center"], out["rim"] = middle_and_rim(region)
        body = self.body(rgb, region)
        if body is None:
            return out, None
        if not out["detected"]:
            out["center"], out["rim"] = middle_and_rim(body.next_region)
        out["seen"] = 1.0
        out["pixels"], out["world"], out["visibility"] = body.pixels, body.world, body.visibility
        if hands:
            seen = find_hands(self.hands, [Owner(bitmap, body)])[0].hands
            for i, side in enumerate(SIDES):
                if side in seen:
                    out["hands"][i] = (1.0, seen[side].pixels, seen[side].depth_px)
        return out, body.next_region

    def close(self):
        for network in (self.detector, self.landmarks, self.hands):
            network.close()
