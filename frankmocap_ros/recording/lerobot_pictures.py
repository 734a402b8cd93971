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

"""Where the images of a prepared episode go: one video a camera, or PNG beside the rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import cv2

from frankmocap_ros.recording.episode_images import RowImage
from frankmocap_ros.recording.lerobot_features import image_feature, image_key
from frankmocap_ros.recording.rows import Rows
from frankmocap_ros.recording.statistics import ImageSamples, Statistics
from frankmocap_ros.recording.video_file import VideoFile, require_av

_PNG_EFFORT: Final = [
    cv2.IMWRITE_PNG_COMPRESSION,
    1,
]  # a fifth larger than the default, and four times faster


class PictureStore(Protocol):
    """Takes an episode's images, of each camera in the order of the rows."""

    as_video: bool

    def add(self, image: RowImage) -> None:
        """Take the image of some rows."""

    def columns(self, part: slice) -> dict[str, list[dict[str, Any]]] | None:
        """Images of some rows as columns of the data, by feature; None while some are missing."""

    def close(self) -> None:
        """Everything was added."""

    def abandon(self) -> None:
        """Let go of what is open."""


class Videos:
    """One video a camera.

    Args:
        folder: for the videos.
        rate_hz: images per second.
    """

    as_video = True

    def __init__(self, folder: Path, rate_hz: int) -> None:
        self._folder, self._rate_hz = folder, rate_hz
        self._open: dict[str, VideoFile] = {}

    def add(self, image: RowImage) -> None:
        """Append the image of some rows.

        Raises:
            MissingDependencyError: PyAV is not installed.
        """
        if image.camera not in self._open:
            require_av()
            height, width = image.rgb.shape[:2]
            path = self._folder / video_name(image.camera)
            self._open[image.camera] = VideoFile(path, self._rate_hz, (width, height))
        self._open[image.camera].add(image.rgb, image.count)

    def columns(self, part: slice) -> dict[str, list[dict[str, Any]]]:
        """No columns: the images are in the videos."""
        return {}

    def close(self) -> None:
        """Make the videos whole."""
        while self._open:
            self._open.popitem()[1].close()

    def abandon(self) -> None:
        """Close the videos as they are."""
        while self._open:
            self._open.popitem()[1].abandon()


class Pngs:
    """PNG files as values of a column for each camera; holds those of the parts that are not written yet.

    Args:
        cameras: their names.
    """

    as_video = False

    def __init__(self, cameras: Mapping[str, object]) -> None:
        self._files: dict[str, dict[int, bytes]] = {camera: {} for camera in cameras}

    def add(self, image: RowImage) -> None:
        """Keep the image of some rows."""
        encoded = cv2.imencode(".png", cv2.cvtColor(image.rgb, cv2.COLOR_RGB2BGR), _PNG_EFFORT)[1].tobytes()
        for row in range(image.first, image.first + image.count):
            self._files[image.camera][row] = encoded

    def columns(self, part: slice) -> dict[str, list[dict[str, Any]]] | None:
        """Images of some rows, which are forgotten then; None while some are missing."""
        rows = range(part.start, part.stop)
        if any(part.stop - 1 not in files for files in self._files.values()):
            return None
        return {
            image_key(camera): [{"bytes": files.pop(row), "path": None} for row in rows]
            for camera, files in self._files.items()
        }

    def close(self) -> None:
        """Nothing is open."""

    def abandon(self) -> None:
        """Nothing is open."""


class Pictures:
    """An episode's images on their way to where they are kept, with their sizes and statistics.

    Args:
        rows: of the episode.
        store: where they are kept.
    """

    def __init__(self, rows: Rows, store: PictureStore) -> None:
        self.store = store
        self._rate_hz = rows.rate_hz
        parts = rows.part_slices()
        self._samples = {camera: ImageSamples(parts) for camera in rows.cameras}
        self._sizes: dict[str, tuple[int, int]] = {}

    @property
    def keys(self) -> list[str]:
        """Feature of each camera."""
        return [image_key(camera) for camera in self._samples]

    def add(self, image: RowImage) -> None:
        """Take the image of some rows."""
        self._sizes[image.camera] = image.rgb.shape[1], image.rgb.shape[0]
        self._samples[image.camera].add(image.first, image.count, image.rgb)
        self.store.add(image)

    def features(self) -> dict[str, dict[str, Any]]:
        """Of every camera, by name."""
        return {
            image_key(camera): image_feature(size, self._rate_hz, self.store.as_video)
            for camera, size in self._sizes.items()
        }

    def statistics(self) -> dict[str, list[Statistics]]:
        """Of every camera and part, by the camera's feature."""
        return {image_key(camera): samples.statistics() for camera, samples in self._samples.items()}


def video_name(camera: str) -> str:
    """Name of a camera's video in a prepared episode."""
    return f"{image_key(camera)}.mp4"
