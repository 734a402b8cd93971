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

"""RTMPose's networks from a file: which there are, what goes in, and what comes out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.keypoint_sets import COCO_17, HALPE_26, WHOLEBODY_133, KeypointSet
from frankmocap_ros.engines.network_files.network import ImageInput, NetworkOptions
from frankmocap_ros.engines.network_files.opening import open_network
from frankmocap_ros.engines.network_files.signature import Needed, Signature
from frankmocap_ros.errors import AssetError
from frankmocap_ros.estimators.rtmpose.simcc import BINS_PER_PX, Located, located, relative_depth_m
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.runtime.file_names import printable

_IMAGE: Final = Needed("image", (1, 3, "H", "W"))
_SETS: Final = {
    "RTMPose with 17 keypoints": COCO_17,
    "RTMPose with 26 keypoints": HALPE_26,
    "RTMPose or RTMW with 133 keypoints": WHOLEBODY_133,
    "RTMW3D": WHOLEBODY_133,
}
# of ImageNet's pixels, RGB, as MMPose trains and deploys these networks
_MEAN: Final = (123.675, 116.28, 103.53)
_DEVIATION: Final = (58.395, 57.12, 57.375)


def _bins(axis: str, keypoints: int) -> Needed:
    # the published files name them simcc_x and so on, or have them in this order
    return Needed(f"SimCC's {axis}", (1, keypoints, axis.upper()), (f"simcc_{axis}",), in_order=True)


def _signature(name: str, axes: str) -> Signature:
    return Signature(name, _IMAGE, tuple(_bins(axis, len(_SETS[name])) for axis in axes))


_SIGNATURES: Final = (
    _signature("RTMW3D", "xyz"),
    *(_signature(name, "xy") for name in _SETS if name != "RTMW3D"),
)


@dataclass(frozen=True, eq=False)
class Estimate:
    """What a network says of N crops.

    Attributes:
        located: keypoints in the crops.
        depth_m: shape (N, K), behind the middle of the hips [m]; None for networks of two axes.
    """

    located: Located
    depth_m: Array | None


class RtmPoseNetwork:
    """Crops to keypoints.

    Args:
        path: of the file.
        options: where it runs.

    Raises:
        AssetError: the file is not there, damaged, or another network.
        EstimatorError: engine, device or precision is not possible.
        MissingDependencyError: no engine that reads the file is installed.

    Attributes:
        keypoints: which ones the network finds.
        input_px: width and height of a crop.
        has_depth: whether it has a third axis.
        how: engine, device and precision in words.
    """

    def __init__(self, path: Path, options: NetworkOptions) -> None:
        opened = open_network(path, _SIGNATURES, options)
        sizes, name = opened.fit.sizes, opened.fit.signature.name
        self.keypoints: KeypointSet = _SETS[name]
        self.has_depth = name == "RTMW3D"
        height, width = (self._side(path, sizes[side], sizes[bins]) for side, bins in ("HY", "WX"))
        self.input_px = width, height
        self._network = opened.compiled(ImageInput(height, width, _MEAN, _DEVIATION))
        self.how = self._network.how

    @staticmethod
    def _side(path: Path, side: int | None, bins: int | None) -> int:
        """Length of the input's side [px]; a file may state the bins alone."""
        found = side or (bins or 0) // BINS_PER_PX
        if not found or (bins is not None and bins != BINS_PER_PX * found):
            raise AssetError(
                f"model: {printable(str(path))} has {bins or 'any number of'} bins for "
                f"{side or 'any number of'} px; expected {BINS_PER_PX} for each pixel, as the published "
                "RTMPose files have"
            )
        return found

    def __call__(self, crops: NDArray[np.uint8]) -> Estimate:
        """Keypoints of RGB crops (N, height, width, 3), N >= 1."""
        x, y, *z = self._network(crops)
        return Estimate(located(x, y), relative_depth_m(z[0]) if z else None)

    def close(self) -> None:
        """Give back memory and threads."""
        self._network.close()
