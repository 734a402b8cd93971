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

"""Keypoints from SimCC outputs: each axis is a row of bins, two a pixel, and the highest bin is the place.

Li et al., "SimCC: a Simple Coordinate Classification Perspective for Human Pose Estimation", 2022; Jiang et
al., "RTMPose", 2023; and for the third axis Jiang et al., "RTMW: Real-Time Multi-Person 2D and 3D Whole-body
Pose Estimation", 2024.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.geometry.rotation import Array, Mask

BINS_PER_PX: Final = 2
DEPTH_RANGE_M: Final = 2.1744869
"""How far RTMW3D's third axis reaches before and behind the middle of the hips [m]."""

Bins = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Located:
    """Keypoints of N people.

    Attributes:
        xy: shape (N, K, 2) [px of the input].
        scores: shape (N, K): the mean height of both axes' peaks, mostly 0..1.
        found: shape (N, K): where both axes have a peak at all.
    """

    xy: Array
    scores: Array
    found: Mask


def located(x: Bins, y: Bins) -> Located:
    """Keypoints of the bins along x (N, K, 2 width) and along y (N, K, 2 height)."""
    x_at, x_height = _peaks(x)
    y_at, y_height = _peaks(y)
    return Located(
        xy=np.stack([x_at, y_at], axis=-1) / BINS_PER_PX,
        scores=0.5 * (x_height + y_height),
        found=(x_height > 0.0) & (y_height > 0.0),
    )


def relative_depth_m(z: Bins) -> Array:
    """How far keypoints are behind the middle of the hips: shape (N, K) [m], of bins (N, K, B)."""
    middle = 0.5 * z.shape[-1]
    return np.asarray((_peaks(z)[0] / middle - 1.0) * DEPTH_RANGE_M)


def _peaks(bins: Bins) -> tuple[Array, Array]:
    """Place and height of the highest bin, both (N, K)."""
    at = bins.argmax(axis=-1)
    return at.astype(np.float64), np.take_along_axis(bins, at[..., None], -1)[..., 0].astype(np.float64)
