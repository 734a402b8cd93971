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

"""Shapes that a hand cannot have come to: what a network says for an image or two and then takes back."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.body.hand_shape import PALM, TIPS, palm_length, palm_normal
from frankmocap_ros.body.skeleton import HAND_FINGERS, HAND_POINTS
from frankmocap_ros.geometry.rotation import Array, cross, dot, frames, normalize

_PALM_CHANGE: Final = 1.4  # a palm's bone that is so many times as long as before, or short by it
_TURN: Final = (0.6, 20.0)  # of the palm: how far at once [rad], and how fast beside that [rad/s]
_TIP_STEP: Final = (0.25, 5.0)  # of a tip beside the palm, in palm lengths: at once, and per second
_INSISTS_S: Final = 0.15  # so long after the last shape that was accepted every other one is
_LEAST_PALM_M: Final = 0.02
_BACKWARDS: Final = -0.5  # sine of a finger joint's bend beyond which two fingers are not bent at once
_FINGERS: Final = np.array([HAND_POINTS.index(f"{f}1") for f in HAND_FINGERS[1:]])


@dataclass(frozen=True, eq=False)
class _Shape:
    """What is compared of a hand."""

    bones: Array  # (4,), of the palm [m]
    palm: Array  # (3, 3), its axes as columns
    tips: Array  # (5, 3), along these axes from the wrist, in palm lengths
    bends: Array  # (4,), sine of each finger's least bend towards the palm
    time_s: float


def _described(points: Array, side: str, time_s: float) -> _Shape:
    length = max(palm_length(points), _LEAST_PALM_M)
    along = points[PALM[1:]].mean(axis=0) - points[PALM[0]]
    palm = frames(along, palm_normal(points, side))
    around = points[PALM]
    bones = around[1:] - around[:-1]
    bones[1:3] = around[[2, 4]] - around[[0, 0]]
    bones[3] = around[4] - around[1]
    tips = (points[TIPS] - points[0]) @ palm / length
    return _Shape(np.sqrt(dot(bones, bones)), palm, tips, _bends(points, palm[:, 2]), time_s)


def _bends(points: Array, axis: Array) -> Array:
    """Sines of the bends of the fingers' two outer joints about an axis across the palm: the lesser, (4,)."""
    phalanges = [normalize(points[_FINGERS + k + 1] - points[_FINGERS + k]) for k in range(3)]
    return np.minimum(*(cross(phalanges[k], phalanges[k + 1]) @ axis for k in range(2)))


class HandOutliers:
    """Remembers the last shape that was accepted of one hand.

    Args:
        side: ``left`` or ``right``.
    """

    def __init__(self, side: str) -> None:
        self._side = side
        self._last: _Shape | None = None

    def accepts(self, points: Array, time_s: float) -> bool:
        """Whether a hand can look like this now.

        Args:
            points: shape (21, 3), from the wrist [m].
            time_s: the image's time [s].
        """
        shape, last = _described(points, self._side, time_s), self._last
        if np.partition(shape.bends, 1)[1] < _BACKWARDS:
            return False
        if last is not None and 0.0 <= time_s - last.time_s < _INSISTS_S and not _follows(shape, last):
            return False
        self._last = shape
        return True


def _follows(shape: _Shape, last: _Shape) -> bool:
    elapsed_s = shape.time_s - last.time_s
    bones = np.maximum(shape.bones, 1e-4) / np.maximum(last.bones, 1e-4)
    if np.abs(np.log(bones)).max() > np.log(_PALM_CHANGE):
        return False
    cosine = 0.5 * (float(np.trace(shape.palm.T @ last.palm)) - 1.0)
    if np.arccos(np.clip(cosine, -1.0, 1.0)) > _TURN[0] + _TURN[1] * elapsed_s:
        return False
    way = shape.tips - last.tips
    return bool(dot(way, way).max() <= (_TIP_STEP[0] + _TIP_STEP[1] * elapsed_s) ** 2)
