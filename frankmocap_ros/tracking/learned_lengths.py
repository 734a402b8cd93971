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

"""Lengths of one person's bones and their distance, learned from apparent lengths while they move."""

import math
from typing import Final

import numpy as np

from frankmocap_ros.body import proportions
from frankmocap_ros.geometry.rotation import Array, Mask
from frankmocap_ros.tracking.apparent_length import Foreshortening, looked_up

# one of each kind; both sides of the body tell of one length
SHOULDERS, HIPS, TORSO, UPPER_ARM, FOREARM, THIGH, SHIN = range(7)
KINDS: Final = 7
_SHARES: Final = np.array(
    [
        proportions.SHOULDERS, proportions.HIPS, proportions.TORSO,
        proportions.UPPER_ARM, proportions.FOREARM, proportions.THIGH, proportions.SHIN,
    ]
)  # fmt: skip
_STACK: Final = _SHARES * (0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0)  # bones that make up the height
_SPREAD: Final = np.array([0.12, 0.25, 0.1, 0.1, 0.1, 0.1, 0.1])  # of people and networks, as a logarithm
_FREE, _UPRIGHT = Foreshortening.of(0.6, 20.0), Foreshortening.of(0.05, 6.0)
_LEG: Final = Foreshortening.of(0.25, 8.0)
_KINDS: Final = (_FREE, _FREE, _UPRIGHT, _FREE, _FREE, _LEG, _LEG)
_LOG_DENSITY: Final = np.stack([kind.log_density for kind in _KINDS])
_SINE: Final = np.stack([kind.sine for kind in _KINDS])

_FACTORS: Final = np.linspace(math.log(0.65), math.log(1.4), 31)  # of an adult's length, as a logarithm
_NEW_S: Final = 0.25  # after so long a posture tells something new
_DEPTHS: Final = np.linspace(-1.0, 1.0, 41)
_SPEED: Final = 0.5  # of walking towards the camera, as a share of the distance [1/s]
_LEAST: Final = 0.01  # standard deviation of a distance, as a logarithm


def sine_of(kind: int, share: Array) -> Array:
    """How far a bone seen with ``share`` (...) of its length points out of the image plane, 0..1."""
    return np.asarray(looked_up(_SINE[kind : kind + 1], share[None])[0])


class LearnedLengths:
    """Lengths of one person's bones, and how far away that person is.

    One camera cannot tell a tall person from a near one: torso and legs together keep the length that follows
    from the height. How that is shared between the bones is learned. Each bone has a probability for each
    length of a grid, which starts with an adult's and is multiplied by how likely what is seen would be.
    """

    def __init__(self) -> None:
        self._log_probability = -0.5 * (_FACTORS / _SPREAD[:, None]) ** 2
        self._factors = np.ones(KINDS)
        self._stack = float(_STACK.sum())
        self._log_depth = 0.0
        self._deviation = math.inf

    def lengths(self, height_m: float) -> Array:
        """Lengths (7,) of the bones of somebody of this height [m]."""
        return np.asarray(height_m * _SHARES * self._factors)

    def observe(self, share: Array, weight: Array, measured: bool = False) -> None:
        """Learn from one image.

        Args:
            share: shape (7, 2), of the left and the right bone: apparent by assumed length.
            weight: shape (7, 2), how much it tells; 0 where nothing is seen.
            measured: whether the apparent lengths are known in meters, so that torso and legs together are
                as long as they are seen, whatever the height says.
        """
        factors = np.exp(_FACTORS)
        at_adult = share * self._factors[:, None]
        likely = looked_up(_LOG_DENSITY, at_adult[:, :, None] / factors) - _FACTORS
        self._log_probability += np.einsum("bs,bsf->bf", weight, likely)
        self._log_probability -= self._log_probability.max(axis=1, keepdims=True)
        probability = np.exp(self._log_probability)
        mean = (probability @ factors) / probability.sum(axis=1)
        stack = float(_STACK @ mean)
        if measured:
            self._stack = stack
        self._factors = mean * (self._stack / stack)

    def depth(self, apparent: Array, seen: Mask, elapsed_s: float, height_m: float) -> float:
        """How far the body is along the optical axis [m].

        Args:
            apparent: shape (7, 2), lengths of the bones in the plane z = 1 m [m].
            seen: shape (7, 2), which of them count.
            elapsed_s: time since the previous image [s].
            height_m: the person's height [m].
        """
        lengths = self.lengths(height_m)[:, None]
        farthest = np.where(seen, lengths / np.maximum(apparent, 1e-6), np.inf)
        if not math.isfinite(self._deviation):
            rough = np.sort(farthest, axis=None)[1]  # none is longer than it is
            self._log_depth, self._deviation = math.log(rough), 0.3
        before = math.hypot(self._deviation, _SPEED * elapsed_s)
        grid = self._log_depth + 3.0 * before * _DEPTHS
        share = (1.0 / farthest)[:, :, None] * np.exp(grid)
        likely = looked_up(_LOG_DENSITY, share) + grid
        score = np.einsum("bs,bsd->d", seen, likely) - 0.5 * (3.0 * _DEPTHS) ** 2
        probability = np.exp(score - score.max())
        probability /= probability.sum()
        self._log_depth = float(probability @ grid)
        variance = float(probability @ (grid - self._log_depth) ** 2)
        self._deviation = max(math.sqrt(variance), _LEAST)
        return math.exp(self._log_depth)


def weight_of(seen: Mask, elapsed_s: float) -> Array:
    """How much bones that are seen tell after this time, shape as ``seen``."""
    return np.asarray(seen * min(elapsed_s / _NEW_S, 1.0))
