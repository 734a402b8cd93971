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

"""Torso and head in space from pixels: which way somebody is turned and leans."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.body import proportions
from frankmocap_ros.body.skeleton import KEYPOINTS
from frankmocap_ros.geometry.rotation import Array, cross, normalize
from frankmocap_ros.tracking import learned_lengths
from frankmocap_ros.tracking.learned_lengths import sine_of

_K: Final = {name: i for i, name in enumerate(KEYPOINTS)}
SHOULDERS: Final = np.array([_K["left_shoulder"], _K["right_shoulder"]])
HIPS: Final = np.array([_K["left_hip"], _K["right_hip"]])
EARS: Final = np.array([_K["left_ear"], _K["right_ear"]])
NOSE: Final = _K["nose"]

_TURN_SPEED: Final = 1.0  # of a shoulder relative to the torso's middle [m/s]
_LEAK: Final = 1e-3
_TOLD_S: Final = 0.1  # after so long an image tells something new
_NOSE_AHEAD: Final = 0.09  # of the shoulders' middle, as a share of the height
_NOSE_SPREAD: Final = 0.05  # heads turn
_EARS_AHEAD: Final = 0.03  # of the shoulders' middle, as a share of the height
_LEANS_FORWARD: Final = 0.85  # of those who lean at all
_SURELY_LEANS: Final = 0.35
_AWAY: Final = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True, eq=False)
class Torso:
    """A torso in space.

    Attributes:
        points: shape (4, 3), left and right shoulder, left and right hip [m].
        axes: shape (3, 3), left, up and front as rows.
        open_m: how far the shoulders' depth may be off, as its sign is not certain [m].
    """

    points: Array
    axes: Array
    open_m: float


class TorsoLifting:
    """Puts one person's torso into space; remembers to which side it is turned."""

    def __init__(self) -> None:
        self._left_away = 0.5  # probability that the left shoulder is further away than the right one

    def update(self, rays: Array, nose_seen: bool, depth_m: float, lengths: Array, elapsed_s: float) -> Torso:
        """The torso in this image.

        Args:
            rays: shape (K, 3), of the keypoints, with z = 1.
            nose_seen: whether the nose is.
            depth_m: of the torso's middle.
            lengths: shape (7,), of the bones [m].
            elapsed_s: time since the previous image [s].
        """
        ends = rays[[*SHOULDERS, *HIPS]]
        top, bottom = ends[:2].mean(axis=0), ends[2:].mean(axis=0)
        width = ends[0] - ends[1]
        length = lengths[learned_lengths.TORSO]
        sine = _sine(learned_lengths.TORSO, top - bottom, depth_m, length)
        lean_m = length * sine * min(sine / _SURELY_LEANS, 1.0)
        # towards the camera, where left is on the right
        lean_m *= (2.0 * _LEANS_FORWARD - 1.0) * width[0] / max(math.hypot(width[0], width[1]), 1e-6)
        at = np.array([depth_m - 0.5 * lean_m, depth_m + 0.5 * lean_m])  # top, bottom
        sines = [
            _sine(kind, ends[2 * i] - ends[2 * i + 1], at[i], lengths[kind])
            for i, kind in enumerate((learned_lengths.SHOULDERS, learned_lengths.HIPS))
        ]
        turn_m = 0.5 * lengths[learned_lengths.SHOULDERS] * sines[0]
        self._turned(turn_m, elapsed_s)
        if nose_seen:
            ahead = cross(_AWAY, normalize(top * at[0] - bottom * at[1]))  # front, were left straight away
            nose = float((rays[NOSE] - top) @ ahead) * at[0] * proportions.TORSO / length
            self._told(nose, sines[0], elapsed_s)
        sign = 2.0 * self._left_away - 1.0
        hips_m = 0.5 * lengths[learned_lengths.HIPS] * sines[1]
        turns = sign * np.array([turn_m, -turn_m, hips_m, -hips_m])
        points = ends * (np.repeat(at, 2) + turns)[:, None]
        left = points[0] - points[1]
        up = points[:2].mean(axis=0) - points[2:].mean(axis=0)
        axes = _axes(left, up)
        return Torso(points, axes, turn_m * math.sqrt(max(1.0 - sign * sign, 0.0)))

    def _turned(self, turn_m: float, elapsed_s: float) -> None:
        """The side may change while both are near each other."""
        step = _TURN_SPEED * max(elapsed_s, 1e-3)
        change = 0.5 * math.exp(-0.5 * (2.0 * turn_m / step) ** 2) + _LEAK
        self._left_away += change * (1.0 - 2.0 * self._left_away)

    def _told(self, nose: float, sine: float, elapsed_s: float) -> None:
        """People look forward: the nose is on the side to which the torso is turned.

        Args:
            nose: how far it is on the side of those whose left shoulder is away, as a share of the height.
            sine: how far the shoulders' line points out of the image plane, 0..1.
            elapsed_s: time since the previous image [s].
        """
        told = min(elapsed_s / _TOLD_S, 1.0)
        log_odds = 2.0 * _NOSE_AHEAD * sine * nose / _NOSE_SPREAD**2 * told
        log_odds += math.log(self._left_away / (1.0 - self._left_away))
        self._left_away = 1.0 / (1.0 + math.exp(-max(min(log_odds, 12.0), -12.0)))


def put_head(points: Array, rays: Array, torso: Torso, height_m: float) -> None:
    """Set the depths of ears and nose: the nose is before the ears, on the side on which it is seen.

    Args:
        points: shape (K, 3), the keypoints; their depths are written [m].
        rays: shape (K, 3), of the keypoints, with z = 1.
        torso: on which the head sits.
        height_m: the person's height [m].
    """
    top = torso.points[:2].mean(axis=0)
    at_z = top[2] + _EARS_AHEAD * height_m * torso.axes[2, 2]
    ears = rays[EARS] * at_z
    nose = rays[NOSE] * at_z - ears.mean(axis=0)
    ahead_m = proportions.NOSE * height_m
    facing = math.copysign(1.0, ears[0, 0] - ears[1, 0])
    away = min(max(float(nose[0]) / ahead_m, -1.0), 1.0)
    points[EARS, 2] = at_z + np.array([0.5, -0.5]) * proportions.EARS * height_m * away
    points[NOSE, 2] = at_z - facing * ahead_m * math.sqrt(1.0 - away * away)


def _sine(kind: int, across: Array, depth_m: float, length: float) -> float:
    share = depth_m * math.hypot(across[0], across[1]) / max(length, 1e-6)
    return float(sine_of(kind, np.array(share)))


def _axes(left: Array, up: Array) -> Array:
    """Left, up and front of a body as rows; up keeps its direction."""
    up = normalize(up)
    left = normalize(left - (left @ up) * up)
    return np.stack([left, up, cross(left, up)])
