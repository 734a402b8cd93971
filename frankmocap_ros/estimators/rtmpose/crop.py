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

"""Crops as RTMPose's networks take them: a person's box, grown, at the input's ratio of sides."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.geometry.boxes import box_center
from frankmocap_ros.geometry.rotation import Array

PADDING: Final = 1.25
"""What the networks were trained with."""
_PARTS: Final = 32  # of a pixel, between which images are interpolated
_FINE: Final = 1024.0  # of a pixel: places are added as whole numbers of these


@dataclass(frozen=True, eq=False)
class Crop:
    """A part of an image that becomes a network's input.

    Attributes:
        center_px: shape (2,), its middle in the image [px].
        size_px: shape (2,), its width and height in the image [px].
        input_px: width and height of the input [px].
    """

    center_px: Array
    size_px: Array
    input_px: tuple[int, int]

    @staticmethod
    def of(box_xywh: Array, input_px: tuple[int, int], padding: float = PADDING) -> "Crop":
        """Around a person's box.

        Args:
            box_xywh: shape (4,), x, y, width, height [px].
            input_px: width and height of the input [px].
            padding: the crop's sides in those of the box, before one grows to the input's ratio.
        """
        width, height = padding * np.maximum(box_xywh[2:], 1.0)
        ratio = input_px[0] / input_px[1]
        size = np.array([max(width, height * ratio), max(height, width / ratio)])
        return Crop(box_center(box_xywh), size, input_px)

    def cut(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The input, shape (height, width, ...) of ``input_px``; black beside the image.

        Between pixels it is interpolated at whole 32nds of a pixel, as OpenCV 4 does with which the networks
        were trained and published. OpenCV 5 interpolates exactly, and takes a little longer.
        """
        (width, height), step = self.input_px, self.size_px[0] / self.input_px[0]
        start_x, start_y = self.center_px - 0.5 * step * np.array(self.input_px)
        (x, x_part), (y, y_part) = _places(start_x, step, width), _places(start_y, step, height)
        whole = np.empty((height, width, 2), np.int16)
        whole[..., 0], whole[..., 1] = x, y[:, None]
        part = y_part[:, None] * np.uint16(_PARTS) + x_part
        return np.asarray(cv2.remap(pixels, whole, part, cv2.INTER_LINEAR), np.uint8)

    def to_image(self, points: Array) -> Array:
        """Points (..., 2) of the input in pixels of the image."""
        return np.asarray(self.center_px + (points / self.input_px - 0.5) * self.size_px)


def _places(start: float, step: float, n: int) -> tuple[NDArray[np.int16], NDArray[np.uint16]]:
    """Where n pixels of the input lie along one axis of the image: whole pixels, and 32nds beyond."""
    at = np.rint(_FINE * step * np.arange(n)) + np.rint(_FINE * start) + 0.5 * _FINE / _PARTS
    parts = np.floor(at * (_PARTS / _FINE)).astype(np.int64)
    limits = np.iinfo(np.int16)
    return np.clip(parts // _PARTS, limits.min, limits.max).astype(np.int16), (parts % _PARTS).astype(
        np.uint16
    )
