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

"""Depths of one person's joints along their lines of sight, so that bones keep their lengths.

The image says where a joint is across the line of sight. How far along it, a network guesses from one image:
to 12 to 16 cm at a wrist, so that bones breathe. Twelve depths, of shoulders, hips, elbows, wrists, knees and
ankles, are fitted by a few Gauss-Newton steps to

- the network's depths: of the torso as they are, of a limb's joint relative to the joint before it,
- the lengths of the bones (``bone_lengths.py``),
- how far elbows and knees bend at most,
- the depths of the image before, relative to the torso,

with p = z s a joint at depth z on its ray s = (x, y, 1), and |p_b - p_a| linearized about the last depths.

A bone that the network sees across the line of sight, and that is seen shorter than it is, may point towards
the camera or away from it, and the first step decides. It begins where network and last image agree best, and
forearms a little ahead of that as the body faces: elbows bend forwards. Begun at the network's depths, noise
would decide, in every image again.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.body.skeleton import KEYPOINTS, SIDES
from frankmocap_ros.geometry.rotation import Array, Mask, dot
from frankmocap_ros.tracking.bone_lengths import BONES, LIMBS, BoneLengths, across_line_of_sight

_PARTS: Final = ("shoulder", "hip", "elbow", "wrist", "knee", "ankle")
FITTED: Final = np.array([KEYPOINTS.index(f"{side}_{part}") for part in _PARTS for side in SIDES])
"""Shape (12,), rows of ``KEYPOINTS`` whose depths are fitted."""
_N: Final = len(FITTED)
_TORSO: Final = 4  # of them, first
_ROW: Final = {int(k): i for i, k in enumerate(FITTED)}
_BONES: Final = np.array([[_ROW[int(a)], _ROW[int(b)]] for a, b in BONES])
_BENT: Final = np.array([[_ROW[int(a)], _ROW[int(c)]] for a, _, c in LIMBS])  # ends of each limb
_PAIRS: Final = np.concatenate([_BONES, _BENT])
_EACH: Final = np.arange(len(_PAIRS))[:, None]
# in the order of LIMBS, the bones of each: rows of BONES
_UPPER: Final = np.array([0, 1, 4, 5])
_LOWER: Final = np.array([2, 3, 6, 7])
_STRAIGHT: Final = 5.0 / 6.0  # of pi, how far elbows and knees bend: 150 degrees (AAOS)
_COSINE: Final = math.cos(math.pi * (1.0 - _STRAIGHT))

# Standard deviations [m]. Along: a wrist's 12 to 16 cm, as measured on people with the full network, shared
# by the two bones that lead there; the torso's, which is broad, by the synthetic bench. Across: 8 to 10 cm at
# a wrist, measured too, in two directions; a bone that lies across says its length no better than this.
_TORSO_M: Final = 0.04
_BONE_M: Final = 0.09
_ACROSS_M: Final = 0.06
_BEND_M: Final = 0.03
_WANDER: Final = 0.8  # of a depth from image to image, as of a random walk [m per square root of a second]
_LONGEST_S: Final = 0.5  # between two images that are terms for each other
_ITERATIONS: Final = 2
_WRISTS: Final = np.array([_ROW[KEYPOINTS.index(f"{side}_wrist")] for side in SIDES])
_AHEAD_M: Final = 0.07  # of where network and last image agree best, the first step takes a wrist to be
_NEAREST_M: Final = 0.1


def _network() -> Array:
    """Normal matrix (12, 12) of the terms that hold each depth near the network's."""
    rows = np.zeros((_N, _N))
    torso = np.arange(_TORSO)
    rows[torso, torso] = 1.0 / _TORSO_M
    for i, (a, b) in enumerate(_BONES[: len(_UPPER) + len(_LOWER)], start=_TORSO):
        rows[i, a], rows[i, b] = -1.0 / _BONE_M, 1.0 / _BONE_M
    return np.asarray(rows.T @ rows)


_NETWORK: Final = _network()
NETWORK_STDDEV: Final[Array] = np.sqrt(np.diag(np.linalg.inv(_NETWORK)))
"""Shape (12,), standard deviation of each depth as the network gives it [m]."""


@dataclass(frozen=True, eq=False)
class DepthFit:
    """Depths of the joints of ``FITTED``.

    Attributes:
        depths: shape (12,), along the optical axis [m].
        stddev: shape (12,), what the terms leave open, to first order [m].
    """

    depths: Array
    stddev: Array


