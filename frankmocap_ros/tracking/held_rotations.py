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

"""Rotations of joints that are seen, but whose rotation nothing fixes: an elbow whose wrist is hidden."""

import numpy as np

from frankmocap_ros.body.kinematics import Posed, levels
from frankmocap_ros.body.skeleton import Skeleton
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW, Array, Mask, quat_multiply


class HeldRotations:
    """Local rotations of one person's joints when they were last known."""

    def __init__(self) -> None:
        self._local = np.empty((0, 4))
        self._known_s: Array = np.empty(0)

    def filled(self, posed: Posed, skeleton: Skeleton, unknown: Mask, time_s: float, hold_s: float) -> Posed:
        """The pose with local rotations held where they are unknown, at orientation confidence 0.

        What was not known for ``hold_s`` or ever goes with its parent (local identity). The joints after it
        keep their rotation relative to the estimator's guess: at a desk, with the hips out of the image, the
        guess of the torso is still far better for a shoulder than none.

        Args:
            posed: joints with rotations.
            skeleton: their names.
            unknown: shape (J,), where the rotation is not known.
            time_s: the image's time [s].
            hold_s: how long a rotation is held; 0 for not at all [s].
        """
        if len(self._known_s) != len(unknown):
            self._local, self._known_s = (
                np.tile(IDENTITY_XYZW, (len(unknown), 1)),
                np.full(len(unknown), -np.inf),
            )
        known = ~unknown
        self._local[known], self._known_s[known] = posed.local_rotations_xyzw[known], time_s
        if not unknown.any():
            return posed
        age_s = time_s - self._known_s
        self._local[(age_s > hold_s) | (age_s < 0.0) | (unknown & (hold_s == 0.0))] = IDENTITY_XYZW
        rotations, local = posed.orientations_xyzw.copy(), posed.local_rotations_xyzw.copy()
        local[unknown] = self._local[unknown]
        if unknown[0]:
            rotations[0] = local[0]
        for joints, parents in levels(skeleton):
            if (rows := unknown[joints]).any():
                turned = joints[rows]
                rotations[turned] = quat_multiply(rotations[parents[rows]], local[turned])
        return Posed(
            positions=posed.positions,
            orientations_xyzw=rotations,
            local_rotations_xyzw=local,
            confidence=posed.confidence,
            orientation_confidence=np.where(unknown, 0.0, posed.orientation_confidence),
        )
