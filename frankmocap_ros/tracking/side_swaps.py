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

"""Left and right exchanged by the estimator for some images: found by continuity, and undone.

A network that takes somebody's front for the back gives every joint of the arms, of the legs or of both to
the other side. Two arms do not change places within one image: where the joints lie much nearer to the last
ones of the other side than to those of their own, sides are exchanged back.
"""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.pose import KeypointPose
from frankmocap_ros.body.skeleton import KEYPOINTS, KEYPOINTS_WITH_HANDS, mirrored
from frankmocap_ros.geometry.rotation import Array

_NEARER: Final = 0.6
"""Exchanged sides explain the joints, if they leave at most this share of the distance to the last ones."""
_LEAST_JUMP_M: Final = 0.07
"""Joints that moved less, in the mean, were not exchanged."""
_GIVEN_UP_S: Final = 1.5
"""So long an exchange is undone, and no longer than sides were known before. Afterwards it is the truth."""
_MAX_GAP_S: Final = 0.5
_WEIGHT: Final = np.array([1.0, 1.0, 0.25])
"""Of the squared distances: depth is the worst that a camera gives."""
_LEGS: Final = ("hip", "knee", "ankle", "foot")


@lru_cache(maxsize=2)
def _rows(count: int) -> tuple[NDArray[np.intp], Array]:
    """Each keypoint's mirror (K,), and 1 where keypoints belong to the arms, or to the legs, (2, K)."""
    names = KEYPOINTS if count == len(KEYPOINTS) else KEYPOINTS_WITH_HANDS
    legs = np.array([name.endswith(_LEGS) for name in names])
    paired = np.array([mirrored(name) != name for name in names])
    mirror = np.array([names.index(mirrored(name)) for name in names])
    return mirror, np.stack([paired & ~legs, paired & legs]).astype(np.float64)


class SideSwaps:
    """Where one person's joints were last, side by side.

    Attributes:
        arms_exchanged: whether the arms of the last pose were given back to their sides.
    """

    def __init__(self) -> None:
        self.arms_exchanged = False
        self._points = np.empty((0, 3))
        self._confidence = np.empty(0)
        self._time_s = -np.inf
        self._known_s = np.zeros(2)  # since when arms and legs are followed without an exchange
        self._since_s = np.full(2, np.inf)  # since when they are exchanged

    def undone(self, pose: KeypointPose, time_s: float) -> KeypointPose:
        """The pose, with arms or legs given back to their sides where the estimator exchanged them.

        Args:
            pose: as estimated.
            time_s: the image's time [s].
        """
        self.arms_exchanged = False
        if len(self._points) == len(pose.points) and 0.0 <= time_s - self._time_s <= _MAX_GAP_S:
            pose = self._given_back(pose, time_s)
        else:
            self._known_s[:], self._since_s[:] = time_s, np.inf
        self._points, self._confidence, self._time_s = pose.points, pose.confidence, time_s
        return pose

    def _given_back(self, pose: KeypointPose, time_s: float) -> KeypointPose:
        mirror, parts = _rows(len(pose.points))
        sure = np.minimum(pose.confidence, self._confidence)
        weight = parts * np.minimum(sure, sure[mirror])
        ways = np.array([pose.points, pose.points[mirror]]) - self._points
        own, other = (ways**2 @ _WEIGHT) @ weight.T / np.maximum(weight.sum(axis=1), 1e-6)
        begins = (other < _NEARER**2 * own) & (own > _LEAST_JUMP_M**2)
        exchanged = np.where(np.isinf(self._since_s), begins, other < own)
        self._since_s = np.where(exchanged, np.minimum(self._since_s, time_s), np.inf)
        longest = np.minimum(_GIVEN_UP_S, self._since_s - self._known_s)
        given_up = exchanged & (time_s - self._since_s >= longest)
        self._known_s[given_up], self._since_s[given_up] = time_s, np.inf
        exchanged &= ~given_up
        if not exchanged.any():
            return pose
        self.arms_exchanged = bool(exchanged[0])
        rows = np.where(exchanged @ parts > 0.0, mirror, np.arange(len(mirror)))
        return KeypointPose(pose.points[rows], pose.confidence[rows])
