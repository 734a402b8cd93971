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

"""Shapes of hands out of poses that have fingers, and what follows from a shape."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.kinematics import Posed
from frankmocap_ros.body.pose import HandShape, KeypointPose
from frankmocap_ros.body.skeleton import (
    BODY_WITH_HANDS,
    HAND_FINGERS,
    HAND_POINTS,
    KEYPOINTS_WITH_HANDS,
    SIDES,
)
from frankmocap_ros.geometry.rotation import (
    Array,
    cross,
    normalize,
    quat_conjugate,
    quat_multiply,
    quat_rotate,
)

PALM: Final = np.array([HAND_POINTS.index(n) for n in ("wrist", "index1", "middle1", "ring1", "pinky1")])
"""Rows of the palm's points, around it."""
MIDDLE: Final = HAND_POINTS.index("middle1")
"""Row of the middle finger's knuckle: the palm's length is its distance from the wrist."""
TIPS: Final = np.array([HAND_POINTS.index(f"{f}4") for f in HAND_FINGERS])
"""Rows of the finger tips."""

_WIDTH: Final = 0.6  # of a palm, between the outer knuckles, in its lengths
_TIP_SHARE: Final = np.array([0.81, 0.88, 0.81, 0.83, 1.09])
"""From a finger's last joint to its tip, in lengths of the bone before: the last phalanx with its soft tissue
against the one before it, means of A. Buryanov and V. Kotiuk, "Proportions of Hand Segments" (2010)."""


def _rows(names: tuple[str, ...], side: str) -> NDArray[np.intp]:
    """Where the points of a hand that are in ``names`` stand there; -1 for a point that is not."""
    return np.array([names.index(n) if (n := f"{side}_{p}") in names else -1 for p in HAND_POINTS])


_KEYPOINTS: Final = {side: _rows(KEYPOINTS_WITH_HANDS, side) for side in SIDES}
_JOINTS: Final = {side: _rows(BODY_WITH_HANDS.names, side) for side in SIDES}
_HAS: Final = np.setdiff1d(np.arange(len(HAND_POINTS)), TIPS)


def shapes_of_keypoints(pose: KeypointPose, flat: bool = False) -> tuple[HandShape | None, ...]:
    """The left and the right hand of a pose with fingers; None for one of which a point is not known.

    Args:
        pose: the points.
        flat: whether the depths of fingers are only those of their wrists; then a palm that is far from
            an adult's shape is seen from a direction from which little can be told.
    """
    if len(pose.points) != len(KEYPOINTS_WITH_HANDS):
        return ()
    hands: list[HandShape | None] = []
    for rows in _KEYPOINTS.values():
        sure = pose.confidence[rows]
        points = pose.points[rows] - pose.points[rows[0]]
        confidence = float(np.median(sure)) * (_unforeshortened(points) if flat else 1.0)
        hands.append(HandShape(points, confidence) if sure.min() > 0.0 else None)
    return tuple(hands)


def _unforeshortened(points: Array) -> float:
    """How much of a palm is seen without depth: 1 where its width fits its length, 0 from its edge."""
    width = float(np.linalg.norm(points[PALM[4]] - points[PALM[1]]))
    ratio = width / max(palm_length(points), 1e-6) / _WIDTH
    return min(max(2.0 * min(ratio, 1.0 / max(ratio, 1e-6)) - 0.5, 0.0), 1.0)


def shapes_of_joints(posed: Posed) -> tuple[HandShape | None, ...]:
    """The left and the right hand of a body model's joints; it ends at the last ones, so tips are guessed."""
    if len(posed.positions) != len(BODY_WITH_HANDS):
        return ()
    hands: list[HandShape | None] = []
    for rows in _JOINTS.values():
        points = np.zeros((len(HAND_POINTS), 3))
        joints = rows[_HAS]
        points[_HAS] = posed.positions[joints] - posed.positions[rows[0]]
        last, before = points[TIPS - 1], points[TIPS - 2]
        turn = quat_multiply(
            posed.orientations_xyzw[rows[TIPS - 1]],
            quat_conjugate(posed.orientations_xyzw[rows[TIPS - 2]]),
        )
        points[TIPS] = last + _TIP_SHARE[:, None] * quat_rotate(turn, last - before)
        sure = posed.confidence[joints]
        hands.append(HandShape(points, float(np.median(sure))) if sure.min() > 0.0 else None)
    return tuple(hands)


def palm_normal(points: Array, side: str) -> Array:
    """Out of the palm, unit length, shape (3,): the normal of the area between wrist and knuckles.

    Args:
        points: shape (21, 3), of the hand [m].
        side: ``left`` or ``right``.
    """
    spokes = points[PALM[1:]] - points[PALM[0]]
    area = cross(spokes[:-1], spokes[1:]).sum(axis=0)
    return normalize(area if side == "right" else -area)


def palm_length(points: Array) -> float:
    """From the wrist to the middle finger's knuckle [m]."""
    return float(np.linalg.norm(points[MIDDLE] - points[0]))
