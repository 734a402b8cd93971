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

"""Twists of limbs remembered, so that no rotation jumps where one image does not fix it.

A rotation from keypoints has two parts. Where the bone points (swing) is as good as the bone's two ends,
which are filtered already. The turn about the bone (twist) follows from the plane of the elbow or knee, or
from two knuckles: as a limb gets straight, noise of a centimeter turns that plane by any angle. So each twist
is filtered by itself and in its parent's frame, as a scalar Kalman filter: it drifts, and is measured with a
variance that grows as the limb gets straight and as the joint is less surely seen. A straight limb keeps its
hinge; what is measured again and again wins.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.from_keypoints import REST_PRIMARY, REST_SECONDARY
from frankmocap_ros.body.kinematics import Posed
from frankmocap_ros.body.skeleton import BODY, Skeleton
from frankmocap_ros.geometry.rotation import (
    Array,
    Mask,
    cross,
    dot,
    frames,
    quat_conjugate,
    quat_multiply,
    quat_to_matrix,
    swung,
)

_DRIFT: Final = 4.0  # variance that a twist gains [rad^2/s]
_TREND_S: Final = 0.15  # time constant of the mean difference between measured and kept twists
_TREND_DRIFT: Final = 40.0  # further drift per square of that mean [1/s]
_LIMB_NOISE: Final = 0.004  # variance of a twist times the image's duration, bent by a right angle [rad^2 s]
_END_NOISE: Final = 0.06  # the same of palms and feet
_FASTEST: Final = 6.0  # that a twist turns by itself [rad/s]
_LEAST_SINE: Final = np.array([0.2, 0.2, 0.3, 0.3])  # of the bend that counts; feet say more than nothing
_LEAST_CONFIDENCE: Final = 0.05
_LEAST_WEIGHT: Final = 0.05  # of a measurement half a turn away from what is kept
_MAX_GAP_S: Final = 0.5
_LEAST_STEP_S: Final = 1e-4
_NEW: Final = 1e6  # variance of a twist that nothing is known of [rad^2]


class _Twists:
    """Twists of N joints about their bones, each in its parent's frame.

    Args:
        joints: rows of the skeleton, shape (N,).
    """

    def __init__(self, joints: NDArray[np.intp]) -> None:
        self._rest = frames(REST_PRIMARY[joints], REST_SECONDARY[joints])
        self._bone, self._across = np.zeros((2, len(joints), 3))
        self._variance = np.full(len(joints), _NEW)
        self._trend = np.zeros(len(joints))

    def forget(self, rows: Mask) -> None:
        """Let the next measurement of these joints pass as it is."""
        self._variance[rows] = _NEW
        self._trend[rows] = 0.0

    def corrections(self, local: Array, noise: Array, dt: float) -> Array:
        """Angles by which to turn joints about their bones after this measurement, shape (N,) [rad].

        Args:
            local: shape (N, 4), measured rotations in the parents' frames.
            noise: shape (N,), variances of their twists [rad^2].
            dt: time since the last measurement [s].
        """
        axes = quat_to_matrix(local) @ self._rest
        bone, measured, beside = axes[..., 0], axes[..., 1], axes[..., 2]
        kept = swung(self._bone, bone, self._across)
        off = np.arctan2(-dot(kept, beside), dot(kept, measured))
        new = self._variance >= _NEW
        off[new] = 0.0
        self._trend += (off - self._trend) * min(1.0, dt / _TREND_S)
        variance = self._variance + (_DRIFT + _TREND_DRIFT * self._trend**2) * dt
        noise = noise / np.maximum(0.5 + 0.5 * np.cos(off), _LEAST_WEIGHT) ** 2
        gain = np.minimum(variance / (variance + noise), _FASTEST * dt / np.maximum(np.abs(off), 1e-9))
        self._variance = (1.0 - gain) * variance
        angle = (gain - 1.0) * off
        self._bone = bone
        self._across = np.cos(angle)[:, None] * measured + np.sin(angle)[:, None] * beside
        return angle


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows of a skeleton, the arms' (left, right) before the legs'.

    ``turned`` are all whose local rotations change; ``above`` means their parents.
    """

    upper: NDArray[np.intp]
    lower: NDArray[np.intp]
    ends: NDArray[np.intp]
    both: NDArray[np.intp]
    all: NDArray[np.intp]
    tips: NDArray[np.intp]
    fingers: NDArray[np.intp]
    finger_sides: NDArray[np.intp]
    turned: NDArray[np.intp]
    above_upper: NDArray[np.intp]
    above_turned: NDArray[np.intp]


