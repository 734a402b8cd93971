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

"""From a network's keypoints in pixels to what the pipeline takes."""

from collections.abc import Callable
from typing import Final

import numpy as np

from frankmocap_ros.body.keypoint_sets import KeypointSet
from frankmocap_ros.body.pose import Observation, PixelPose, ScaleSource
from frankmocap_ros.body.skeleton import KEYPOINTS
from frankmocap_ros.geometry.boxes import Region, box_around, clipped_box
from frankmocap_ros.geometry.rotation import Array

_LIKELY: Final = 0.3
_LEAST_SEEN: Final = 3


def keypoint_observation(
    points: KeypointSet,
    pixels: Array,
    confidence: Array,
    size_px: tuple[int, int],
    region: Callable[[Array], Region] | None = None,
) -> Observation | None:
    """One person; None where too little of one is seen, or a number is not finite.

    Args:
        points: which keypoints the network has.
        pixels: shape (K, 2), x and y in the image [px].
        confidence: shape (K,), 0..1.
        size_px: width and height of the image.
        region: where to look in the next image, from the person's box; None where no regions are needed.
    """
    if not (np.isfinite(pixels).all() and np.isfinite(confidence).all()):
        return None
    likely = confidence >= _LIKELY
    if likely.sum() < _LEAST_SEEN:
        return None
    box = clipped_box(box_around(pixels[likely]), size_px)
    ours, sure = points.ours(pixels, confidence.clip(0.0, 1.0), KEYPOINTS)
    return Observation(
        pose=PixelPose(ours, sure),
        box_xywh=box,
        score=float(sure.mean()),
        scale_source=ScaleSource.NONE,
        region=None if region is None else region(box),
    )
