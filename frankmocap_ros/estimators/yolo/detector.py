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

"""YOLO as the person detector of estimators that need regions."""

from pathlib import Path

import numpy as np

from frankmocap_ros.engines.network_files.network import NetworkOptions
from frankmocap_ros.estimators.yolo.network import YoloNetwork
from frankmocap_ros.geometry.boxes import Region, clipped_box, region_of
from frankmocap_ros.imaging.camera_image import ScaledImage
from frankmocap_ros.runtime.thread_priority import giving_way


class YoloDetector:
    """Finds people by a YOLO network, for poses or for objects, in threads that give way to the estimator's.

    Args:
        model: the network's file, or OpenVINO's folder.
        options: where it runs.

    Raises:
        AssetError, EstimatorError, MissingDependencyError: as ``YoloNetwork``.
    """

    name = "yolo"

    def __init__(self, model: Path, options: NetworkOptions) -> None:
        self._network = giving_way(lambda: YoloNetwork(model, options, objects=True))

    def detect(self, image: ScaledImage, max_people: int) -> list[Region]:
        """Regions with boxes, best first."""
        corners = self._network(image.bitmap).boxes_xyxy[: max(0, max_people)].astype(np.float64)
        boxes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
        inside = (clipped_box(box, image.bitmap.size_px) for box in boxes)
        return [region_of(box) for box in inside if box[2:].min() > 0.0]

    def close(self) -> None:
        """Give back memory and threads."""
        self._network.close()
