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

"""Which keypoints and limbs the maps of OpenPose's networks hold.

The models are those of OpenPose (Cao et al., "OpenPose: Realtime Multi-Person 2D Pose Estimation using Part
Affinity Fields", 2019), whose COCO model has the same maps as Lightweight OpenPose.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from frankmocap_ros.body import keypoint_sets
from frankmocap_ros.body.keypoint_sets import KeypointSet

Limb = tuple[int, int, int]
"""Keypoint that it begins at, keypoint that it ends at, and the channel of the field's x; y is the next."""


@dataclass(frozen=True)
class Parts:
    """The maps of one kind of model.

    Attributes:
        name: as OpenPose names it.
        keypoints: in the order of the heat maps; one more map is the background.
        limbs: every keypoint but the neck is the end of one, which stands after the limb that leads to its
            start, so that people grow from the neck.
        extra_limbs: these close circles: they only join what the others left apart.
    """

    name: str
    keypoints: KeypointSet
    limbs: tuple[Limb, ...]
    extra_limbs: tuple[Limb, ...]

    @property
    def heatmaps(self) -> int:
        """How many heat maps, with the background."""
        return len(self.keypoints) + 1

    @property
    def fields(self) -> int:
        """How many maps of fields: x and y of each limb."""
        return 2 * (len(self.limbs) + len(self.extra_limbs))

    @cached_property
    def whole_score(self) -> float:
        """Score of a whole person who is plainly seen."""
        return float(len(self.keypoints) + len(self.limbs))


COCO: Final = Parts(
    name="COCO",
    keypoints=keypoint_sets.BODY_18,
    limbs=(
        (1, 2, 12), (1, 5, 20), (2, 3, 14), (3, 4, 16), (5, 6, 22), (6, 7, 24),
        (1, 8, 0), (8, 9, 2), (9, 10, 4), (1, 11, 6), (11, 12, 8), (12, 13, 10),
        (1, 0, 28), (0, 14, 30), (14, 16, 34), (0, 15, 32), (15, 17, 36),
    ),
    extra_limbs=((2, 16, 18), (5, 17, 26)),
)  # fmt: skip

BODY_25: Final = Parts(
    name="BODY_25",
    keypoints=keypoint_sets.BODY_25,
    limbs=(
        (1, 8, 0), (1, 2, 14), (1, 5, 22), (2, 3, 16), (3, 4, 18), (5, 6, 24), (6, 7, 26),
        (8, 9, 6), (9, 10, 2), (10, 11, 4), (8, 12, 8), (12, 13, 10), (13, 14, 12),
        (1, 0, 30), (0, 15, 32), (15, 17, 36), (0, 16, 34), (16, 18, 38),
        (14, 19, 40), (19, 20, 42), (14, 21, 44), (11, 22, 46), (22, 23, 48), (11, 24, 50),
    ),
    extra_limbs=((2, 17, 20), (5, 18, 28)),
)  # fmt: skip