class DepthFitter:
    """Fits one person's images in turn.

    Args:
        lengths: of this person.
    """

    def __init__(self, lengths: BoneLengths) -> None:
        self._lengths = lengths
        self._last: Array = np.zeros(_N)  # depths relative to the torso's mean
        self._known: Mask = np.zeros(len(KEYPOINTS), bool)
        self._time_s = -np.inf

    def fit(self, points: Array, known: Mask, time_s: float) -> DepthFit:
        """Fit one image.

        Args:
            points: shape (21 or more, 3), in the optical frame [m].
            known: shape of ``points`` without the last axis; bones at other points have no say.
            time_s: the image's time [s].

        Returns:
            The depths as they are where some joint is not in front of the camera: it has no ray.
        """
        given = points[FITTED, 2]
        if given.min() < _NEAREST_M:
            return DepthFit(given, NETWORK_STDDEV)
        dt = time_s - self._time_s
        weight = np.zeros(_N)
        if 0.0 < dt <= _LONGEST_S:
            weight[_TORSO:] = (known & self._known)[FITTED[_TORSO:]] / (_WANDER**2 * dt)
        normal = _NETWORK + np.diag(weight)
        pull = _NETWORK @ given + weight * (self._last + given[:_TORSO].mean())
        fit = _fit(points, normal, pull, _distances(points, known, self._lengths))
        self._last = fit.depths - fit.depths[:_TORSO].mean()
        self._known, self._time_s = known, time_s
        return fit


def _fit(points: Array, fixed: Array, pull: Array, distances: tuple[Array, Array]) -> DepthFit:
    """Depths for which terms linear in them, and distances, agree best.

    Args:
        points: as for ``DepthFitter.fit``.
        fixed: shape (12, 12), normal matrix of the linear terms.
        pull: shape (12,), their right side.
        distances: see ``_distances``.
    """
    given = points[FITTED, 2]
    rays = (points[FITTED] / given[:, None])[_PAIRS]
    rays[:, 0] *= -1.0  # of the first joint, so that sums are differences
    target, weight = distances
    z = _begun(points, np.asarray(np.linalg.solve(fixed, pull)))
    for _ in range(_ITERATIONS):
        bone = np.matmul(z[_PAIRS][:, None], rays)[:, 0]
        length = np.sqrt(dot(bone, bone))
        use = weight.copy()
        use[len(_BONES) :] *= length[len(_BONES) :] < target[len(_BONES) :]
        direction = bone * (use / np.maximum(length, 1e-6))[:, None]
        slopes = np.zeros((len(_PAIRS), _N))
        slopes[_EACH, _PAIRS] = dot(direction[:, None], rays)
        beside = use * (target - length) + slopes @ z
        covariance = np.linalg.inv(fixed + slopes.T @ slopes)
        z = np.maximum(covariance @ (pull + slopes.T @ beside), _NEAREST_M)
    return DepthFit(z, np.sqrt(covariance.diagonal()))


def _begun(points: Array, z: Array) -> Array:
    """Depths (12,) with the wrists ahead: towards the camera where the body faces it, else away from it."""
    left_x, _, left_z = points[FITTED[0]].tolist()
    right_x, _, right_z = points[FITTED[1]].tolist()
    width = max(math.hypot(left_x - right_x, left_z - right_z), _NEAREST_M)
    z[_WRISTS] -= _AHEAD_M * (left_x - right_x) / width
    return np.maximum(z, _NEAREST_M)


def _distances(points: Array, known: Mask, lengths: BoneLengths) -> tuple[Array, Array]:
    """What distance the pairs of joints have, bones first [m], and with what weight [1/m]."""
    meters = lengths.meters
    use = known[BONES].all(axis=1) & np.isfinite(meters)
    across = across_line_of_sight(points[BONES[:, 0]], points[BONES[:, 1]])
    lying = np.where(use, np.minimum(across / np.where(use, meters, 1.0), 1.0), 0.0)
    weight = np.where(use, 1.0 / np.hypot(np.where(use, lengths.stddev, 1.0), _ACROSS_M * lying), 0.0)
    upper, lower = meters[_UPPER], meters[_LOWER]
    bent = np.sqrt(upper**2 + lower**2 - 2.0 * _COSINE * upper * lower)
    limbs = use[_UPPER] & use[_LOWER]
    target = np.concatenate([np.where(use, meters, 0.0), np.where(limbs, bent, 0.0)])
    return target, np.concatenate([weight, limbs / _BEND_M])
