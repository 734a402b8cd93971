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

"""MoveNet MultiPose: up to six people in the whole image."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.keypoint_sets import COCO_17
from frankmocap_ros.body.pose import Observation
from frankmocap_ros.engines.network_files.network import ImageInput
from frankmocap_ros.engines.network_files.opening import OpenedNetwork
from frankmocap_ros.estimators.keypoint_observation import keypoint_observation
from frankmocap_ros.estimators.whole_image import LetterboxEstimator
from frankmocap_ros.imaging.camera_image import ScaledImage
from frankmocap_ros.imaging.letterbox import Letterbox

_SIDE_PX: Final = 256  # where the file leaves it open: a multiple of 32
_MOST_PEOPLE: Final = 6
_LEAST_SCORE: Final = 0.11
_SCORE: Final = 55
_POINTS: Final = len(COCO_17)


class MultiPose(LetterboxEstimator):
    """17 keypoints of everybody in the image.

    Args:
        opened: the network.

    Raises:
        AssetError: it does not run.
    """

    name = "movenet"

    def __init__(self, opened: OpenedNetwork) -> None:
        sizes = opened.fit.sizes
        size_px = (sizes["W"] or _SIDE_PX, sizes["H"] or _SIDE_PX)
        network = opened.compiled(ImageInput(size_px[1], size_px[0]))
        super().__init__(network, size_px, _MOST_PEOPLE)

    def _people(
        self, image: ScaledImage, box: Letterbox, outputs: Sequence[NDArray[np.float32]]
    ) -> list[Observation | None]:
        return [self._person(image, box, one) for one in outputs[0] if one[_SCORE] >= _LEAST_SCORE]

    def _person(self, image: ScaledImage, box: Letterbox, found: NDArray[np.float32]) -> Observation | None:
        values = found[: 3 * _POINTS].reshape(_POINTS, 3).astype(np.float64)
        pixels = box.in_image(values[:, 1::-1] * self._size_px - 0.5)
        return keypoint_observation(COCO_17, pixels, values[:, 2], image.bitmap.size_px)
