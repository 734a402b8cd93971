"""Who is in an image: boxes around people, for estimators that need them."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.assets.store import AssetStore
from frankmocap_ros.body import Region
from frankmocap_ros.boxes import region_of
from frankmocap_ros.estimators.base import Image

if TYPE_CHECKING:
    from frankmocap_ros.networks.running import Running


class Detector(Protocol):
    """Finds people."""

    name: str

    def detect(self, image: Image, max_people: int) -> list[Region]:
        """Regions with boxes, best first."""

    def close(self) -> None:
        """Give back memory and threads."""


class MediaPipeDetector:
    """BlazePose's detector, and its landmarks to confirm each person and to draw the box.

    The detector alone gives the middle of the hips and a circle around the body, and takes a coat for a
    person; the landmark network looks again.
    """

    name = "mediapipe"

    def __init__(self) -> None:
        from frankmocap_ros.estimators.mediapipe import MediaPipeEstimator

        self._estimator = MediaPipeEstimator(background=True)
        self._estimator.warm_up()

    def detect(self, image: Image, max_people: int) -> list[Region]:
        """Regions with boxes, best first."""
        found = self._estimator.estimate(image, self._estimator.detect(image, max_people))
        return [region_of(person.box_xywh) for person in found if person is not None]

    def close(self) -> None:
        """End MediaPipe's threads."""
        self._estimator.close()


class Pose2dDetector:
    """The original's 2D pose network."""

    name = "pose2d"

    def __init__(self, weights: Mapping[str, NDArray[np.generic]], how: "Running") -> None:
        from frankmocap_ros.networks.pose2d import Pose2dDetector as Network

        self._network = Network(weights, how.device, how.half)

    def detect(self, image: Image, max_people: int) -> list[Region]:
        """Regions with boxes, best first."""
        return [region_of(found.box_xywh) for found in self._network.detect(image.bitmap.bgr(), max_people)]

    def close(self) -> None:
        """Nothing to give back."""


def chosen_detector(setting: str) -> str:
    """``mediapipe`` or ``pose2d`` for the setting ``detector``."""
    if setting != "auto":
        return setting
    return "mediapipe" if find_spec("mediapipe") is not None else "pose2d"


def make_detector(name: str, store: AssetStore, how: "Running") -> Detector:
    """The detector of a name.

    Args:
        name: from ``chosen_detector``.
        store: where the 2D pose network's file is.
        how: device and numbers, for ``pose2d``.

    Raises:
        MissingDependencyError: MediaPipe is not installed.
        AssetError: the file is missing or damaged.
    """
    return MediaPipeDetector() if name == "mediapipe" else Pose2dDetector(store.load("pose2d"), how)
