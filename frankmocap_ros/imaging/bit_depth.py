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

"""Values of 16 bits to 8 bits, by what the images of one camera use of them.

Cameras write 10, 12 or 14 bits into 16, at the low end: by the high byte alone such an image is nearly black.
Thermal cameras use a small range somewhere in the middle. How an image's bytes become values is another
matter, and none of this module's.
"""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

_SAMPLES: Final = 16_384  # values that are looked at of an image
_OUTLIERS: Final = 0.001  # share of the darkest and of the brightest values that do not count: dead pixels
_HEADROOM: Final = 0.1  # share of the range that is added at each end, so that the next images fit too
_LEAST_USED: Final = 0.5  # an image that uses a smaller share of the range gets a new one
_LEAST_SPAN: Final = 64.0  # noise before a covered lens is not stretched any further
_WIDE: Final = 1 << 15  # a range this wide needs all 16 bits
_MOST_BITS: Final = 14  # of cameras that do not fill the 16
_TOP: Final = float((1 << 16) - 1)


class To8Bit:
    """Scales the images of one camera alike, so that their brightness does not flicker.

    Gray is stretched to the range of its values. The range is kept until an image leaves it, or uses less
    than half of it. Color is scaled by its number of bits, 10, 12, 14 or 16, which only rises.
    """

    def __init__(self) -> None:
        self._low, self._high = math.inf, -math.inf  # nothing seen yet
        self._bits = 0

    def gray(self, values: NDArray[np.uint16]) -> NDArray[np.uint8]:
        """An image of one channel.

        Args:
            values: shape (H, W).
        """
        low, high = _range(values)
        if low < self._low or high > self._high or high - low < _LEAST_USED * (self._high - self._low):
            self._low, self._high = _with_headroom(low, high)
        if (self._low, self._high) == (0.0, _TOP):
            return _high_byte(values)
        floor = np.uint16(self._low)
        shifted = np.maximum(values, floor) - floor if floor else values
        return np.asarray(cv2.convertScaleAbs(shifted, alpha=255.0 / (self._high - self._low)), np.uint8)

    def color(self, values: NDArray[np.uint16]) -> NDArray[np.uint8]:
        """An image of several channels, or the mosaic of a color camera.

        Args:
            values: shape (H, W) or (H, W, C).
        """
        _, high = _range(values)
        bits = max(10, 2 * math.ceil(math.log2(high + 1.0) / 2.0))
        self._bits = max(self._bits, bits if bits <= _MOST_BITS else 16)
        if self._bits == 16:
            return _high_byte(values)
        return np.asarray(cv2.convertScaleAbs(values, alpha=255.0 / ((1 << self._bits) - 1)), np.uint8)


def _range(values: NDArray[np.uint16]) -> tuple[float, float]:
    """Lowest and highest value of an image without its outliers, from samples of it."""
    step = max(1, math.isqrt(values.shape[0] * values.shape[1] // _SAMPLES))
    samples = values[::step, ::step].reshape(-1)
    outliers = int(_OUTLIERS * samples.size)
    ends = np.partition(samples, (outliers, samples.size - 1 - outliers))
    return float(ends[outliers]), float(ends[samples.size - 1 - outliers])


def _with_headroom(low: float, high: float) -> tuple[float, float]:
    """A range for this and the next images."""
    if high - low >= _WIDE:
        return 0.0, _TOP
    margin = max(_HEADROOM * (high - low), 0.5 * (_LEAST_SPAN - (high - low)))
    return max(0.0, math.floor(low - margin)), min(_TOP, math.ceil(high + margin))


def _high_byte(values: NDArray[np.uint16]) -> NDArray[np.uint8]:
    return np.asarray(values >> 8, dtype=np.uint8)
