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

"""A person's height from what is seen of them."""

import numpy as np

from frankmocap_ros.body import proportions
from frankmocap_ros.body.kinematics import Posed
from frankmocap_ros.body.skeleton import Skeleton
from frankmocap_ros.geometry.rotation import dot

# Straight parts of the body, and their lengths as shares of the height.
_PARTS = (
    (("hip", "knee", "ankle"), proportions.LEG),
    (("hip", "shoulder"), proportions.TORSO),
    (("shoulder", "elbow", "wrist"), proportions.ARM),
)


def estimated_height_m(skeleton: Skeleton, posed: Posed, least: float) -> float | None:
    """Height of a person from the lengths of legs, torso and arms [m]; None where too little is seen.

    Args:
        skeleton: order of the joints.
        posed: the joints.
        least: confidence that a joint must have to count.
    """
    heights = []
    for parts, share in _PARTS:
        for side in ("left", "right"):
            rows = [skeleton.index[f"{side}_{part}"] for part in parts]
            if posed.confidence[rows].min() >= least:
                steps = np.diff(posed.positions[rows], axis=0)
                heights.append(float(np.sqrt(dot(steps, steps)).sum()) / share)
    return float(np.median(heights)) if heights else None
