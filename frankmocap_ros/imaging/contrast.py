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

"""Numbers that do not say what they mean to 8 bits, for display: each image by its own range."""

from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

_FLAT: Final = 127  # what an image of one value is scaled to


def full_range(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Smallest to largest finite value as 0..255; not finite is 0, and an image of one value 127.

    Args:
        values: shape (H, W) or (H, W, 3): signed integers or floats.
    """
    if values.dtype.kind in "iu" and values.dtype.itemsize <= 2:
        return _integers(values)
    if values.dtype.kind == "i":
        values = values.astype(np.float64)  # float32 does not hold every int32
    return _floats(values)


def _integers(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Values of at most 16 bits."""
    low, high = int(values.min()), int(values.max())
    if low == high:
        return np.full(values.shape, _FLAT, np.uint8)
    gain = 255.0 / (high - low)
    return cast(NDArray[np.uint8], cv2.convertScaleAbs(values, alpha=gain, beta=-low * gain))


def _floats(values: NDArray[Any]) -> NDArray[np.uint8]:
    finite = np.isfinite(values)
    whole = bool(finite.all())
    known = values if whole else values[finite]
    if known.size == 0:
        return np.zeros(values.shape, np.uint8)
    low, high, top = float(known.min()), float(known.max()), float(np.finfo(values.dtype).max)
    span = high - low
    if not 255.0 / top < span <= top:  # one value, or a span that its own type cannot divide by or hold
        return np.asarray(np.where(finite, np.uint8(_FLAT), np.uint8(0)))
    shifted = np.subtract(values if whole else np.where(finite, values, low), low, dtype=values.dtype)
    return cast(NDArray[np.uint8], cv2.convertScaleAbs(np.multiply(shifted, 255.0 / span, out=shifted)))
