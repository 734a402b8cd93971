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

"""Fingers for the body that FrankMocap estimates: fast mode, and copy and paste into SMPL-X."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.engines.base import Engine, warm_up
from frankmocap_ros.estimators.frankmocap.hand_crop import (
    FINGER_JOINTS,
    Side,
    hand_box,
    hand_crop,
    unmirrored,
    wrist_local,
)
from frankmocap_ros.estimators.frankmocap.networks.hand_head import parameters
from frankmocap_ros.estimators.frankmocap.networks.smpl import JointModel
from frankmocap_ros.estimators.frankmocap.regressors import Regressor
from frankmocap_ros.geometry.rotation import Array, Mask, quat_from_rotvec, quat_to_matrix
from frankmocap_ros.imaging.bitmap import Bitmap

_SIDES: Final[tuple[Side, Side]] = ("left", "right")


@dataclass(frozen=True, eq=False)
class HandsSeen:
    """A body with its hands.

    Attributes:
        rotations: shape (55, 3, 3), parent-relative, wrists and fingers as the hand network says where it
            saw a hand.
        seen: shape (30,), which finger joints, left ones first.
    """

    rotations: Array
    seen: Mask


class Hands:
    """The hand network and where its results go.

    Args:
        network: from ``hand_regressor``.
        engine: runs its trunk; it is closed with this.
        model: SMPL-X's joints.
        seen: told the crops that the network ran on.
    """

    def __init__(
        self,
        network: Regressor,
        engine: Engine,
        model: JointModel,
        seen: Callable[[NDArray[np.uint8]], None] = lambda _: None,
    ) -> None:
        self._seen = seen
        self._network, self._engine, self._parameters = network, engine, parameters
        index = model.skeleton.index
        first = {side: index[f"{side}_index1"] for side in _SIDES}
        self._fingers = {side: slice(first[side], first[side] + FINGER_JOINTS) for side in _SIDES}
        self._wrist = {side: BODY.index[f"{side}_wrist"] for side in _SIDES}
        self._joints = {s: np.r_[self._wrist[s], self._fingers[s]] for s in _SIDES}
        self._mean = dict(zip(_SIDES, model.hand_mean, strict=True))

    def warm_up(self, largest: int) -> None:
        """Run every number of hands up to ``largest`` once."""
        warm_up(self._engine, self._network.trunk, largest)

    def close(self) -> None:
        """Give back memory and threads."""
        self._engine.close()

    def estimate(self, bitmaps: Sequence[Bitmap], rotations: Array, joints_px: Array) -> list[HandsSeen]:
        """Estimate both hands of all people, in one batch.

        Boxes come from the body's projected hand joints (the original's fast mode).

        Args:
            bitmaps: the image of each body.
            rotations: shape (N, 55, 3, 3), the bodies without hands.
            joints_px: shape (N, 55, 2), their joints in the image [px].
        """
        rotations = rotations.copy()
        seen = np.zeros((len(rotations), 2, FINGER_JOINTS), bool)
        found: list[tuple[int, int, NDArray[np.uint8]]] = []
        for person, bitmap in enumerate(bitmaps):
            for number, side in enumerate(_SIDES):
                box = hand_box(joints_px[person, self._joints[side]])
                crop = hand_crop(bitmap.pixels, box, side == "left") if box is not None else None
                if crop is not None:
                    found.append((person, number, Bitmap(crop.pixels, bitmap.order).bgr()))
        if found:
            is_left = np.array([number == 0 for _, number, _ in found])
            crops = np.stack([pixels for *_, pixels in found])
            features = self._engine(crops)
            self._seen(crops)
            hands = unmirrored(self._parameters(self._network.head(features)), is_left)
            wrists = quat_to_matrix(quat_from_rotvec(hands.wrist_axis_angle))
            for (person, number, _), wrist, fingers in zip(found, wrists, hands.fingers, strict=True):
                side = _SIDES[number]
                body = rotations[person]
                body[self._wrist[side]] = wrist_local(body, side, wrist)
                # the network's fingers are what SMPL-X takes by default: relative to its mean hand
                body[self._fingers[side]] = quat_to_matrix(quat_from_rotvec(fingers + self._mean[side]))
                seen[person, number] = True
        return [HandsSeen(r, s.reshape(-1)) for r, s in zip(rotations, seen, strict=True)]
