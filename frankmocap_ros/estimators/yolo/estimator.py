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

"""YOLO's pose networks: everybody in an image at once, in pixels.

Jocher et al., "Ultralytics YOLO", 2023 (YOLOv8, YOLO11 and YOLO26). Written from the published formats of
what ``yolo export`` writes; nothing of the original's code is used.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from frankmocap_ros.body.keypoint_sets import COCO_17
from frankmocap_ros.body.pose import Observation
from frankmocap_ros.engines.network_files.network import NetworkOptions
from frankmocap_ros.estimators.keypoint_observation import keypoint_observation
from frankmocap_ros.estimators.whole_image import WholeImageEstimator
from frankmocap_ros.estimators.yolo.network import YoloNetwork
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.imaging.camera_image import ScaledImage

_MAX_PEOPLE = 16


class YoloEstimator(WholeImageEstimator):
    """17 keypoints in pixels of everybody in an image.

    Args:
        model: the network's file, or OpenVINO's folder.
        options: where it runs.

    Raises:
        AssetError, EstimatorError, MissingDependencyError: as ``YoloNetwork``.
    """

    name = "yolo"

    def __init__(self, model: Path, options: NetworkOptions) -> None:
        self._network = YoloNetwork(model, options)
        super().__init__(self._network, self._network.how, _MAX_PEOPLE)

    def estimate(self, image: ScaledImage, regions: Sequence[Region]) -> list[Observation | None]:
        """Everybody in the image."""
        return [
            keypoint_observation(COCO_17, person[:, :2], person[:, 2], image.bitmap.size_px)
            for person in self._network(image.bitmap).keypoints.astype(np.float64)
        ]
