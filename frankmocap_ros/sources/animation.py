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

"""Animated WebP and PNG files: their images one after the other, each at its own time."""

from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import SourceError
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.runtime.file_names import native_path, printable
from frankmocap_ros.sources.base import SourceImage

_READS_ANIMATIONS: Final = hasattr(cv2, "imreadanimation")  # from OpenCV 4.11 on
_HELD_BYTES: Final = 256_000_000  # decoded images that are kept at a time; the next ones take a new pass
_SHORTEST_MS: Final = 10.0  # this and less means "unspecified", and is shown for 100 ms, as browsers do
_UNSPECIFIED_MS: Final = 100.0
_HEAD_BYTES: Final = 1 << 16
_PNG: Final = b"\x89PNG\r\n\x1a\n"


def is_animation(path: Path) -> bool:
    """Whether a file is an animated WebP or PNG by what stands at its beginning."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return False
    if head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X":
        return bool(head[20] & 2) if len(head) > 20 else False
    if head.startswith(_PNG):
        at = head.find(b"acTL")  # only where it comes before the pixels (APNG specification)
        return 0 <= at < head.find(b"IDAT") % (_HEAD_BYTES + 1)
    return False


class AnimationSource:
    """An animated image as a video.

    Args:
        path: the file.
        name: what to call it.

    Raises:
        SourceError: it is damaged, or this OpenCV reads only the first image of it.
    """

    camera: Camera | None = None
    live = False

    def __init__(self, path: Path, name: str) -> None:
        if not _READS_ANIMATIONS:
            raise SourceError(
                f"{printable(path)}: an animation, of which OpenCV {cv2.__version__} reads only the first "
                f"image; pip install 'opencv-python>=4.11', or convert the file to a video"
            )
        self.name = name
        self._path = path
        with native_path(self._path) as native:
            self.frames = int(cv2.imcount(native))
        self._index = 0
        self._time_s = 0.0
        self._held: list[tuple[NDArray[np.uint8], float]] = []  # the next images, with their durations [s]
        self._held = self._decoded(0, 1)
        size = self._held[0][0].size * 4 // 3  # as decoded, with alpha
        self._chunk = max(1, _HELD_BYTES // max(1, size))
        self._held = self._decoded(0, self._chunk)
        self.rate_hz = 1.0 / float(np.median([duration_s for _, duration_s in self._held]))

    def read(self) -> SourceImage | None:
        """The next image, None after the last.

        Raises:
            SourceError: the file is damaged.
        """
        if self._index == self.frames:
            return None
        if not self._held:
            self._held = self._decoded(self._index, self._chunk)
        pixels, duration_s = self._held.pop(0)
        image = SourceImage(pixels, self._time_s)
        self._index += 1
        self._time_s += duration_s
        return image

    def rewind(self) -> None:
        """Restart at the first image."""
        self._index, self._time_s, self._held = 0, 0.0, []

    def close(self) -> None:
        """Nothing to give back."""

    def _decoded(self, start: int, count: int) -> list[tuple[NDArray[np.uint8], float]]:
        """Images from ``start`` on, BGR, with their durations [s]."""
        with native_path(self._path) as native:
            whole, animation = cv2.imreadanimation(native, start, count)
        frames = animation.frames if whole else ()
        if not len(frames):
            raise SourceError(
                f"{printable(self._path)}: image {start + 1} of {self.frames} cannot be decoded; "
                "copy or convert it again"
            )
        return [
            (_bgr(frame), 1e-3 * (ms if ms > _SHORTEST_MS else _UNSPECIFIED_MS))
            for frame, ms in zip(frames, animation.durations, strict=False)
        ]


def _bgr(frame: NDArray[Any]) -> NDArray[np.uint8]:
    """An image as decoded: of 8 or 16 bits, gray or BGR, with or without alpha."""
    if frame.dtype == np.uint16:
        frame = (frame >> 8).astype(np.uint8)
    if frame.ndim == 2:
        return np.asarray(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
    return np.ascontiguousarray(frame[..., :3], dtype=np.uint8)
