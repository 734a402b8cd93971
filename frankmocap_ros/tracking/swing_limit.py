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

"""How fast limbs swing at most: a wrist that is found elsewhere all of a sudden is not believed at once.

A network that loses a hand behind the body finds it again at the other arm, or in the background, for a few
images. Each point by itself moves as a hand may; the bone that leads to it turns faster than any arm does.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.pose import KeypointPose
from frankmocap_ros.body.skeleton import KEYPOINTS
from frankmocap_ros.geometry.rotation import Array, Mask, cross, dot, normalize, swung
from frankmocap_ros.tracking.bone_lengths import HANGING, LIMBS

FASTEST: Final = 20.0
"""That a bone swings [rad/s]: forearms of people who throw do, and only for some hundredths of a second."""
_DOUBT: Final = 0.9  # confidence is at most this share of ``min_confidence`` where a bone is held back
_MAX_GAP_S: Final = 0.5  # after a longer one nothing is known of where a bone was
_LEAST_M: Final = 0.02  # a shorter bone has no direction
_NEAR: Final = np.cos(0.35)  # of what was seen: a held back joint there is as sure as before
_SAME: Final = 1.0 - 1e-9  # cosine of directions that differ by nothing


# the tip of each limb is the middle of two keypoints, which are the same one of a leg
_TIPS: Final = np.array(
    [
        [KEYPOINTS.index(f"{side}_{part}") for part in parts]
        for parts in (("index1", "pinky1"), ("foot", "foot"))
        for side in ("left", "right")
    ]
)
_CHAINS: Final = np.concatenate([LIMBS, _TIPS[:, :1]], axis=1)


class SwingLimit:
    """Directions of one person's limbs in the last image: upper, lower, and hand or foot."""

    def __init__(self) -> None:
        self._directions = np.full((len(LIMBS), 3, 3), np.nan)
        self._time_s = -np.inf

    def forget(self) -> None:
        """Know nothing of the past."""
        self._directions[:] = np.nan

    def limited(self, pose: KeypointPose, known: Mask, time_s: float, least: float) -> KeypointPose:
        """The keypoints, with bones that swing by no more than ``FASTEST``; their lengths stay.

        Args:
            pose: in the optical frame, smoothed.
            known: shape (K,), which points are used at all.
            time_s: the image's time [s].
            least: the setting ``min_confidence``; where a bone is held back its joint is less sure than that.
        """
        step_s = time_s - self._time_s
        self._time_s = time_s
        if not 0.0 < step_s <= _MAX_GAP_S:
            self.forget()
            step_s = 0.0
        bones, seen = _bones(pose.points, known)
        lengths = np.sqrt(dot(bones, bones))
        wanted = normalize(bones)
        seen &= lengths > _LEAST_M
        given = np.where(seen[..., None], turned(self._directions, wanted, FASTEST * step_s), np.nan)
        self._directions = given
        held_back = seen & (dot(given, wanted) < _SAME)
        if not held_back.any():
            return pose
        points, confidence = pose.points.copy(), pose.confidence.copy()
        given = np.where(held_back[..., None], given, wanted)
        behind = held_back[:, :2] & (dot(given, wanted) < _NEAR)[:, :2]
        for limb in np.flatnonzero(held_back.any(axis=1)):
            _swing(points, LIMBS[limb], HANGING[limb], (wanted[limb], given[limb], lengths[limb]))
            doubted = LIMBS[limb, 1:][np.logical_or.accumulate(behind[limb])]
            confidence[doubted] = np.minimum(confidence[doubted], _DOUBT * least)
        return replace(pose, points=points, confidence=confidence)


def _bones(points: Array, known: Mask) -> tuple[Array, Mask]:
    """Bones (4, 3, 3) of the limbs, and which of them are known (4, 3)."""
    chains, there = points[_CHAINS], known[_CHAINS]
    chains[:, 3] = 0.5 * (chains[:, 3] + points[_TIPS[:, 1]])
    there[:, 3] &= known[_TIPS[:, 1]]
    return chains[:, 1:] - chains[:, :-1], there[:, 1:] & there[:, :-1]


def turned(old: Array, new: Array, most_rad: float) -> Array:
    """Directions (..., 3) turned from old ones towards new ones, by no more than an angle.

    Args:
        old: unit vectors; NaN where there is none, then the new one is given.
        new: unit vectors.
        most_rad: the angle.
    """
    cosine = np.clip(dot(old, new), -1.0, 1.0)
    free = ~(cosine < np.cos(min(most_rad, np.pi)))  # also where there is no old one
    if free.all():
        return new
    axis = cross(old, new)
    size = np.sqrt(dot(axis, axis))
    # opposite directions: any axis across the old one
    other = cross(old, np.where(np.abs(old[..., :1]) < 0.7, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]))
    axis = normalize(np.where((size > 1e-6)[..., None], axis, other))
    held = np.cos(most_rad) * old + np.sin(most_rad) * cross(axis, old)
    return np.where(free[..., None], new, held)


def _swing(
    points: Array, limb: NDArray[np.intp], hanging: NDArray[np.intp], bones: tuple[Array, Array, Array]
) -> None:
    """Give a limb's bones other directions, in place; what hangs on its end turns with the last one.

    Args:
        points: shape (K, 3).
        limb: rows of its three joints.
        hanging: rows of what hangs on the last one.
        bones: directions as they are (3, 3), as they shall be (3, 3), and lengths (3,).
    """
    old, new, lengths = bones
    changes = (new - old) * lengths[:, None]
    hanging = hanging[hanging < len(points)]
    _, middle, end = limb
    hand = swung(old[2], new[2], points[hanging] - points[end])
    points[middle] += changes[0]
    points[end] += changes[0] + changes[1]
    points[hanging] = points[end] + hand
