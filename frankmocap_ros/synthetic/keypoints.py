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

"""Keypoints of the synthetic figure, as a network would mark them."""

from typing import Final

import numpy as np

from frankmocap_ros.body.skeleton import BODY_WITH_HANDS, KEYPOINTS
from frankmocap_ros.geometry.rotation import Array, quat_rotate
from frankmocap_ros.synthetic.human import HumanPose

# in the head's frame, as shares of the height
_FACE: Final = {
    "nose": (0.0, 0.036, 0.054),
    "left_ear": (0.045, 0.04, 0.0),
    "right_ear": (-0.045, 0.04, 0.0),
}


def keypoints_of(figure: HumanPose) -> Array:
    """Shape (21, 3), in the order of ``KEYPOINTS``, in the optical frame [m]."""
    index, at = BODY_WITH_HANDS.index, figure.positions
    head, turn = at[index["head"]], figure.orientations_xyzw[index["head"]]

    def of(name: str) -> Array:
        if name in _FACE:
            return np.asarray(head + figure.height_m * quat_rotate(turn, np.array(_FACE[name])))
        return np.asarray(at[index[name]])

    return np.array([of(name) for name in KEYPOINTS])
