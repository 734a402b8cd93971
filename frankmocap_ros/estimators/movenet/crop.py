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

"""Where MoveNet looks for one person: the published crop around the keypoints of the image before.

It is as large as the torso or the whole body asks for, in the middle of the hips; without a torso it is the
whole image.
"""

from typing import Final

import numpy as np

from frankmocap_ros.body.keypoint_sets import COCO_17
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.geometry.rotation import Array

_LEAST: Final = 0.2  # score of a keypoint that counts
_TORSO_GROWTH, _BODY_GROWTH = 1.9, 1.2  # half sides in the largest distances from the middle of the hips
_HIPS: Final = [COCO_17.index["left_hip"], COCO_17.index["right_hip"]]
_SHOULDERS: Final = [COCO_17.index["left_shoulder"], COCO_17.index["right_shoulder"]]


def whole_image(size_px: tuple[int, int]) -> Region:
    """The square around the image."""
    return Region(0.5 * np.array(size_px, float), float(max(size_px)))


def next_region(pixels: Array, scores: Array, size_px: tuple[int, int]) -> Region:
    """The square to look in, in the next image.

    Args:
        pixels: shape (17, 2), x and y [px].
        scores: shape (17,).
        size_px: width and height of the image.
    """
    seen = scores > _LEAST
    if not (seen[_HIPS].any() and seen[_SHOULDERS].any()):
        return whole_image(size_px)
    center = pixels[_HIPS].mean(axis=0)
    far = np.abs(pixels - center).max(axis=1)
    torso = far[_HIPS + _SHOULDERS].max()
    half = max(_TORSO_GROWTH * torso, _BODY_GROWTH * far[seen].max())
    half = min(half, float(np.maximum(center, size_px - center).max()))
    if half > 0.5 * max(size_px):
        return whole_image(size_px)
    return Region(center, 2.0 * half)
