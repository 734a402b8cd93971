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

"""What a source of images is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rigid_transform import RigidTransform
from frankmocap_ros.imaging.depth_image import DepthImage

NOMINAL_HZ = 30.0  # of sources that have no rate of their own
ALLOWED = (
    "a video or image file, a folder of images, a rosbag2 folder or .mcap file (BAG:/TOPIC names its topic "
    "of images), /dev/videoN, synthetic, auto"
)


@dataclass(frozen=True, eq=False)
class SourceImage:
    """One image of a source.

    Attributes:
        pixels: shape (H, W, 3), uint8, BGR.
        time_s: its time since the source's first image [s].
        name: file it comes from, where each image is a file.
        depth: gives the distances of the same view, where the source has them; it may find that they are
            malformed, and give None.
        depth_measured: whether a depth camera measured them; else they are drawn when asked for, and are for
            whoever wants to try a depth camera.
        placement: where its camera is in a frame of TF, by the frame's name; None where the source has no TF.
            Raises TransformError where TF of the image's time is not known, SourceError where no TF ever is.
        stamp_s: when it was taken, on the clock of what recorded it [s]; None where that is not known.
    """

    pixels: NDArray[np.uint8]
    time_s: float
    name: str = ""
    depth: Callable[[], DepthImage | None] | None = None
    depth_measured: bool = False
    placement: Callable[[str], RigidTransform] | None = None
    stamp_s: float | None = None


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

    @property
    def camera(self) -> Camera | None:
        """Camera of the image that was read last, None where it is not known.

        Raises:
            CalibrationError: what the source says of its camera cannot be that of the image.
        """

    def read(self) -> SourceImage | None:
        """The next image, None after the last.

        Raises:
            SourceError: the source is lost or damaged.
        """

    def rewind(self) -> None:
        """Restart at the first image; a camera just continues."""

    def close(self) -> None:
        """Give the source back."""
