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

"""Hands made of numbers: 21 points of a flat one, bent and turned as a test wants it."""

import numpy as np

from frankmocap_ros.body.skeleton import HAND_POINTS
from frankmocap_ros.geometry.rotation import quat_from_rotvec, quat_rotate

# a right hand with its palm to the camera and the fingers up, in the optical frame: wrist at 0, thumb to the
# image's right [m]
_FIRST = {
    "thumb": (0.03, -0.02, 0.0), "index": (0.025, -0.09, 0.0), "middle": (0.005, -0.095, 0.0),
    "ring": (-0.015, -0.09, 0.0), "pinky": (-0.032, -0.08, 0.0),
}  # fmt: skip
_BONES = (0.04, 0.025, 0.02)


def hand(side="right", bend=0.0, turn=(0.0, 0.0, 0.0)):
    """Points (21, 3) from the wrist [m].

    Args:
        side: of the hand; a left one is the mirror image.
        bend: of each finger joint towards the palm [rad].
        turn: rotation vector after that [rad].
    """
    points = np.zeros((21, 3))
    for finger, first in _FIRST.items():
        row = HAND_POINTS.index(f"{finger}1")
        points[row] = first
        along = np.array([0.8, -0.6, 0.0]) if finger == "thumb" else np.array([0.0, -1.0, 0.0])
        for k, bone in enumerate(_BONES):
            angle = 0.0 if finger == "thumb" else (k + 1) * bend
            direction = np.cos(angle) * along + np.sin(angle) * np.array([0.0, 0.0, -1.0])
            points[row + k + 1] = points[row + k] + bone * direction
    if side == "left":
        points[:, 0] *= -1.0
    return quat_rotate(quat_from_rotvec(np.array(turn)), points)
