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

"""One person's hands from image to image: which shape counts, smoothed, and what each hand's state is.

A hand hangs on the body's wrist: its side is the body's, and where the wrist is not known there is no hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.body.hand_shape import palm_normal
from frankmocap_ros.body.pose import Body, Hand, HandShape, JointState
from frankmocap_ros.body.skeleton import SIDES
from frankmocap_ros.geometry.rotation import Array, normalize, quat_conjugate, quat_multiply, quat_rotate
from frankmocap_ros.one_euro import OneEuro, OneEuroVector
from frankmocap_ros.tracking.hand_outliers import HandOutliers

_EDGE: Final = (0.17, 0.5)  # |cosine| of the palm's angle to the camera: 10 and 30 degrees from its edge
_EDGE_CONFIDENCE: Final = 0.4  # confidence is multiplied by this where the palm is seen from its edge


@dataclass(frozen=True)
class HandRules:
    """What is in force for one image.

    Attributes:
        time_s: the image's time [s].
        least: confidence of a TRACKED hand; below half of it a shape is not used.
        hold_s: how long a hand that is not seen is HELD [s].
        params: of the filter of its points; None for no smoothing.
    """

    time_s: float
    least: float
    hold_s: float
    params: OneEuro | None


@dataclass(frozen=True, eq=False)
class _Wrist:
    """What a hand hangs on: position (3,) [m], and rotation x y z w, None where it is not known."""

    position: Array
    rotation_xyzw: Array | None


class HandsFilter:
    """Memory of both hands of one person."""

    def __init__(self) -> None:
        self._hands = [_OneHand(side) for side in SIDES]

    def update(self, shapes: Sequence[HandShape | None], body: Body, rules: HandRules) -> tuple[Hand, ...]:
        """The left and the right hand.

        Args:
            shapes: as estimated in this image, left and right, along the axes of the optical frame and as
                large as the body; empty where none is.
            body: with its joints and their states, in the optical frame.
            rules: of this image.
        """
        return tuple(
            hand.update(shape, _wrist(body, hand.side), rules)
            for hand, shape in zip(self._hands, shapes or (None, None), strict=True)
        )


class _OneHand:
    """Memory of one hand."""

    def __init__(self, side: str) -> None:
        self.side = side
        self._outliers = HandOutliers(side)
        self._filter: OneEuroVector | None = None
        self._points: Array | None = None  # (21, 3) from the wrist, when it was last seen [m]
        self._rotation: Array | None = None  # of the wrist then
        self._confidence = 0.0
        self._seen_s = -np.inf

    def update(self, shape: HandShape | None, wrist: _Wrist | None, rules: HandRules) -> Hand:
        if wrist is None:
            return Hand(self.side)
        share = 0.0 if shape is None else _shown(shape.points, wrist, self.side)
        confidence = 0.0 if shape is None else share * shape.confidence
        usable = confidence > 0.0 and confidence >= 0.5 * rules.least
        if shape is None or not usable or not self._outliers.accepts(shape.points, rules.time_s):
            return self._held(wrist, rules)
        self._points = self._smoothed(shape.points, rules)
        self._rotation, self._confidence, self._seen_s = wrist.rotation_xyzw, confidence, rules.time_s
        sure = confidence >= rules.least and share > _EDGE_CONFIDENCE
        return self._at(wrist, self._points, JointState.TRACKED if sure else JointState.PREDICTED, confidence)

    def _smoothed(self, points: Array, rules: HandRules) -> Array:
        if rules.params is None:
            self._filter = None
            return points
        if self._filter is None:
            self._filter = OneEuroVector(len(points), rules.params)
        self._filter.params = rules.params
        return self._filter.filter(points, rules.time_s, np.ones(len(points), bool))

    def _held(self, wrist: _Wrist, rules: HandRules) -> Hand:
        """The last shape, turned as the wrist has turned since."""
        age_s = rules.time_s - self._seen_s
        if self._points is None or not 0.0 <= age_s < rules.hold_s:
            return Hand(self.side)
        points = self._points
        if self._rotation is not None and wrist.rotation_xyzw is not None:
            turn = quat_multiply(wrist.rotation_xyzw, quat_conjugate(self._rotation))
            points = quat_rotate(turn, points)
        return self._at(wrist, points, JointState.HELD, self._confidence * (1.0 - age_s / rules.hold_s))

    def _at(self, wrist: _Wrist, points: Array, state: JointState, confidence: float) -> Hand:
        normal = palm_normal(points, self.side)
        angle_rad = float(np.arccos(np.clip(_facing(normal, wrist), -1.0, 1.0)))
        return Hand(self.side, state, confidence, wrist.position + points, normal, angle_rad)


def _wrist(body: Body, side: str) -> _Wrist | None:
    row = body.skeleton.index[f"{side}_wrist"]
    if body.states[row] == JointState.INVALID:
        return None
    turned = body.orientation_confidence[row] > 0.0
    return _Wrist(body.positions[row], body.orientations_xyzw[row] if turned else None)


def _facing(normal: Array, wrist: _Wrist) -> float:
    """Cosine of the angle between a palm's normal and the direction to the camera."""
    return -float(normal @ normalize(wrist.position))


def _shown(points: Array, wrist: _Wrist, side: str) -> float:
    """What a hand's confidence is multiplied by for the direction from which it is seen."""
    low, high = _EDGE
    shown = (abs(_facing(palm_normal(points, side), wrist)) - low) / (high - low)
    return _EDGE_CONFIDENCE + (1.0 - _EDGE_CONFIDENCE) * min(max(shown, 0.0), 1.0)
