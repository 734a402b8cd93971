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

"""Where one person's hands are looked for, from image to image, and whose a hand is that was found.

A hand that was seen in the image before is looked for around its own points, moved as the body's wrist has
moved; else a first square follows from the body's wrist and knuckles. A hand is that of the wrist from which
it was found as long as it lies near that wrist; nothing that the hand network says of its side changes it.

Zhang et al., "MediaPipe Hands: On-device Real-time Hand Tracking", 2020, for the square around a hand's own
points.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.body.skeleton import SIDES
from frankmocap_ros.estimators.blazepose.hand_landmarks import UP, HandLandmarks
from frankmocap_ros.estimators.blazepose.pose_landmarks import PoseLandmarks
from frankmocap_ros.estimators.square_crop import is_usable, region_along, rotation_in_image, shifted
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.geometry.rotation import Array

# of BlazePose: wrist, knuckle of the little finger, of the index finger
_FROM_BODY: Final = {"left": (15, 17, 19), "right": (16, 18, 20)}
_LEAST_VISIBILITY: Final = 0.1  # of the wrist
_FIRST_SIDES: Final = 2.0 * 2.7  # of the first square, in distances from the wrist to the middle knuckle
_STEADY: Final = np.array([0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18])  # points that bent fingers move little
_SIDES: Final = 2.0  # of the square, in longer sides of the box around these
_NEAR: Final = 0.35  # from the body's wrist to the hand's own, in sides of the square
_SAME: Final = 0.15  # two hands whose points are nearer to each other than this, in sides, are one
_MISSES: Final = 5  # times in a row that a hand is looked for in every image and not found
_WAIT_S: Final = (0.05, 0.3)  # then it is looked for after this time, and twice of that, and so on up to


@dataclass(frozen=True, eq=False)
class HandMemory:
    """What is kept of one hand for the next image.

    Attributes:
        points: shape (21, 2), from the body's wrist [px]; None where the hand was not seen.
        misses: how many times in a row it was looked for at the wrist and not found.
        next_s: not looked for before this time [s].
    """

    points: Array | None = None
    misses: int = 0
    next_s: float = -math.inf


def body_wrist(body: PoseLandmarks, side: str) -> Array:
    """The body's own wrist, shape (2,) [px]."""
    return np.asarray(body.pixels[_FROM_BODY[side][0]])


def first_region(body: PoseLandmarks, side: str) -> Region | None:
    """The square in which a hand is, as the body's landmarks show it; None where they do not."""
    rows = _FROM_BODY[side]
    wrist, pinky, index = body.pixels[list(rows)]
    if body.visibility[rows[0]] <= _LEAST_VISIBILITY:
        return None
    knuckle = (2.0 * index + pinky) / 3.0
    around = region_along(knuckle, 2.0 * knuckle - wrist, _FIRST_SIDES, 0.5 * np.pi)
    # MediaPipe moves it before it grows
    region = shifted(around, UP * 2.0 / _FIRST_SIDES)
    return region if is_usable(region) else None


def followed_region(body: PoseLandmarks, side: str, memory: HandMemory) -> Region | None:
    """The square around a hand that was seen in the image before; None where it was not."""
    if memory.points is None or body.visibility[_FROM_BODY[side][0]] <= _LEAST_VISIBILITY:
        return None
    region = region_around(memory.points + body_wrist(body, side))
    return region if is_usable(region) else None


def region_around(points: Array) -> Region:
    """The square around a hand's points, shape (21, 2) [px], with the fingers up."""
    knuckles = 0.25 * (points[5] + points[13]) + 0.5 * points[9]
    turned = rotation_in_image(region_along(points[0], knuckles, 1.0, 0.5 * np.pi))
    along = points[_STEADY] @ turned
    low, high = along.min(axis=0), along.max(axis=0)
    rotation_rad = math.atan2(turned[1, 0], turned[0, 0])
    side_px = _SIDES * float((high - low).max())
    box = Region(turned @ (0.5 * (low + high)), side_px, rotation_rad)
    # as high as the box, before it becomes a square
    return shifted(box, UP * float(high[1] - low[1]) / max(side_px, 1.0))


def waits(memory: HandMemory, time_s: float) -> bool:
    """Whether it is too early to look again for a hand that was not found."""
    # a clock that went back says nothing
    return memory.next_s - _WAIT_S[1] <= time_s < memory.next_s


def owned(body: PoseLandmarks, found: Mapping[str, HandLandmarks]) -> dict[str, HandLandmarks]:
    """The hands that are those of their wrists.

    Where two are one in the image, because the arms are crossed or one hand hides the other, it is that of
    the nearer wrist.

    Args:
        body: whose they are.
        found: what was seen around each wrist, by side.
    """
    away = {
        side: float(np.hypot(*(hand.pixels[0] - body_wrist(body, side)))) / hand.side_px
        for side, hand in found.items()
    }
    kept = {side: hand for side, hand in found.items() if away[side] <= _NEAR}
    if len(kept) == len(SIDES):
        left, right = (kept[side] for side in SIDES)
        apart = np.hypot(*(left.pixels - right.pixels).T).mean()
        if apart < _SAME * 0.5 * (left.side_px + right.side_px):
            del kept[max(SIDES, key=lambda side: away[side])]
    return kept


def remembered(memory: HandMemory, hand: HandLandmarks | None, wrist: Array, time_s: float) -> HandMemory:
    """What is kept of a hand that was looked for.

    Args:
        memory: of the image before.
        hand: as found; None where it was not.
        wrist: shape (2,), the body's [px].
        time_s: the image's time [s].
    """
    if hand is not None:
        return HandMemory(hand.pixels - wrist)
    if memory.points is not None:  # it was lost, and is looked for at the wrist in the next image
        return HandMemory()
    first, most = _WAIT_S
    waited = memory.misses - _MISSES
    wait_s = 0.0 if waited < 0 else min(most, first * 2.0 ** min(waited, 10))
    return HandMemory(None, memory.misses + 1, time_s + wait_s)
