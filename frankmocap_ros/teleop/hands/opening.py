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

"""How far a hand is open, from its 21 points.

With the points p, numbered as in ``skeleton.HAND_POINTS`` (0 the wrist, 4 the thumb's tip, 8 the index
finger's, 5, 9 and 17 the knuckles of index, middle and little finger)::

    palm   = max(|p9 - p0|, 1.5 |p17 - p5|)
    pinch  = |p4 - p8| / palm
    hand   = mean over k in (8, 12, 16, 20) of |pk - p0| / palm

All are ratios of lengths, so neither the person's size nor the distance nor an assumed scale matters. Where
depth is estimated badly, what points at the camera looks short. Length and width of a palm are at right
angles, so at most one of them points there: the larger one of the two, in lengths of an adult's palm, depends
on the palm's direction least.
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from frankmocap_ros.body.skeleton import HAND_FINGERS, HAND_POINTS
from frankmocap_ros.geometry.rotation import Array

_AT: Final = {name: i for i, name in enumerate(HAND_POINTS)}
_WRIST, _THUMB, _INDEX = _AT["wrist"], _AT["thumb4"], _AT["index4"]
_FIRST, _MIDDLE, _LAST = _AT["index1"], _AT["middle1"], _AT["pinky1"]
_TIPS = [_AT[f"{finger}4"] for finger in HAND_FINGERS[1:]]
_LENGTH_OF_WIDTH: Final = 1.5  # from wrist to knuckle, of the distance between the outer knuckles
_SMALLEST_M: Final = 1e-3  # what is smaller is no palm


def palm_size(points: Array) -> Array:
    """Size of a palm, about from the wrist to the middle finger's knuckle, shape (...) [m].

    Args:
        points: shape (..., 21, 3) [m].
    """
    length = _apart(points, _MIDDLE, _WRIST)
    width = _apart(points, _LAST, _FIRST)
    return np.asarray(np.maximum(length, _LENGTH_OF_WIDTH * width))


def pinch(points: Array) -> Array:
    """Distance of the tips of thumb and index finger in sizes of the palm, shape (...).

    Args:
        points: shape (..., 21, 3) [m].

    Returns:
        About 0.15 where they touch, 1 where they are spread; NaN where the palm has no size.
    """
    return _in_palms(_apart(points, _THUMB, _INDEX), points)


def whole_hand(points: Array) -> Array:
    """Mean distance of the four fingers' tips from the wrist in sizes of the palm, shape (...).

    The thumb does not count: in a fist it is as far from the fingers as in a flat hand.

    Args:
        points: shape (..., 21, 3) [m].

    Returns:
        About 0.8 for a fist, 1.8 for a flat hand; NaN where the palm has no size.
    """
    return _in_palms(np.mean([_apart(points, tip, _WRIST) for tip in _TIPS], axis=0), points)


def _apart(points: Array, a: int, b: int) -> Array:
    """Distance of two points; not finite where one of them is not."""
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(np.linalg.norm(points[..., a, :] - points[..., b, :], axis=-1))


def _in_palms(distance: Array, points: Array) -> Array:
    palm = palm_size(points)
    with np.errstate(invalid="ignore", over="ignore"):
        ratio = distance / np.where(palm > _SMALLEST_M, palm, np.nan)
    return np.asarray(np.where(np.isfinite(ratio), ratio, np.nan))


MEASURES: Final[Mapping[str, Callable[[Array], Array]]] = {"pinch": pinch, "hand": whole_hand}
"""What measures a hand, by the value of the setting ``grip``."""
