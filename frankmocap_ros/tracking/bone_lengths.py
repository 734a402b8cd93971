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

"""How long one person's bones are, learned while they move.

A network that sees one image at a time gives the same arm another length in every image. The median over time
is steady, but short: what points towards the camera comes out short. What lies across the line of sight does
not, because the image itself shows it; so a bone is at least as long as it was seen across. Nor is it much
shorter than in a person with these other bones: an arm held towards the camera all the time shows no length.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.skeleton import FINGERS, KEYPOINTS, KEYPOINTS_WITH_HANDS, SIDES
from frankmocap_ros.geometry.rotation import Array, Mask, dot

_K: Final = {name: i for i, name in enumerate(KEYPOINTS)}


def _both(*parts: str) -> list[tuple[int, ...]]:
    return [tuple(_K[f"{side}_{part}"] for part in parts) for side in SIDES]


LIMBS: Final[NDArray[np.intp]] = np.array(
    [*_both("shoulder", "elbow", "wrist"), *_both("hip", "knee", "ankle")]
)
"""Shape (4, 3): rows of ``KEYPOINTS`` along both arms and both legs."""


def _hanging() -> tuple[NDArray[np.intp], ...]:
    """What hangs on the last joint of each limb: palm and fingers on wrists, toes on ankles."""
    ends = [tuple(f"{side}_{finger}" for finger in FINGERS) for side in SIDES]
    ends += [(f"{side}_foot",) for side in SIDES]
    return tuple(
        np.array([i for i, name in enumerate(KEYPOINTS_WITH_HANDS) if name.startswith(end)]) for end in ends
    )


HANGING: Final = _hanging()
"""Of each of ``LIMBS``: rows of ``KEYPOINTS_WITH_HANDS``."""

BONES: Final[NDArray[np.intp]] = np.array(
    [
        *_both("shoulder", "elbow"), *_both("elbow", "wrist"), *_both("hip", "knee"), *_both("knee", "ankle"),
        *_both("shoulder", "hip"),
        (_K["left_shoulder"], _K["right_hip"]), (_K["right_shoulder"], _K["left_hip"]),
        (_K["left_shoulder"], _K["right_shoulder"]), (_K["left_hip"], _K["right_hip"]),
    ]
)  # fmt: skip
"""Shape (14, 2): rows of ``KEYPOINTS`` at constant distance: limbs; the torso's sides, diagonals, widths."""

# the parts of which there are bones on both sides, or one only: their bones, and the part of each bone
_LEFT: Final = np.array([0, 2, 4, 6, 8, 10, 12, 13])
_RIGHT: Final = np.array([1, 3, 5, 7, 9, 11, 12, 13])
_TWO: Final = _LEFT != _RIGHT
_PART: Final = np.array([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7])
# Shares of the height (R. Drillis, R. Contini, "Body segment parameters", 1966): upper arm, forearm, thigh,
# shank, torso; what that table does not have is not known better than it is seen
_SHARES: Final = np.repeat([0.186, 0.146, 0.245, 0.246, 0.288, np.nan], [2, 2, 2, 2, 2, 4])
_SHORTEST: Final = 0.95  # of what the height asks for; people's proportions vary by about 5 %
_SAMPLE_S: Final = 0.1
_SAMPLES: Final = 200  # of each bone: 20 s
_ACROSS: Final = 0.9  # a bone is longer than this share of what was seen across of it
SPREAD: Final = 0.12
"""Of a network's lengths from image to image: standard deviation as a share, measured on people."""
STEADY: Final = 0.03
"""Of the bones themselves; people measured by several cameras vary by 2 to 6 %."""
_INDEPENDENT: Final = 0.2  # of the samples: the network's errors last for half a second


def across_line_of_sight(a: Array, b: Array) -> Array:
    """Length across the line of sight of the way from ``a`` to ``b``, (..., 3) in the optical frame [m]."""
    way, middle = b - a, a + b
    along = dot(way, middle) ** 2 / np.maximum(dot(middle, middle), 1e-12)
    return np.sqrt(np.maximum(dot(way, way) - along, 0.0))


class BoneLengths:
    """Running lengths of one person's bones, in the order of ``BONES``; both sides have the same."""

    def __init__(self) -> None:
        self._lengths = np.full((_SAMPLES, len(BONES)), np.nan)
        self._across = np.full((_SAMPLES, len(BONES)), np.nan)
        self._seen = np.full(len(BONES), np.nan)
        self._count = 0
        self._time_s = -np.inf
        self.meters: Array = np.full(len(BONES), np.nan)
        """Shape (14,), NaN where nothing is known yet."""
        self.stddev: Array = np.full(len(BONES), np.nan)
        """Shape (14,), standard deviation of ``meters`` [m]."""

    def learn(self, points: Array, known: Mask, time_s: float) -> None:
        """Take over what one image says, ten times a second at most.

        Args:
            points: shape (21 or more, 3), in the optical frame [m].
            known: shape of ``points`` without the last axis, where they are used.
            time_s: the image's time [s].
        """
        if 0.0 <= time_s - self._time_s < _SAMPLE_S:
            return
        self._time_s = time_s
        a, b = points[BONES[:, 0]], points[BONES[:, 1]]
        row = self._count % _SAMPLES
        seen = np.asarray(known[BONES].all(axis=1))
        self._lengths[row] = np.where(seen, np.sqrt(dot(b - a, b - a)), np.nan)
        self._across[row] = np.where(seen, across_line_of_sight(a, b), np.nan)
        self._count += 1
        if not seen.any():
            return
        self._update((seen[_LEFT] | seen[_RIGHT])[_PART])
        told = np.isfinite(self._seen * _SHARES)
        self.meters = self._seen.copy()
        if told.any():
            height = float(np.median(self._seen[told] / _SHARES[told]))
            self.meters[told] = np.maximum(self._seen, _SHORTEST * height * _SHARES)[told]

    def _update(self, changed: Mask) -> None:
        """What both sides gave of each bone of which something new was seen; the others stay as they are."""
        lengths, count = _of_both_sides(self._lengths[: self._count])
        across, _ = _of_both_sides(self._across[: self._count])
        typical = np.maximum(_at_share(lengths, count, 0.5), _at_share(across, count, _ACROSS))
        stddev = typical * np.hypot(STEADY, SPREAD / np.sqrt(_INDEPENDENT * np.maximum(count, 1)))
        self._seen = np.where(changed, typical[_PART], self._seen)
        self.stddev = np.where(changed, stddev[_PART], self.stddev)


def _of_both_sides(samples: Array) -> tuple[Array, NDArray[np.intp]]:
    """Samples (N, 14) of bones as those of their parts, (2 N, 8), sorted with NaN last; how many each has."""
    both = np.concatenate([samples[:, _LEFT], np.where(_TWO, samples[:, _RIGHT], np.nan)])
    both.sort(axis=0)
    return both, np.isfinite(both).sum(axis=0)


def _at_share(ordered: Array, count: NDArray[np.intp], share: float) -> Array:
    """The value below which a share of ``count`` sorted ones lie, between two in proportion; NaN of none."""
    at = share * np.maximum(count - 1, 0)
    low = at.astype(np.intp)
    high = np.minimum(low + 1, np.maximum(count - 1, 0))
    each = np.arange(ordered.shape[1])
    below, above = ordered[low, each], ordered[high, each]
    return np.asarray(below + (at - low) * (above - below))
