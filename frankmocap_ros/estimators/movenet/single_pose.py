"""MoveNet Lightning and Thunder: one person, in a crop that follows from the image before."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.keypoint_sets import COCO_17
from frankmocap_ros.body.pose import Observation
from frankmocap_ros.engines.network_files.network import ImageInput
from frankmocap_ros.engines.network_files.opening import OpenedNetwork
from frankmocap_ros.estimators.base import Capabilities
from frankmocap_ros.estimators.blazepose.crop import is_usable, square_crop
from frankmocap_ros.estimators.keypoint_observation import keypoint_observation
from frankmocap_ros.estimators.movenet.crop import next_region, whole_image
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.imaging.camera_image import ScaledImage

_SIDE_PX: Final = 256  # where the file leaves it open


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
        """The people in the regions of several images."""
        crops = [
            square_crop(image.bitmap, region, self._side_px, zero_border=True)
            for image, regions in views
            for region in regions
            if is_usable(region)
        ]
        found = iter(self._network(np.stack(crops))[0] if crops else ())
        return [
            [self._person(image, region, next(found)[0]) if is_usable(region) else None for region in regions]
            for image, regions in views
        ]

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
