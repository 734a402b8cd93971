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

"""Shapes of an operator's hand over time: opening and shutting, and the thumb on each finger's tip."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from frankmocap_ros.body.skeleton import HAND_FINGERS, HAND_POINTS
from frankmocap_ros.geometry.rotation import Array

_BASES: Final = {  # of a right hand, in the frame of its palm [m]
    "thumb": (0.010, 0.025, 0.022),
    "index": (0.000, 0.025, 0.090),
    "middle": (0.000, 0.000, 0.092),
    "ring": (0.000, -0.019, 0.086),
    "pinky": (0.000, -0.036, 0.078),
}
_BONES: Final = {  # lengths from base to tip [m]
    "thumb": (0.045, 0.032, 0.028),
    "index": (0.042, 0.026, 0.022),
    "middle": (0.046, 0.029, 0.023),
    "ring": (0.042, 0.027, 0.023),
    "pinky": (0.034, 0.021, 0.020),
}
_BENDS: Final = (1.1, 1.3, 0.8)  # of a finger's joints in a fist [rad]
_PINCH: Final = 0.75  # how far the fingers are bent where they meet the thumb
_SWEEPS: Final = 30
PERIOD_S: Final = 2.0
"""Of one opening and shutting, and of one pinch."""


def hand_shape(fist: float = 0.0, pinch: str = "", share: float = 1.0, side: str = "right") -> Array:
    """The points of a hand in the frame of its palm, shape (21, 3) [m].

    Args:
        fist: 0 flat to 1 shut.
        pinch: finger whose tip touches the thumb's; empty for none.
        share: how far the pinch has come, 0 to 1.
        side: ``left`` or ``right``.
    """
    chains = {finger: _chain(finger, fist) for finger in HAND_FINGERS}
    if pinch:
        bent = {finger: _chain(finger, _PINCH) for finger in ("thumb", pinch)}
        meeting = 0.5 * (bent["thumb"][-1] + bent[pinch][-1])
        for finger in ("thumb", pinch):
            start = chains[finger][-1]
            chains[finger] = _reaching(bent[finger], start + share * (meeting - start))
    points = np.concatenate([np.zeros((1, 3)), *(chains[finger] for finger in HAND_FINGERS)])
    assert points.shape == (len(HAND_POINTS), 3)
    return points if side == "right" else np.asarray(points * (1.0, -1.0, 1.0))


def hand_motion(time_s: float, side: str = "right") -> Array:
    """Points of a hand that opens and shuts, and then pinches with each finger, again and again, as above."""
    turn, phase = divmod(time_s / PERIOD_S, 1.0)
    share = 0.5 - 0.5 * math.cos(math.tau * phase)
    finger = ("", *HAND_FINGERS[1:])[int(turn) % len(HAND_FINGERS)]
    if not finger:
        return hand_shape(share, side=side)
    return hand_shape(0.15, finger, share, side)


def _chain(finger: str, fist: float) -> Array:
    """The four points of a finger, bent towards the palm; the thumb across it."""
    points, bend = [np.array(_BASES[finger])], 0.0
    for length, most in zip(_BONES[finger], _BENDS, strict=True):
        if finger == "thumb":
            across, out = -0.75 + 0.9 * fist + 0.5 * bend, 0.25 + 0.5 * fist
            way = (math.sin(out), -math.cos(out) * math.sin(across), math.cos(out) * math.cos(across))
            bend += fist
        else:
            bend += most * fist
            way = (math.sin(bend), 0.0, math.cos(bend))
        points.append(points[-1] + length * np.array(way))
    return np.array(points)


def _reaching(points: Array, tip: Array) -> Array:
    """A chain with its tip at a point, or as near as it can be: its bones keep their lengths."""
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    base, found = points[0], points.copy()
    for _ in range(_SWEEPS):  # backwards from the tip, then forwards from the base
        found = _dragged(found[::-1], tip, lengths[::-1])[::-1]
        found = _dragged(found, base, lengths)
    return np.asarray(found)


def _dragged(points: Array, start: Array, lengths: Sequence[float] | Array) -> Array:
    """A chain whose first point is put somewhere, and whose others are drawn after it."""
    found = [start]
    for point, length in zip(points[1:], lengths, strict=True):
        way = point - found[-1]
        found.append(found[-1] + way * (length / max(float(np.linalg.norm(way)), 1e-9)))
    return np.array(found)
