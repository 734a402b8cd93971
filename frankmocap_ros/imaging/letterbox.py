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

"""A whole image in the fixed size that a network takes, with bars beside it."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.imaging.bitmap import Bitmap


@dataclass(frozen=True, eq=False)
class Letterbox:
    """An image within another one.

    Attributes:
        pixels: shape (H, W, 3), RGB.
        scale: pixels of it for a pixel of the image.
        left_top_px: where the image's corner is in it, x and y [px].
    """

    pixels: NDArray[np.uint8]
    scale: float
    left_top_px: tuple[int, int]

    def in_image(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points (..., 2), x and y in ``pixels`` [px], in the image [px].

        Pixels are squares with their middle at whole numbers, as OpenCV resamples them.
        """
        corner = np.array(self.left_top_px, float)
        return np.asarray((points - corner + 0.5) / self.scale - 0.5)


def letterboxed(bitmap: Bitmap, size_px: tuple[int, int], bars: int = 0) -> Letterbox:
    """The image as large as it fits, in the middle.

    Args:
        bitmap: the image.
        size_px: width and height of the result.
        bars: gray level beside it.
    """
    (width, height), (full_width, full_height) = bitmap.size_px, size_px
    scale = min(full_width / width, full_height / height)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cast(NDArray[np.uint8], cv2.resize(bitmap.pixels, inner, interpolation=cv2.INTER_LINEAR))
    left, top = (full_width - inner[0]) // 2, (full_height - inner[1]) // 2
    pixels = np.full((full_height, full_width, 3), bars, np.uint8)
    pixels[top : top + inner[1], left : left + inner[0]] = Bitmap(small, bitmap.order).rgb()
    return Letterbox(pixels, scale, (left, top))
