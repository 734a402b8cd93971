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

"""Images of any size as the 2D pose network takes them, and its maps' pixels back in the image."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.estimators.openpose.peaks import UPSAMPLING
from frankmocap_ros.geometry.rotation import Array

STRIDE = 8
HEIGHT_PX = 256
# A wider image is made less high instead, so that time and memory stay bounded.
MOST_WIDTH_PX = 1024


@dataclass(frozen=True, eq=False)
class Fitted:
    """An image as the network takes it.

    Attributes:
        pixels: shape (H, W, 3), BGR, H and W multiples of 8. What is beside the image is 128, which the
            network gets as 0.
        image_px: width and height of the image as it was given.
        corner_px: x, y of the image in ``pixels``.
        size_px: width and height of the image in ``pixels``.
        scale: shape (2,), pixels of the network per pixel of the image, in x and y.
    """

    pixels: NDArray[np.uint8]
    image_px: tuple[int, int]
    corner_px: tuple[int, int]
    size_px: tuple[int, int]
    scale: Array

    @property
    def cells(self) -> tuple[slice, slice]:
        """Rows and columns of the maps' cells that see the image."""
        (left, top), (width, height) = self.corner_px, self.size_px
        return (
            slice(top // STRIDE, -(-(top + height) // STRIDE)),
            slice(left // STRIDE, -(-(left + width) // STRIDE)),
        )

    def to_image(self, points: Array) -> Array:
        """Points (..., 2) of the upsampled maps' ``cells`` in pixels of the image.

        Coordinates are those of the pixels' middles in all three.
        """
        rows, columns = self.cells
        corner = np.array([STRIDE * columns.start, STRIDE * rows.start]) - self.corner_px
        in_input = (points + 0.5) * (STRIDE / UPSAMPLING) + corner
        return np.asarray(in_input / self.scale - 0.5)


def fitted(bgr: NDArray[np.uint8], into_px: tuple[int, int] | None = None) -> Fitted:
    """An image (H, W, 3) in the middle of a network's input.

    Args:
        bgr: the image.
        into_px: width and height of the input, multiples of 8; None for a network that takes any: then
            ``HEIGHT_PX`` high, and at least as wide.
    """
    height, width = bgr.shape[:2]
    most_width, most_height = into_px or (MOST_WIDTH_PX, HEIGHT_PX)
    scale = min(most_height / height, most_width / width)
    scales = np.array([scale, scale])
    if min(round(scale * height), round(scale * width)) >= 1:
        pixels = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    else:  # so long that nothing would be left of its short side
        size = max(1, round(scale * width)), max(1, round(scale * height))
        pixels = cv2.resize(bgr, size, interpolation=cv2.INTER_CUBIC)
        scales = np.array(size) / (width, height)
    rows, columns = pixels.shape[:2]
    input_width, input_height = into_px or (max(HEIGHT_PX, _whole_cells(columns)), _whole_cells(rows))
    missing_x, missing_y = input_width - columns, input_height - rows
    left, top = missing_x // 2, missing_y // 2
    pixels = cv2.copyMakeBorder(
        pixels, top, missing_y - top, left, missing_x - left, cv2.BORDER_CONSTANT, value=(128, 128, 128)
    )
    return Fitted(np.asarray(pixels, np.uint8), (width, height), (left, top), (columns, rows), scales)


def _whole_cells(side_px: int) -> int:
    return -(-side_px // STRIDE) * STRIDE
