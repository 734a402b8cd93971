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

"""OpenPose's models, and Lightweight OpenPose's, from a file: what goes in, and what comes out."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.network_files.network import ImageInput, NetworkOptions
from frankmocap_ros.engines.network_files.opening import open_network
from frankmocap_ros.engines.network_files.signature import Needed, Signature
from frankmocap_ros.errors import AssetError
from frankmocap_ros.estimators.openpose.fitting import STRIDE, fitted
from frankmocap_ros.estimators.openpose.grouping import group_people
from frankmocap_ros.estimators.openpose.parts import BODY_25, COCO, Parts
from frankmocap_ros.estimators.openpose.peaks import Floats
from frankmocap_ros.estimators.openpose.people import PersonBox, person_box
from frankmocap_ros.runtime.file_names import printable

_USUAL_PX: Final = (656, 368)
"""Width and height of the input of a network that takes any: OpenPose's own for a camera of 16:9."""
_IMAGE: Final = Needed("image", (1, 3, "H", "W"))
_PARTS: Final = (BODY_25, COCO)


def _signatures(parts: Parts) -> tuple[Signature, Signature]:
    """Maps in one output, heat maps first, as OpenPose's own models have them; or in two.

    Lightweight OpenPose has the maps of every stage as outputs of its own; the last stage's are taken.
    """
    heatmaps = Needed("heat maps", (1, parts.heatmaps, "R", "C"), ("stage_1_output",))
    fields = Needed("part affinity fields", (1, parts.fields, "R", "C"), ("stage_1_output",))
    both = Needed("heat maps and part affinity fields", (1, parts.heatmaps + parts.fields, "R", "C"))
    return (
        Signature(f"OpenPose {parts.name}", _IMAGE, (both,)),
        Signature(f"OpenPose {parts.name} in two outputs", _IMAGE, (heatmaps, fields)),
    )


_SIGNATURES: Final = {signature: parts for parts in _PARTS for signature in _signatures(parts)}


class OpenPoseFileNetwork:
    """Images to people's keypoints and boxes.

    Args:
        path: of the file.
        options: where it runs.

    Raises:
        AssetError: the file is not there, damaged, or another network.
        EstimatorError: engine, device or precision is not possible.
        MissingDependencyError: no engine that reads the file is installed.

    Attributes:
        parts: which keypoints and limbs the network finds.
        how: engine, device and precision in words.
    """

    def __init__(self, path: Path, options: NetworkOptions) -> None:
        opened = open_network(path, tuple(_SIGNATURES), options)
        self.parts = _SIGNATURES[opened.fit.signature]
        width, height = (opened.fit.sizes[side] or usual for side, usual in zip("WH", _USUAL_PX, strict=True))
        if width % STRIDE or height % STRIDE:
            raise AssetError(
                f"model: {printable(str(path))} takes images of {width}x{height} px; "
                f"expected multiples of {STRIDE}"
            )
        self._input_px = width, height
        # BGR, as Caffe has it; both families of networks take the same
        self._network = opened.compiled(ImageInput(height, width, (128.0,) * 3, (256.0,) * 3))
        self.how = self._network.how
        cells = self._maps(np.full((height, width, 3), 128, np.uint8))[0].shape[:2]
        if cells != (height // STRIDE, width // STRIDE):
            self._network.close()
            raise AssetError(
                f"model: {printable(str(path))} gives maps of {cells[1]}x{cells[0]} cells for images of "
                f"{width}x{height} px; expected {width // STRIDE}x{height // STRIDE}, one for {STRIDE} px"
            )

    def detect(self, bgr: NDArray[np.uint8], max_people: int) -> list[PersonBox]:
        """People in an image (H, W, 3), best first; at most ``max_people``."""
        image = fitted(bgr, self._input_px)
        heatmaps, fields = (maps[image.cells] for maps in self._maps(image.pixels))
        people = group_people(heatmaps, fields, self.parts)[: max(0, max_people)]
        return [person_box(person, image, self.parts) for person in people]

    def close(self) -> None:
        """Give back memory and threads."""
        self._network.close()

    def _maps(self, pixels: NDArray[np.uint8]) -> tuple[Floats, Floats]:
        """Heat maps and fields, channels last."""
        maps = np.concatenate(self._network(pixels[None]), axis=1)[0].transpose(1, 2, 0)
        return maps[..., : self.parts.heatmaps], maps[..., self.parts.heatmaps :]
