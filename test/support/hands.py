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

"""Hands of an operator, drawn as 21 points, for what measures how far they are open."""

import numpy as np

from frankmocap_ros.body.pose import Hand, JointState
from frankmocap_ros.body.skeleton import HAND_POINTS

_PALM_M = 0.09
_KNUCKLES = {"index": -0.03, "middle": -0.01, "ring": 0.01, "pinky": 0.03}  # across the palm [m]
_LENGTHS = np.array((0.042, 0.026, 0.022))  # of a finger's bones [m]
_AT = {name: i for i, name in enumerate(HAND_POINTS)}


def hand_points(opening, palm_m=_PALM_M):
    """Points of a hand that is open so far, shape (21, 3) [m]: fingers along y, the palm's normal is z.

    The fingers curl with ``opening``, 0 a fist to 1 flat, and the thumb's tip comes to the index finger's.
    """
    points = np.zeros((21, 3))
    for name, x in _KNUCKLES.items():
        at = np.array((x, 0.09, 0.0))
        points[_AT[f"{name}1"]] = at
        angle = 0.0
        for k, length in enumerate(_LENGTHS):
            angle += (1.0 - opening) * np.radians((80.0, 95.0, 50.0)[k])
            at = at + length * np.array((0.0, np.cos(angle), np.sin(angle)))
            points[_AT[f"{name}{k + 2}"]] = at
    tip = points[_AT["index4"]]
    spread = np.array((-0.075, 0.035, 0.01))
    thumb = tip + (0.12 + 0.88 * opening) * (spread - tip)
    base = np.array((-0.025, 0.02, 0.005))
    for k, share in enumerate((0.0, 0.4, 0.75, 1.0)):
        points[_AT[f"thumb{k + 1}"]] = base + share * (thumb - base)
    return points * (palm_m / _PALM_M)


def hand(side="left", opening=1.0, **values):
    """A hand that is seen well from the palm, with what else of it is given."""
    told = {"state": JointState.TRACKED, "confidence": 0.9, "palm_normal": np.array((0.0, 0.0, -1.0))}
    return Hand(side, **{**told, "points": hand_points(opening), **values})


def hands(left=1.0, right=1.0):
    """Both hands."""
    return hand("left", left), hand("right", right)
