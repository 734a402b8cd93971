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

"""Who is in an image: boxes around people, for estimators that need them."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.assets.store import AssetStore, named_folder
from frankmocap_ros.assets.user_models import model_of
from frankmocap_ros.body.pose import Observation
from frankmocap_ros.engines.network_files.network import NetworkOptions
from frankmocap_ros.engines.torch import load_torch
from frankmocap_ros.geometry.boxes import Region, box_center, box_iou, region_of
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.imaging.camera_image import ScaledImage

_SAME_PLACE: Final = 0.5  # IoU of boxes of one person in two looks
_REMEMBERED: Final = 64  # people of the last searches, of all cameras


class Detector(Protocol):
    """Finds people."""

    name: str

    def detect(self, image: ScaledImage, max_people: int) -> list[Region]:
        """Regions with boxes, best first."""

    def close(self) -> None:
        """Give back memory and threads."""


class BlazePoseDetector:
    """BlazePose's detector, and its landmarks to confirm each person and to draw the box.

    The detector alone gives the middle of the hips and a circle around the body, and takes a coat for a
    person; the landmark network looks again. Where nobody else is wanted than who is followed, the landmark
    network looks at once, as MediaPipe itself does from image to image. The whole image is searched where it
    does not find everybody where they should be.

    Args:
        tell: told of networks that are downloaded.
    """

    name = "blazepose"

    def __init__(self, tell: Callable[[str], None] = lambda _: None) -> None:
        from frankmocap_ros.estimators.blazepose.making import make_blazepose_detector

        self._estimator = make_blazepose_detector(tell)
        self._estimator.warm_up()
        self._seen: deque[tuple[Array, Region]] = deque(maxlen=_REMEMBERED)  # boxes, and where to look again

    def detect(self, image: ScaledImage, max_people: int) -> list[Region]:
        """Regions with boxes, best first."""
        found = self._again(image) if len(image.followed) >= max_people else None
        if found is None:
            found = self._people(image, self._estimator.detect(image, max_people))
        self._seen += [(person.box_xywh, person.region) for person in found if person.region is not None]
        return [region_of(person.box_xywh) for person in found]

    def _people(self, image: ScaledImage, regions: Sequence[Region]) -> list[Observation]:
        return [person for person in self._estimator.estimate(image, regions) if person is not None]

    def _again(self, image: ScaledImage) -> list[Observation] | None:
        """Everybody who is followed; None where somebody is not there, or was never seen before."""
        regions = []
        for box in image.followed:
            likeness, seen, region = max(
                ((box_iou(box, seen), seen, region) for seen, region in self._seen),
                key=lambda one: one[0],
                default=(0.0, box, None),
            )
            if region is None or likeness < _SAME_PLACE:
                return None
            grown = float(box[2:].max() / max(seen[2:].max(), 1.0))
            center = box_center(box) + grown * (region.center_px - box_center(seen))
            regions.append(replace(region, center_px=center, side_px=grown * region.side_px))
        found = self._people(image, regions)
        if len(found) < len(regions):
            return None
        agree = zip(found, image.followed, strict=True)
        return found if all(box_iou(person.box_xywh, box) >= _SAME_PLACE for person, box in agree) else None

    def close(self) -> None:
        """Give back memory and threads."""
        self._estimator.close()


class Pose2dDetector:
    """The original's 2D pose network."""

    name = "pose2d"

    def __init__(self, weights: Mapping[str, NDArray[np.generic]], device: str, precision: str) -> None:
        load_torch()
        from frankmocap_ros.engines.torch_device import choose_torch_device
        from frankmocap_ros.estimators.openpose.network import Pose2dDetector as Network

        how = choose_torch_device(device, precision)
        self._network = Network(weights, how.device, how.half)

    def detect(self, image: ScaledImage, max_people: int) -> list[Region]:
        """Regions with boxes, best first."""
        return [region_of(found.box_xywh) for found in self._network.detect(image.bitmap.bgr(), max_people)]

    def close(self) -> None:
        """Give back memory."""
        self._network.close()


@dataclass(frozen=True)
class DetectorOptions:
    """How a detector runs.

    Attributes:
        device: auto, cpu or cuda, for ``pose2d`` and ``yolo``.
        precision: as the setting, for ``pose2d``.
        tell: told of networks that are downloaded, for ``blazepose``.
        model: the network's file, for ``yolo``; empty takes the one in the models' folder.
    """

    device: str = "auto"
    precision: str = "auto"
    tell: Callable[[str], None] = lambda _: None
    model: str = ""


def make_detector(name: str, store: AssetStore | None, options: DetectorOptions | None = None) -> Detector:
    """The detector of a name.

    Args:
        name: from ``chosen_detector``.
        store: where the 2D pose network's file is; None for the folder that the environment names.
        options: how it runs.

    Raises:
        MissingDependencyError: what runs BlazePose or YOLO, or torch for ``pose2d``, is not installed.
        EstimatorError: device or precision is not there.
        AssetError: a file is missing or damaged, or another network.
    """
    options = options or DetectorOptions()
    if name == "blazepose":
        return BlazePoseDetector(options.tell)
    if name == "yolo":
        from frankmocap_ros.estimators.yolo.detector import YoloDetector

        return YoloDetector(
            model_of("yolo", options.model, "detector"), NetworkOptions(device=options.device, threads=1)
        )
    store = store or AssetStore(named_folder())
    return Pose2dDetector(store.load("pose2d"), options.device, options.precision)
