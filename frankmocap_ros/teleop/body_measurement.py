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

"""The operator's whole body among the watched joints: where the pelvis is, and how long the bones are."""

from collections.abc import Sequence

import numpy as np

from frankmocap_ros.body.posture import PARENTS, bones_between
from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW, Array
from frankmocap_ros.one_euro import OneEuro
from frankmocap_ros.teleop.body_follower import BodyView
from frankmocap_ros.teleop.operator_state import Poses
from frankmocap_ros.teleop.pose_filter import PoseFilter

_ENOUGH = 30
"""Bones are the mean of so many images; then they stay."""


class BodyMeasurement:
    """Watches one person's whole body.

    Args:
        watched: names of the joints that are filtered, ``BODY``'s 24 among them.
        smoothing: of the pelvis's position, or None for none.
    """

    def __init__(self, watched: Sequence[str], smoothing: OneEuro | None) -> None:
        self._at = np.array([watched.index(name) for name in BODY.names], dtype=np.intp)
        self._pelvis = PoseFilter(1, smoothing)
        self.reset()

    def reset(self) -> None:
        """Forget everything, as for another person."""
        self._pelvis.reset()
        self._bones = np.zeros((len(BODY), 3))
        self._seen = np.zeros(len(BODY))  # images of which each bone is the mean
        self._seen[0] = 1.0  # the pelvis has none

    def measure(self, positions: Array, joints: PoseFilter) -> None:
        """Take what was measured just now.

        Args:
            positions: of the watched joints, shape (W, 3), from the camera [m].
            joints: the watched joints, smoothed.
        """
        row, valid = self._at[0], joints.valid[self._at]
        here = positions[row][None]
        one = np.ones(1)
        yes = valid[:1]
        pelvis = Poses(here, IDENTITY_XYZW[None], one, yes, yes)
        self._pelvis.measure(pelvis, joints.time_s)
        known = valid.copy()
        known[1:] &= valid[PARENTS]
        known[0] = False
        known &= self._seen < _ENOUGH
        if known.any():
            bones = bones_between(joints.positions[self._at], joints.orientations[self._at])
            self._seen += known
            share = np.where(known, 1.0 / np.maximum(self._seen, 1.0), 0.0)[:, None]
            self._bones = self._bones + share * (bones - self._bones)

    def view(self, joints: PoseFilter) -> BodyView | str:
        """All joints as they are now, or which ones have never been seen, in words."""
        unknown = [name for name, seen in zip(BODY.names, self._seen.tolist(), strict=True) if not seen]
        if unknown:
            return f"not seen yet: {', '.join(unknown)}"
        at = self._at
        return BodyView(self._pelvis.positions[0], joints.orientations[at], joints.valid[at], self._bones)
