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

"""Fingers of an estimator that gives pixels only, put into space beside their wrist.

A hand is small against its distance: each finger has its wrist's depth. Where fingers point to the camera
that is wrong by up to their length, so half their confidence is left, and at most the wrist's.
"""

from typing import Final

import numpy as np

from frankmocap_ros.body.pose import KeypointPose, PixelPose
from frankmocap_ros.body.skeleton import KEYPOINTS, KEYPOINTS_WITH_HANDS
from frankmocap_ros.geometry.camera_model import Camera

_BODY: Final = len(KEYPOINTS)
_WRISTS: Final = np.array(
    [KEYPOINTS.index(f"{name.partition('_')[0]}_wrist") for name in KEYPOINTS_WITH_HANDS[_BODY:]]
)
_GUESSED: Final = 0.5


def without_fingers(pose: PixelPose) -> PixelPose:
    """The body's keypoints alone, in the order of ``KEYPOINTS``."""
    return PixelPose(pose.pixels[:_BODY], pose.confidence[:_BODY])


def with_fingers(body: KeypointPose, pose: PixelPose, camera: Camera) -> KeypointPose:
    """A body with the fingers, where its pixels have them.

    Args:
        body: of the body's keypoints.
        pose: the pixels that it was made of, in the order of ``KEYPOINTS`` or ``KEYPOINTS_WITH_HANDS``.
        camera: of the pixels.
    """
    if len(pose.pixels) == _BODY:
        return body
    depth = body.points[_WRISTS, 2:]
    fingers = np.concatenate([camera.rays(pose.pixels[_BODY:]) * depth, depth], axis=1)
    sure = np.minimum(_GUESSED * pose.confidence[_BODY:], body.confidence[_WRISTS])
    return KeypointPose(np.concatenate([body.points, fingers]), np.concatenate([body.confidence, sure]))
