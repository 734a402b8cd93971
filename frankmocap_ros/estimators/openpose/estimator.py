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

"""OpenPose as an estimator: everybody in an image, in pixels, from heat maps and part affinity fields."""

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.pose import Observation
from frankmocap_ros.estimators.keypoint_observation import keypoint_observation
from frankmocap_ros.estimators.openpose.parts import Parts
from frankmocap_ros.estimators.openpose.people import PersonBox
from frankmocap_ros.estimators.whole_image import WholeImageEstimator
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.imaging.camera_image import ScaledImage

_MAX_PEOPLE: Final = 16


class PoseNetwork(Protocol):
    """Images to people's keypoints: ``Pose2dDetector`` or ``OpenPoseFileNetwork``."""

    @property
    def parts(self) -> Parts:
        """Which keypoints and limbs it finds."""

    def detect(self, bgr: NDArray[np.uint8], max_people: int) -> list[PersonBox]:
        """People in an image (H, W, 3), best first."""

    def close(self) -> None:
        """Give back memory and threads."""


class OpenPoseEstimator(WholeImageEstimator):
    """18 or 25 keypoints in pixels of everybody in an image.

    Args:
        network: finds them.
        how: device, engine and precision in words.
    """

    name = "openpose"

    def __init__(self, network: PoseNetwork, how: str) -> None:
        super().__init__(network, how, _MAX_PEOPLE)
        self._network = network

    def estimate(self, image: ScaledImage, regions: Sequence[Region]) -> list[Observation | None]:
        """Everybody in the image."""
        people = self._network.detect(image.bitmap.bgr(), _MAX_PEOPLE)
        points, size_px = self._network.parts.keypoints, image.bitmap.size_px
        return [keypoint_observation(points, p.keypoints, p.confidence, size_px) for p in people]
