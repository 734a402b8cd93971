"""What a source of images is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.geometry.camera_model import Camera

NOMINAL_HZ = 30.0  # of sources that have no rate of their own
ALLOWED = "a video or image file, a folder of images, /dev/videoN, synthetic, auto"


@dataclass(frozen=True, eq=False)
class SourceImage:
    """One image of a source.

    Attributes:
        pixels: shape (H, W, 3), uint8, BGR.
        time_s: its time since the source's first image [s].
        name: file it comes from, where each image is a file.
        depth: gives the distances of the same view, shape (H, W), float32 [m], where the source has them.
    """

    pixels: NDArray[np.uint8]
    time_s: float
    name: str = ""
    depth: Callable[[], NDArray[np.float32]] | None = None


class Source(Protocol):
    """Gives images one after the other; their times rise strictly until ``rewind``."""

    name: str
    """What it is, in words; with ``auto`` also why it was taken."""
    rate_hz: float
    """Its own rate [Hz]."""
    frames: int
    """How many images it has, 0 where that is not known."""
    live: bool
    """Whether it is a camera: images come when they come, and there is no end."""
    camera: Camera | None
    """Camera of its images, None where it is not known."""

    def read(self) -> SourceImage | None:
        """The next image, None after the last.

        Raises:
            SourceError: the source is lost or damaged.
        """

    def rewind(self) -> None:
        """Restart at the first image; a camera just continues."""

    def close(self) -> None:
        """Give the source back."""
