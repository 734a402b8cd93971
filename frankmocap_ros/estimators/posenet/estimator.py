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

"""PoseNet on the whole image, of one or several people."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.keypoint_sets import COCO_17
from frankmocap_ros.body.pose import Observation
from frankmocap_ros.engines.network_files.network import ImageInput, NetworkOptions
from frankmocap_ros.engines.network_files.opening import open_network
from frankmocap_ros.engines.network_files.signature import Needed, Signature
from frankmocap_ros.estimators.keypoint_observation import keypoint_observation
from frankmocap_ros.estimators.posenet.decoding import Limits, PoseNetMaps, decode
from frankmocap_ros.estimators.whole_image import LetterboxEstimator
from frankmocap_ros.imaging.camera_image import ScaledImage
from frankmocap_ros.imaging.letterbox import Letterbox

_IMAGE: Final = Needed("RGB image", ("N", "H", "W", 3))
_HEAT: Final = Needed("heat maps", ("N", "h", "w", 17))
_OFFSETS: Final = Needed("offsets", ("N", "h", "w", 34))
SIGNATURES: Final = (
    Signature(
        "displacements apart",
        _IMAGE,
        (
            _HEAT,
            _OFFSETS,
            Needed("forward displacements", ("N", "h", "w", 32), ("fwd", "forward")),
            Needed("backward displacements", ("N", "h", "w", 32), ("bwd", "backward")),
        ),
    ),
    Signature(
        "displacements together",  # as in Google's TFLite files: forward, then backward
        _IMAGE,
        (_HEAT, _OFFSETS, Needed("displacements", ("N", "h", "w", 64), ("mid", "displacement"))),
    ),
)
_SIDE_PX: Final = 385  # where the file leaves it open
_HALF: Final = (127.5, 127.5, 127.5)
_RESNET_MEAN: Final = (123.15, 115.90, 103.06)
_MAX_PEOPLE: Final = 16
_LIMITS: Final = Limits(people=_MAX_PEOPLE, root_score=0.3, pose_score=0.15)


class PoseNetEstimator(LetterboxEstimator):
    """17 keypoints of everybody in the image.

    Pixels are scaled as MobileNet takes them, or as ResNet does where the file's or its folder's name has
    ``resnet`` in it: nothing in a file tells which it is.

    Args:
        path: of the network's file.
        options: where it runs.

    Raises:
        AssetError: the file is not there, or not PoseNet.
        EstimatorError: it cannot run so.
        MissingDependencyError: no engine that reads it is installed.
    """

    name = "posenet"

    def __init__(self, path: Path, options: NetworkOptions | None = None) -> None:
        opened = open_network(path, SIGNATURES, options)
        sizes = opened.fit.sizes
        size_px = (sizes["W"] or _SIDE_PX, sizes["H"] or _SIDE_PX)
        resnet = any("resnet" in part.lower() for part in path.parts[-2:])
        image = ImageInput(
            size_px[1],
            size_px[0],
            mean=_RESNET_MEAN if resnet else _HALF,
            scale=(1.0, 1.0, 1.0) if resnet else _HALF,
        )
        super().__init__(opened.compiled(image), size_px, _MAX_PEOPLE)
        self._logits = self._has_logits()

    def _people(
        self, image: ScaledImage, box: Letterbox, outputs: Sequence[NDArray[np.float32]]
    ) -> list[Observation | None]:
        if not all(np.isfinite(one).all() for one in outputs):
            return []
        found: list[Observation | None] = []
        for pose in decode(self._maps(outputs), _LIMITS):
            pixels = box.in_image(pose.points[:, ::-1])
            found.append(keypoint_observation(COCO_17, pixels, pose.scores, image.bitmap.size_px))
        return found

    def _maps(self, outputs: Sequence[NDArray[np.float32]]) -> PoseNetMaps:
        heat, offsets, forward = outputs[:3]
        if len(outputs) == 3:
            forward, backward = forward[..., :32], forward[..., 32:]
        else:
            backward = outputs[3]
        scores = _sigmoid(heat) if self._logits else heat
        cells = max(heat.shape[0] - 1, 1)
        return PoseNetMaps(scores, offsets, forward, backward, (self._size_px[1] - 1) / cells)

    def _has_logits(self) -> bool:
        """Whether heat maps are logits, not scores: those of an image without people are below 0."""
        (heat, *_) = self._network(np.full((1, self._size_px[1], self._size_px[0], 3), 128, np.uint8))
        return bool(heat.min() < 0.0 or heat.max() > 1.0)


def _sigmoid(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -80.0, 80.0))), np.float32)
