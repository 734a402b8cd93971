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

"""What estimators have in common whose network finds everybody in the whole image, in pixels."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.pose import Observation
from frankmocap_ros.engines.network_files.network import FileNetwork
from frankmocap_ros.estimators.base import Capabilities
from frankmocap_ros.estimators.blank import blank_image
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.imaging.camera_image import ScaledImage
from frankmocap_ros.imaging.letterbox import Letterbox, letterboxed


class Closable(Protocol):
    """Something that holds memory or threads."""

    def close(self) -> None:
        """Give them back."""


class WholeImageEstimator(ABC):
    """Finds people by itself: it needs no regions, and ``detect`` finds none.

    Args:
        network: is closed with the estimator.
        how: device, engine and precision in words.
        max_people: in one image.
        batches: whether several images at once are faster than one by one.
    """

    def __init__(self, network: Closable, how: str, max_people: int, batches: bool = False) -> None:
        self._closable = network
        self.capabilities = Capabilities(
            max_people=max_people,
            needs_regions=False,
            orientations=False,
            hands=False,
            device=how,
            batches=batches,
        )

    def warm_up(self) -> None:
        """Run the network once on an empty image."""
        self.estimate(blank_image(), [])

    def detect(self, image: ScaledImage, max_people: int) -> list[Region]:
        """No regions are needed."""
        return []

    @abstractmethod
    def estimate(self, image: ScaledImage, regions: Sequence[Region]) -> list[Observation | None]:
        """Everybody in the image."""

    def close(self) -> None:
        """Give back memory and threads."""
        self._closable.close()


class LetterboxEstimator(WholeImageEstimator):
    """One whose network takes images of one size: others get bars beside them.

    Args:
        network: images (N, H, W, 3) to outputs.
        size_px: width and height of its images.
        max_people: in one image.
    """

    def __init__(self, network: FileNetwork, size_px: tuple[int, int], max_people: int) -> None:
        super().__init__(network, network.how, max_people, network.batches)
        self._network, self._size_px = network, size_px

    def estimate(self, image: ScaledImage, regions: Sequence[Region]) -> list[Observation | None]:
        """Everybody in the image."""
        return self.estimate_views([(image, regions)])[0]

    def estimate_views(
        self, views: Sequence[tuple[ScaledImage, Sequence[Region]]]
    ) -> list[list[Observation | None]]:
        """Everybody in several images."""
        boxes = [letterboxed(image.bitmap, self._size_px) for image, _ in views]
        outputs = self._network(np.stack([box.pixels for box in boxes]))
        return [
            self._people(image, box, [one[i] for one in outputs])
            for i, ((image, _), box) in enumerate(zip(views, boxes, strict=True))
        ]

    @abstractmethod
    def _people(
        self, image: ScaledImage, box: Letterbox, outputs: Sequence[NDArray[np.float32]]
    ) -> list[Observation | None]:
        """Everybody in what the network says of one image."""
