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

"""The images of an episode's rows, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import ImageError, RecordingError
from frankmocap_ros.recording.rows import CameraRows
from frankmocap_ros.sources.bag import Bag
from frankmocap_ros.sources.bag_pixels import ImageDecoder


@dataclass(frozen=True, eq=False)
class RowImage:
    """The image of some rows of an episode.

    Attributes:
        camera: its name.
        first: number of the first row.
        count: number of rows, one after the other, that have this image.
        rgb: shape (H, W, 3).
    """

    camera: str
    first: int
    count: int
    rgb: NDArray[np.uint8]


class EpisodeImages:
    """Reads the images of an episode's rows; of each camera in the order of the rows, and all of one size.

    A row whose image cannot be decoded has the one before.

    Attributes:
        malformed: number of images that could not be decoded, by camera.

    Args:
        bag: the episode.
        cameras: which image belongs to which row.
    """

    def __init__(self, bag: Bag, cameras: Mapping[str, CameraRows]) -> None:
        self._bag = bag
        self._cameras = cameras
        self.malformed: dict[str, int] = {}

    def __iter__(self) -> Iterator[RowImage]:
        """The images.

        Raises:
            RecordingError: the first image of a camera cannot be decoded, or the size changes.
            SourceError: the bag is damaged.
            MissingDependencyError: there is video, and PyAV is not installed.
        """
        names = {camera.topic: name for name, camera in self._cameras.items()}
        rows = {camera.topic: _rows_by_message(camera) for camera in self._cameras.values()}
        numbers = dict.fromkeys(names, -1)
        decoders = {topic: ImageDecoder(self._bag.topics[topic]) for topic in names}
        shown: dict[str, NDArray[np.uint8]] = {}
        for item in self._bag.messages(names):
            topic = item.topic
            numbers[topic] += 1
            wanted = rows[topic].get(numbers[topic])
            decoder = decoders[topic]
            if wanted is not None:
                shown[topic] = self._decoded(names[topic], decoder, item.message, shown.get(topic))
                yield RowImage(names[topic], *wanted, shown[topic])
            elif decoder.needs_all:
                with suppress(ImageError):  # those that are wanted tell of it
                    decoder.decode(item.message)

    def _decoded(
        self, camera: str, decoder: ImageDecoder, message: Any, before: NDArray[np.uint8] | None
    ) -> NDArray[np.uint8]:
        leave_out = f"leave this camera out: name the others by --images TOPIC ... (now {camera})"
        try:
            rgb = decoder.decode(message).rgb()
        except ImageError as error:
            if before is None:
                raise RecordingError(f"image of {camera}: {error}; {leave_out}") from error
            self.malformed[camera] = self.malformed.get(camera, 0) + 1
            return before
        if before is not None and rgb.shape != before.shape:
            (old_h, old_w), (h, w) = before.shape[:2], rgb.shape[:2]
            raise RecordingError(
                f"images of {camera} change from {old_w} x {old_h} to {w} x {h}, and a dataset has one size; "
                f"{leave_out}"
            )
        return rgb


def _rows_by_message(camera: CameraRows) -> dict[int, tuple[int, int]]:
    """First row and number of rows of each image; rows of the same image lie one after the other."""
    messages, first, count = np.unique(camera.messages, return_index=True, return_counts=True)
    found = zip(messages.tolist(), first.tolist(), count.tolist(), strict=True)
    return {message: (first_row, rows) for message, first_row, rows in found}
