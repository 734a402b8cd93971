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

"""What the apparent length of a bone says: how long it is, how far away, and how far it points out of sight.

A bone of length L that leaves the image plane by an angle phi is seen with the share u = cos(phi) of its
length, and with noise of pixels and of the length itself. All that follows from that one density p(u).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.geometry.rotation import Array

_NOISE: Final = 0.03  # of the share: a pixel or two, and the bone's length
_FLOOR: Final = 2e-3  # of the density: keypoints that are somewhere else
_STEP: Final = 0.01  # of the tables
_MOST: Final = 2.0  # share that the tables reach
_ANGLES: Final = np.radians(np.arange(0.25, 90.0, 0.5))


@dataclass(frozen=True, eq=False)
class Foreshortening:
    """Tables of one kind of bones over the share u of its length with which it is seen.

    Attributes:
        log_density: log p(u), shape (N,).
        sine: mean of abs(sin(phi)) at u, shape (N,): how far it points out of the image plane.
    """

    log_density: Array
    sine: Array

    @staticmethod
    def of(free: float, spread_deg: float) -> "Foreshortening":
        """Tables of bones that point anywhere, or else keep near the image plane.

        Args:
            free: share of bones that point anywhere on the sphere.
            spread_deg: standard deviation of the others' angle [deg].
        """
        near = np.exp(-0.5 * (_ANGLES / np.radians(spread_deg)) ** 2)
        weight = free * np.cos(_ANGLES) / np.cos(_ANGLES).sum() + (1.0 - free) * near / near.sum()
        u = np.arange(0.0, _MOST + 0.5 * _STEP, _STEP)
        seen = np.exp(-0.5 * ((u[:, None] - np.cos(_ANGLES)) / _NOISE) ** 2) / (_NOISE * np.sqrt(2.0 * np.pi))
        density = seen @ weight
        sine = (seen @ (weight * np.sin(_ANGLES))) / np.maximum(density, 1e-300)
        return Foreshortening(np.log(density + _FLOOR), np.where(density > 1e-12, sine, 0.0))


def looked_up(tables: Array, share: Array) -> Array:
    """Values of tables (B, N) at shares (B, ...), one table a bone."""
    at = np.minimum(np.maximum(share * (1.0 / _STEP), 0.0), tables.shape[1] - 1.001)
    low = at.astype(np.intp)
    rows = np.arange(len(tables)).reshape(-1, *([1] * (share.ndim - 1)))
    below = tables[rows, low]
    return np.asarray(below + (at - low) * (tables[rows, low + 1] - below))
