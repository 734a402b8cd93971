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

"""Peaks of heat maps."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

UPSAMPLING = 4
# Noise has hundreds of peaks a map; more people than this are nobody's operator.
MOST_PEAKS = 32
_LEAST_PEAK = 0.1
_SAME_PEAK_PX = 6.0  # in the upsampled map


@dataclass(frozen=True, eq=False)
class Peaks:
    """Peaks of one map, highest first.

    Attributes:
        xy: shape (N, 2), x and y [px of the upsampled map].
        height: shape (N,).
    """

    xy: NDArray[np.int64]
    height: Floats


def upsampled(maps: Floats) -> Floats:
    """Maps (H, W) or (H, W, C), 4 times as large."""
    size = (UPSAMPLING * maps.shape[1], UPSAMPLING * maps.shape[0])
    return np.asarray(cv2.resize(np.ascontiguousarray(maps), size, interpolation=cv2.INTER_CUBIC), np.float32)


def _distinct(peaks: Peaks) -> Peaks:
    """Without peaks that lie beside a higher one."""
    n = len(peaks.xy)
    if n < 2:
        return peaks
    step = peaks.xy[:, None] - peaks.xy
    far = (step * step).sum(axis=-1) >= _SAME_PEAK_PX**2
    kept = np.ones(n, np.bool_)
    for i in range(n - 1):
        if kept[i]:
            kept[i + 1 :] &= far[i, i + 1 :]
    return Peaks(peaks.xy[kept], peaks.height[kept])


def _highest(bordered: Floats) -> Peaks:
    """Peaks of one map that has a border of zeros."""
    flat, row = bordered.reshape(-1), bordered.shape[1]
    at = np.flatnonzero(flat > _LEAST_PEAK)
    # Two equal neighbors, as of a drop exactly between two pixels, are one peak: the one to the upper left.
    for before in (1, row):
        value = flat[at]
        at = at[(value > flat[at - before]) & (value >= flat[at + before])]
    heights = flat[at]
    chosen = np.argsort(-heights, kind="stable")[:MOST_PEAKS]
    y, x = np.divmod(at[chosen], row)
    return Peaks(np.stack([x - 1, y - 1], axis=-1), heights[chosen])


def find_peaks(heatmaps: Floats) -> list[Peaks]:
    """Peaks of each of the maps (H, W, C), highest first and at most 32 a map.

    Returns:
        C sets of peaks, in pixels of the maps 4 times as large, at least 6 of them from each other.
    """
    # Map by map, for all at once do not fit into the processor's cache.
    height, width = heatmaps.shape[:2]
    bordered = np.zeros((UPSAMPLING * height + 2, UPSAMPLING * width + 2), np.float32)
    result = []
    for part in range(heatmaps.shape[2]):
        bordered[1:-1, 1:-1] = upsampled(heatmaps[:, :, part])
        result.append(_distinct(_highest(bordered)))
    return result
