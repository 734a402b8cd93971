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

"""Grouped keypoints as people in the image, with the boxes around them."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.estimators.openpose.fitting import Fitted
from frankmocap_ros.estimators.openpose.grouping import Grouped
from frankmocap_ros.estimators.openpose.parts import COCO, Parts
from frankmocap_ros.geometry.rotation import Array

BOX_PER_KEYPOINTS: Final = 1.05
"""A box's sides, in those around the keypoints."""


@dataclass(frozen=True, eq=False)
class PersonBox:
    """One person in an image.

    Attributes:
        box_xywh: shape (4,), the box around the keypoints, grown: x, y, width, height [px].
        score: 0..1, as a share of what a whole person who is plainly seen has.
        keypoints: shape (K, 2), x and y [px] in the order of ``Parts.keypoints``, zero where not found.
        confidence: shape (K,), 0..1, zero where not found.
    """

    box_xywh: Array
    score: float
    keypoints: Array
    confidence: Array


def person_box(person: Grouped, image: Fitted, parts: Parts = COCO) -> PersonBox:
    """A person of the upsampled maps in the image."""
    known = person.found
    keypoints = np.clip(image.to_image(person.keypoints), 0.0, np.array(image.image_px) - 1.0)
    keypoints[~known] = 0.0
    low, high = keypoints[known].min(axis=0), keypoints[known].max(axis=0)
    sides = BOX_PER_KEYPOINTS * np.maximum(high - low, 1.0)
    box = np.concatenate([0.5 * (low + high - sides), sides])
    score = min(1.0, person.score / parts.whole_score)
    return PersonBox(box, score, keypoints, np.minimum(person.confidence, 1.0))
