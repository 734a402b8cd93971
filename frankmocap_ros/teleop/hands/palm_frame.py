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

"""The frame of a palm, in which the points of any hand are alike, wherever it is and however it is turned.

Its origin is the wrist; z points along the palm to the middle finger's base, x out of the palm, y is z cross
x: towards the thumb of a right hand, away from the thumb of a left one. It is the frame that
``dex-retargeting`` and the models of robot hands in ``dex-urdf`` use.
"""

from typing import Final

import numpy as np

from frankmocap_ros.body.skeleton import HAND_POINTS
from frankmocap_ros.errors import RetargetError
from frankmocap_ros.geometry.rotation import Array, cross, dot

_PALM: Final = [HAND_POINTS.index(name) for name in ("index1", "middle1", "pinky1")]
_LEAST_M: Final = 0.02  # from the wrist to the middle finger's base, for a hand to be one
_MOST_M: Final = 0.3  # three times an adult's
_FURTHEST: Final = 4.0  # of that, a point from the wrist; a stretched finger's tip is at 2
_LEAST_SPREAD: Final = 0.1  # of that, from the index finger's base to the little finger's, across the palm


def palm_points(points: Array, side: str) -> Array:
    """The points of a hand in the frame of its palm.

    Args:
        points: in the order of ``HAND_POINTS``, in any frame, shape (21, 3) [m].
        side: ``left`` or ``right``, whose hand it is.

    Returns:
        Relative to the wrist, shape (21, 3) [m].

    Raises:
        RetargetError: a point is not finite or too far from the wrist; or the palm is smaller or larger than
            a hand's, or a line, so that it has no frame. Says which.
    """
    if not np.isfinite(points).all():
        raise RetargetError(f"{side} hand: some of its points are not finite")
    from_wrist = points - points[0]
    index, middle, pinky = from_wrist[_PALM]
    length = float(np.linalg.norm(middle))
    if not _LEAST_M <= length <= _MOST_M:
        raise RetargetError(
            f"{side} hand: its palm is {length:.3g} m long; a hand's has {_LEAST_M:g} to {_MOST_M:g} m"
        )
    furthest = float(np.sqrt(dot(from_wrist, from_wrist)).max())
    if not furthest <= _FURTHEST * length:
        raise RetargetError(f"{side} hand: a point is {furthest:.3g} m from the wrist, which no finger is")
    along = middle / length
    across = (index - pinky) * (1.0 if side == "right" else -1.0)
    across = across - (across @ along) * along
    spread = float(np.linalg.norm(across))
    if not spread >= _LEAST_SPREAD * length:
        raise RetargetError(f"{side} hand: its palm is {spread:.3f} m wide, which shows no plane")
    across /= spread
    return np.asarray(from_wrist @ np.column_stack([cross(across, along), across, along]))
