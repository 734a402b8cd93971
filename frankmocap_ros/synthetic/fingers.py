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

"""Fingers of a figure that open and shut: all of them close towards the thumb."""

from typing import Final

import numpy as np

from frankmocap_ros.body.skeleton import FINGERS
from frankmocap_ros.geometry.rotation import Array, quat_from_rotvec, quat_multiply

# turns of the three joints of a right hand [rad]: fingers about z to the palm, the thumb about y along it
_OPEN: Final = {"thumb": (-0.3, 0.0, 0.0), "finger": (0.05, 0.1, 0.05)}
_SHUT: Final = {"thumb": (0.55, 0.25, 0.3), "finger": (0.95, 0.95, 0.35)}
_THUMB_DOWN: Final = 0.65  # of the shut thumb's first joint towards the palm [rad]


def finger_rotations(side: str, opening: float) -> dict[str, Array]:
    """Local rotations of one hand's finger joints by name, quaternions x y z w.

    Args:
        side: ``left`` or ``right``.
        opening: 0 shut to 1 open.
    """
    sign = 1.0 if side == "right" else -1.0
    turned = {}
    for finger in FINGERS:
        kind = "thumb" if finger == "thumb" else "finger"
        for k, (wide, shut) in enumerate(zip(_OPEN[kind], _SHUT[kind], strict=True), start=1):
            bend = sign * (opening * wide + (1.0 - opening) * shut)
            turn = quat_from_rotvec(np.array((0.0, -bend, 0.0) if kind == "thumb" else (0.0, 0.0, bend)))
            if (kind, k) == ("thumb", 1):
                down = quat_from_rotvec(np.array((0.0, 0.0, sign * (1.0 - opening) * _THUMB_DOWN)))
                turn = quat_multiply(turn, down)
            turned[f"{side}_{finger}{k}"] = turn
    return turned
