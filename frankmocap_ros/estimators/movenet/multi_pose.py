"""MoveNet MultiPose: up to six people in the whole image."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.keypoint_sets import COCO_17
from frankmocap_ros.body.pose import Observation
from frankmocap_ros.engines.network_files.network import ImageInput
from frankmocap_ros.engines.network_files.opening import OpenedNetwork
from frankmocap_ros.estimators.base import Capabilities
from frankmocap_ros.estimators.keypoint_observation import keypoint_observation
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.imaging.camera_image import ScaledImage
from frankmocap_ros.imaging.letterbox import Letterbox, letterboxed

_SIDE_PX: Final = 256  # where the file leaves it open: a multiple of 32
_MOST_PEOPLE: Final = 6
_LEAST_SCORE: Final = 0.11
_SCORE: Final = 55
_POINTS: Final = len(COCO_17)


class MultiPose:
    """17 keypoints of everybody in the image.

    Args:
        opened: the network.

    Raises:
        AssetError: it does not run.
    """

    name = "movenet"

    def __init__(self, opened: OpenedNetwork) -> None:
        sizes = opened.fit.sizes
        self._size_px = (sizes["W"] or _SIDE_PX, sizes["H"] or _SIDE_PX)
        self._network = opened.compiled(ImageInput(self._size_px[1], self._size_px[0]))
        self.capabilities = Capabilities(
            max_people=_MOST_PEOPLE,
            needs_regions=False,
            orientations=False,
            hands=False,
            device=self._network.how,
            batches=self._network.batches,
        )

    def warm_up(self) -> None:
        """Run once."""
        self._network(np.zeros((1, self._size_px[1], self._size_px[0], 3), np.uint8))

    def detect(self, image: ScaledImage, max_people: int) -> list[Region]:
        """No regions are needed."""
        return []

    def estimate(self, image: ScaledImage, regions: Sequence[Region]) -> list[Observation | None]:
        """Everybody in the image."""
        return self.estimate_views([(image, regions)])[0]

    def estimate_views(
        self, views: Sequence[tuple[ScaledImage, Sequence[Region]]]
    ) -> list[list[Observation | None]]:
        """Everybody in several images."""
        boxes = [letterboxed(image.bitmap, self._size_px) for image, _ in views]
        (people,) = self._network(np.stack([box.pixels for box in boxes]))
        return [
            [self._person(image, box, one) for one in found if one[_SCORE] >= _LEAST_SCORE]
            for (image, _), box, found in zip(views, boxes, people, strict=True)
        ]

    def _person(self, image: ScaledImage, box: Letterbox, found: NDArray[np.float32]) -> Observation | None:
        values = found[: 3 * _POINTS].reshape(_POINTS, 3).astype(np.float64)
        pixels = box.in_image(values[:, 1::-1] * self._size_px - 0.5)
        return keypoint_observation(COCO_17, pixels, values[:, 2], image.bitmap.size_px)

    def close(self) -> None:
        """Give back memory and threads."""
        self._network.close()
