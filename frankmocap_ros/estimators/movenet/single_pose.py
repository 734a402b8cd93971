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

"""MoveNet Lightning and Thunder: one person, in a crop that follows from the image before."""

from collections.abc import Sequence
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.keypoint_sets import COCO_17
from frankmocap_ros.body.pose import Observation
from frankmocap_ros.engines.network_files.network import ImageInput
from frankmocap_ros.engines.network_files.opening import OpenedNetwork
from frankmocap_ros.estimators.base import Capabilities
from frankmocap_ros.estimators.keypoint_observation import keypoint_observation
from frankmocap_ros.estimators.movenet.crop import next_region, whole_image
from frankmocap_ros.estimators.square_crop import is_usable, square_crop
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.imaging.camera_image import ScaledImage

_SIDE_PX: Final = 256  # where the file leaves it open
_MUCH_SMALLER: Final = 0.6  # of a region's side


class SinglePose:
    """17 keypoints of one person.

    Args:
        opened: the network.

    Raises:
        AssetError: it does not run.
    """

    name = "movenet"

    def __init__(self, opened: OpenedNetwork) -> None:
        side = opened.fit.sizes["H"] or opened.fit.sizes["W"] or _SIDE_PX
        self._side_px = side
        self._network = opened.compiled(ImageInput(side, side))
        self.capabilities = Capabilities(
            max_people=1,
            needs_regions=True,
            orientations=False,
            hands=False,
            device=self._network.how,
            batches=self._network.batches,
        )

    def warm_up(self) -> None:
        """Run once."""
        self._network(np.zeros((1, self._side_px, self._side_px, 3), np.uint8))

    def detect(self, image: ScaledImage, max_people: int) -> list[Region]:
        """The whole image: the network itself tells whether somebody is there."""
        return [whole_image(image.bitmap.size_px)]

    def estimate(self, image: ScaledImage, regions: Sequence[Region]) -> list[Observation | None]:
        """The person in each region."""
        return self.estimate_views([(image, regions)])[0]

    def estimate_views(
        self, views: Sequence[tuple[ScaledImage, Sequence[Region]]]
    ) -> list[list[Observation | None]]:
        """The people in the regions of several images.

        Who is found in a much larger region, such as the whole image, is looked at once more in the crop.
        """
        wanted = [(image, region) for image, regions in views for region in regions]
        people = self._people(wanted)
        closer = {
            i: (image, person.region)
            for i, ((image, region), person) in enumerate(zip(wanted, people, strict=True))
            if person is not None
            and person.region is not None
            and person.region.side_px < _MUCH_SMALLER * region.side_px
        }
        for i, person in zip(closer, self._people(list(closer.values())), strict=True):
            people[i] = person or people[i]
        in_order = iter(people)
        return [list(islice(in_order, len(regions))) for _, regions in views]

    def _people(self, wanted: Sequence[tuple[ScaledImage, Region]]) -> list[Observation | None]:
        """The person in each region of an image; None where nobody is, or it cannot be cropped."""
        people: list[Observation | None] = [None] * len(wanted)
        rows = [i for i, (_, region) in enumerate(wanted) if is_usable(region)]
        if not rows:
            return people
        crops = [
            square_crop(wanted[i][0].bitmap, wanted[i][1], self._side_px, zero_border=True) for i in rows
        ]
        for i, found in zip(rows, self._network(np.stack(crops))[0], strict=True):
            people[i] = self._person(*wanted[i], found[0])
        return people

    def _person(self, image: ScaledImage, region: Region, found: NDArray[np.float32]) -> Observation | None:
        points, scores = found[:, 1::-1].astype(np.float64), found[:, 2].astype(np.float64)
        pixels = region.center_px + region.side_px * (points - 0.5)
        size_px = image.bitmap.size_px
        return keypoint_observation(
            COCO_17, pixels, scores, size_px, lambda _: next_region(pixels, scores, size_px)
        )

    def close(self) -> None:
        """Give back memory and threads."""
        self._network.close()
