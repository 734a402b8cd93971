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

"""The images of a bag as a source."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import CalibrationError, ImageError, SourceError
from frankmocap_ros.geometry.calibration import camera_of, is_rectified
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rigid_transform import RigidTransform
from frankmocap_ros.imaging.bit_depth import To8Bit
from frankmocap_ros.imaging.depth_image import DepthImage
from frankmocap_ros.imaging.messages.depth import decode_depth
from frankmocap_ros.runtime.file_names import printable
from frankmocap_ros.runtime.stamp_order import Arrival, StampOrder
from frankmocap_ros.sources.bag import Bag
from frankmocap_ros.sources.bag_images import BagImage, bag_images
from frankmocap_ros.sources.bag_pixels import ImageDecoder, camera_of_topic, image_frame
from frankmocap_ros.sources.bag_topics import CameraTopics
from frankmocap_ros.sources.bag_transforms import BagTransforms
from frankmocap_ros.sources.base import NOMINAL_HZ, SourceImage

_LOG: Final = logging.getLogger(__name__)
_FOR_RATE: Final = 31  # images whose stamps tell how often they come
_LEFT_OUT: Final = {
    Arrival.SAME: "with the stamp of the image before",
    Arrival.LATE: "with a stamp earlier than that of an image before",
}


class BagSource:
    """The images of one topic of a bag, with their own stamps, calibration and depth.

    Images whose stamps do not rise, and malformed ones, are left out as the node leaves them out; how many,
    and why, is logged at the end. Where stamps begin again (a clock was set), times go on by one period.

    Args:
        path: rosbag2 folder, or file .mcap or .db3.
        image: topic of images; empty for the only one.
        depth: topic of depth images of the same view; empty for the one that belongs to the images.
        rectified: whether the images are rectified: true, false, or auto, by the topic's name.

    Raises:
        MissingDependencyError: the package ``rosbags`` is not installed, or, for video, ``av``.
        SourceError: the bag cannot be read, or has no such images.
    """

    live = False

    def __init__(self, path: Path, image: str = "", depth: str = "", rectified: str = "auto") -> None:
        self._path, self._shown = path, printable(path)
        self._transforms: dict[tuple[str, str], BagTransforms] = {}  # by target and image frame
        self._bag = Bag(path)
        self._rectified = rectified
        self._first: SourceImage | None = None
        try:
            self.topics = CameraTopics.of(self._bag.topics, image, depth, self._shown)
            self.name = f"bag {self._shown}, images of {self.topics.image}"
            self.frames = self._bag.counts[self.topics.image]
            self._info = self._first_info()
            self.rate_hz = self._own_rate_hz()
            self._start()
        except BaseException:
            self.close()
            raise

    @property
    def camera(self) -> Camera | None:
        """Camera of the image that was read last, by the bag's first CameraInfo; None where there is none.

        Raises:
            CalibrationError: the CameraInfo is no calibration of such an image.
        """
        if self._info is None:
            return None
        try:
            rectified = is_rectified(self._rectified, camera_of_topic(self.topics.image))
            return camera_of(self._info, *self._size_px, rectified=rectified)
        except CalibrationError as error:
            raise CalibrationError(
                f"{self._shown}: {self.topics.camera_info}: {error}; give another calibration (--camera-info "
                "FILE) or a field of view (horizontal_fov_deg)"
            ) from error

    def read(self) -> SourceImage | None:
        """The next image; None at the end.

        Raises:
            SourceError: the bag is damaged, or none of its images can be decoded.
        """
        first, self._first = self._first, None
        return first if first is not None else self._next()

    def rewind(self) -> None:
        """Restart at the first image."""
        self._images.close()
        self._start()

    def close(self) -> None:
        """Close the bag."""
        self._bag.close()

    def _start(self) -> None:
        self._images = bag_images(self._bag, self.topics.image, self.topics.depth)
        self._order = StampOrder()
        self._to_8bit = To8Bit()
        self._decoder = ImageDecoder(self._bag.topics[self.topics.image])
        self._left_out: Counter[str] = Counter()
        self._fault = ""  # of the first that is malformed
        self._zero_ns: int | None = None  # the stamp of time 0
        self._last_s = 0.0
        self._told = False
        self._first = self._next()
        if self._first is None:
            raise SourceError(
                f"{self._shown}: no image of {self.topics.image} can be read"
                f"{': ' if self._fault else ''}{self._fault}; name another topic or bag"
            )

    def _next(self) -> SourceImage | None:
        for image in self._images:
            try:
                pixels = self._pixels(image.message)
            except ImageError as error:
                self._left_out[f"malformed ({error.reason})"] += 1
                self._fault = self._fault or str(error)
                continue
            time_s = self._time_s(image.stamp_ns)
            if time_s is not None:
                self._size_px = pixels.shape[1], pixels.shape[0]
                return SourceImage(
                    pixels,
                    time_s,
                    depth=_depth(image),
                    depth_measured=True,
                    placement=self._placement(image),
                    stamp_s=image.stamp_ns / 1e9,
                )
        self._tell_left_out()
        return None

    def _pixels(self, message: Any) -> NDArray[np.uint8]:
        return self._decoder.decode(message, self._to_8bit).bgr()

    def _time_s(self, stamp_ns: int) -> float | None:
        """Time since the first image; None where the image is to be left out."""
        arrival = self._order.classify(1e-9 * stamp_ns)
        if arrival in _LEFT_OUT:
            self._left_out[_LEFT_OUT[arrival]] += 1
            return None
        if self._zero_ns is None:
            self._zero_ns = stamp_ns
        elif arrival is Arrival.RESTART:
            self._zero_ns = stamp_ns - round(1e9 * (self._last_s + 1.0 / self.rate_hz))
        self._last_s = 1e-9 * (stamp_ns - self._zero_ns)
        return self._last_s

    def _placement(self, image: BagImage) -> Callable[[str], RigidTransform]:
        """Looks its camera up in the bag's TF, which is read when it is first asked for."""
        frame = image_frame(image.message)

        def placed(target: str) -> RigidTransform:
            key = target, frame
            if key not in self._transforms:
                self._transforms[key] = BagTransforms(self._path, target, frame)
            return self._transforms[key].at(image.stamp_ns)

        return placed

    def _first_info(self) -> Any:
        """The first CameraInfo beside the images, None where there is none."""
        if not self.topics.camera_info:
            return None
        received = next(self._bag.messages([self.topics.camera_info]), None)
        return None if received is None else received.message

    def _own_rate_hz(self) -> float:
        """By the median of the first differences of stamps."""
        first = islice(bag_images(self._bag, self.topics.image), _FOR_RATE)
        gaps_s = [1e-9 * (b.stamp_ns - a.stamp_ns) for a, b in pairwise(first)]
        rising = [gap_s for gap_s in gaps_s if gap_s > 0.0]
        rate_hz = 1.0 / float(np.median(rising)) if rising else NOMINAL_HZ
        return rate_hz if 0.1 <= rate_hz <= 1000.0 else NOMINAL_HZ

    def _tell_left_out(self) -> None:
        if self._left_out and not self._told:
            counts = "; ".join(f"{count} {why}" for why, count in self._left_out.most_common(3))
            total = sum(self._left_out.values())
            fault = f" ({self._fault})" if self._fault else ""
            _LOG.warning("%s: %d of %d images left out: %s%s", self.name, total, self.frames, counts, fault)
        self._told = True


def _depth(image: BagImage) -> Callable[[], DepthImage | None] | None:
    """Gives an image's depth when it is asked for; nothing where it is malformed."""
    if image.depth is None:
        return None

    def decoded() -> DepthImage | None:
        try:
            return decode_depth(image.depth)
        except ImageError as error:
            _LOG.warning("a depth image was left out: %s", error)
            return None

    return decoded
