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

"""YOLO's networks from a file, run on images of any size."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from frankmocap_ros.engines.network_files.network import ImageInput, NetworkOptions
from frankmocap_ros.engines.network_files.opening import open_network
from frankmocap_ros.engines.network_files.signature import Needed, Signature
from frankmocap_ros.estimators.yolo.decoding import KEYPOINTS, Detections, Floats, decoded, layout_of
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.letterbox import Letterbox, letterboxed

_SIDE_PX: Final = 640
"""Of the input of a network that takes any, as such networks were trained."""
_IMAGE: Final = Needed("image", (1, 3, "H", "W"))
_POSES: Final = (
    Signature("YOLOv8-pose or YOLO11-pose", _IMAGE, (Needed("people", (1, 5 + 3 * KEYPOINTS, "N")),)),
    Signature("YOLO26-pose", _IMAGE, (Needed("people", (1, "N", 6 + 3 * KEYPOINTS)),)),
)
_OBJECTS: Final = (
    Signature("YOLOv8 or YOLO11", _IMAGE, (Needed("objects", (1, 84, "N")),)),
    Signature("YOLO26", _IMAGE, (Needed("objects", (1, "N", 6)),)),
)
GRAY: Final = 114
"""What the networks were trained with beside an image."""


def in_image(found: Detections, box: Letterbox) -> Detections:
    """People of a network's input in pixels of the image.

    Pixels are squares with their edges at whole numbers here, as the networks were trained.
    """
    boxes, keypoints = found.boxes_xyxy.reshape(-1, 2, 2), found.keypoints.copy()
    keypoints[..., :2] = _moved(keypoints[..., :2], box)
    return replace(found, boxes_xyxy=_moved(boxes, box).reshape(-1, 4), keypoints=keypoints)


def _moved(points: Floats, box: Letterbox) -> Floats:
    return np.asarray((points - np.array(box.left_top_px, np.float32)) / np.float32(box.scale))


class YoloNetwork:
    """Images to people in them.

    Args:
        path: of the file, or of OpenVINO's folder.
        options: where it runs.
        objects: whether a network for objects will do, which finds people without keypoints.

    Raises:
        AssetError: the file is not there, damaged, or another network.
        EstimatorError: engine, device or precision is not possible.
        MissingDependencyError: no engine that reads the file is installed.
    """

    def __init__(self, path: Path, options: NetworkOptions, objects: bool = False) -> None:
        opened = open_network(path, _POSES + _OBJECTS if objects else _POSES, options)
        sizes = opened.fit.sizes
        self._input_px = sizes["W"] or _SIDE_PX, sizes["H"] or _SIDE_PX
        width, height = self._input_px
        self._network = opened.compiled(ImageInput(height, width, scale=(255.0, 255.0, 255.0)))
        shape = tuple(
            side if isinstance(side, int) else sizes[side] or 0
            for side in opened.fit.signature.outputs[0].shape
        )
        layout = layout_of(shape)
        assert layout is not None, shape
        self._layout = layout
        self.how = self._network.how

    def __call__(self, bitmap: Bitmap) -> Detections:
        """Everybody in an image, in its own pixels, best first."""
        box = letterboxed(bitmap, self._input_px, GRAY)
        return in_image(decoded(self._network(box.pixels[None])[0], self._layout), box)

    def close(self) -> None:
        """Give back memory and threads."""
        self._network.close()