@lru_cache(maxsize=8)
def _rows(skeleton: Skeleton) -> _Rows:
    def of(arm: str, leg: str) -> NDArray[np.intp]:
        return np.array(
            [skeleton.index[f"{side}_{part}"] for part in (arm, leg) for side in ("left", "right")]
        )

    upper, lower, ends = of("shoulder", "hip"), of("elbow", "knee"), of("wrist", "ankle")
    tips, fingers = of("hand", "foot"), np.arange(len(BODY), len(skeleton))
    turned, parents = np.concatenate([upper, lower, ends, tips, fingers]), np.array(skeleton.parents)
    return _Rows(
        upper=upper,
        lower=lower,
        ends=ends,
        both=np.concatenate([upper, lower]),
        all=np.concatenate([upper, lower, ends]),
        tips=tips,
        fingers=fingers,
        finger_sides=np.array([int(skeleton.names[j].startswith("right")) for j in fingers], np.intp),
        turned=turned,
        above_upper=parents[upper],
        above_turned=parents[turned],
    )


def _bones(orientations: Array, rows: NDArray[np.intp]) -> Array:
    """Unit directions of joints' bones, (N, 3), in the frame of the orientations (J, 4)."""
    return np.asarray((quat_to_matrix(orientations[rows]) @ REST_PRIMARY[rows, :, None])[..., 0])


def _about(bones: Array, angles: Array) -> Array:
    """Quaternions of turns about unit vectors (N, 3) by angles (N,) [rad]."""
    half = 0.5 * angles[:, None]
    return np.concatenate([np.sin(half) * bones, np.cos(half)], axis=1)


class RotationMemory:
    """Twists of one person's arms, legs, hands and feet, from image to image."""

    def __init__(self) -> None:
        rows = _rows(BODY)
        self._limbs, self._ends = _Twists(rows.upper), _Twists(rows.ends)
        self._time_s = -np.inf

    def forget(self) -> None:
        """Let the next pose pass as it is."""
        self._time_s = -np.inf

    def steadied(self, posed: Posed, skeleton: Skeleton, time_s: float) -> Posed:
        """The pose with filtered twists; where bones point, and so positions, stays as it is.

        Time that goes back, or a gap above 0.5 s, forgets; so does an orientation that is not known.

        Args:
            posed: joints with rotations, as ``solve`` gives them of keypoints.
            skeleton: their names.
            time_s: the image's time [s].
        """
        rows = _rows(skeleton)
        sure = posed.orientation_confidence
        dt = time_s - self._time_s
        fresh = not 0.0 <= dt <= _MAX_GAP_S
        dt = _LEAST_STEP_S if fresh else max(dt, _LEAST_STEP_S)
        self._time_s = time_s
        self._limbs.forget((sure[rows.upper] <= 0.0) | fresh)
        self._ends.forget((sure[rows.ends] <= 0.0) | fresh)
        known = np.maximum(sure, _LEAST_CONFIDENCE) ** 2 * dt
        turned = posed.orientations_xyzw.copy()

        bones = _bones(turned, rows.all).reshape(3, -1, 3)
        axis = cross(bones[0], bones[1])
        sine = np.sqrt(dot(axis, axis))
        noise = _LIMB_NOISE / (np.maximum(sine, _LEAST_SINE) ** 3 * known[rows.lower])
        local = quat_multiply(quat_conjugate(turned[rows.above_upper]), turned[rows.upper])
        angle = self._limbs.corrections(local, noise, dt)
        # a forearm goes on from its upper arm by the shortest way, so it turns by the same angle about itself
        turns = _about(bones[:2].reshape(-1, 3), np.concatenate([angle, angle]))
        turned[rows.both] = quat_multiply(turns, turned[rows.both])

        local = quat_multiply(quat_conjugate(turned[rows.lower]), turned[rows.ends])
        angle = self._ends.corrections(local, _END_NOISE / known[rows.ends], dt)
        turned[rows.ends] = turned[rows.tips] = quat_multiply(_about(bones[2], angle), turned[rows.ends])
        if len(rows.fingers):
            turns = _about(_bones(turned, rows.fingers), angle[rows.finger_sides])
            turned[rows.fingers] = quat_multiply(turns, turned[rows.fingers])
        changed = posed.local_rotations_xyzw.copy()
        changed[rows.turned] = quat_multiply(quat_conjugate(turned[rows.above_turned]), turned[rows.turned])
        return replace(posed, orientations_xyzw=turned, local_rotations_xyzw=changed)
