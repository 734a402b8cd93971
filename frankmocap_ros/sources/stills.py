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

"""Image files: a sequence of them, or one photograph that moves."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import SourceError
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.bit_depth import To8Bit
from frankmocap_ros.runtime.file_names import native_path, printable
from frankmocap_ros.sources.base import NOMINAL_HZ, SourceImage
from frankmocap_ros.sources.orientation import Display, is_webp

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm")
_MAX_SIDE_PX = 1920  # a photograph of a phone at 30 Hz would be 1 GB/s


class ImagesSource:
    """Image files one after the other.

    Args:
        paths: the files.
        name: what to call them.
        rate_hz: how many a second [Hz].
    """

    camera: Camera | None = None
    live = False

    def __init__(self, paths: Sequence[Path], name: str, rate_hz: float = NOMINAL_HZ) -> None:
        self.name = name
        self.rate_hz = rate_hz
        self.frames = len(paths)
        self._paths = tuple(paths)
        self._to_8bit = To8Bit()
        self._index = 0

    def read(self) -> SourceImage | None:
        """The next image, None after the last.

        Raises:
            SourceError: the file is not an image.
        """
        if self._index == len(self._paths):
            return None
        path = self._paths[self._index]
        pixels = read_image(path, self._to_8bit)
        image = SourceImage(pixels, self._index / self.rate_hz, printable(path.name))
        self._index += 1
        return image

    def rewind(self) -> None:
        """Restart at the first image."""
        self._index = 0

    def close(self) -> None:
        """Nothing to give back."""


class PhotographSource:
    """A photograph with a slow pan and zoom, so that it moves; without end.

    Args:
        pixels: shape (H, W, 3), BGR, uint8; reduced where it is larger than 1920 px.
        name: what to call it.
        rate_hz: images per second [Hz].
    """

    camera: Camera | None = None
    live = False
    frames = 0

    def __init__(self, pixels: NDArray[np.uint8], name: str, rate_hz: float = NOMINAL_HZ) -> None:
        self.name = name
        self.rate_hz = rate_hz
        self._pixels = _reduced(pixels)
        self._index = 0

    def read(self) -> SourceImage:
        """The next image."""
        time_s = self._index / self.rate_hz
        self._index += 1
        return SourceImage(self._moved(time_s), time_s)

    def rewind(self) -> None:
        """Restart."""
        self._index = 0

    def close(self) -> None:
        """Nothing to give back."""

    def _moved(self, time_s: float) -> NDArray[np.uint8]:
        """The photograph at ``time_s``: about a pixel an image, never far, the border mirrored."""
        height, width = self._pixels.shape[:2]
        zoom = 1.0 + 0.03 * np.sin(0.9 * time_s)
        shift_x, shift_y = 0.02 * width * np.sin(0.7 * time_s), 0.01 * height * np.sin(1.1 * time_s)
        matrix = np.array([
            [zoom, 0.0, (1.0 - zoom) * width / 2.0 + shift_x],
            [0.0, zoom, (1.0 - zoom) * height / 2.0 + shift_y],
        ])  # fmt: skip
        moved = cv2.warpAffine(self._pixels, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101)
        return np.asarray(moved, dtype=np.uint8)


def is_image(path: Path) -> bool:
    """Whether a file begins as an image file that OpenCV reads, whatever its name is."""
    if not path.is_file():
        return False
    try:
        with native_path(path) as native:
            return bool(cv2.haveImageReader(native))
    except OSError:
        return False


def read_image(path: Path, to_8bit: To8Bit | None = None) -> NDArray[np.uint8]:
    """An image file as BGR, shape (H, W, 3), uint8, turned as its EXIF data say.

    Args:
        path: the file.
        to_8bit: scales an image of 16 bits as those before it; None scales it by itself.

    Raises:
        SourceError: there is no such file, or it is not an image.
    """
    shown = printable(path)
    try:
        data = np.fromfile(path, np.uint8)
        # as stored: 16 bits stay 16, and gray stays gray
        flags = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH
        if is_webp(data[:12].tobytes()):  # OpenCV 4 does not turn them, OpenCV 5 does
            flags |= cv2.IMREAD_IGNORE_ORIENTATION
        pixels = cv2.imdecode(data, flags) if data.size else None
        if pixels is not None and pixels.dtype not in (np.uint8, np.uint16):
            pixels = cv2.imdecode(data, cv2.IMREAD_COLOR)
    except OSError as error:
        raise SourceError(f"{shown}: {error.strerror}; choose a readable image file") from error
    except cv2.error as error:
        raise SourceError(f"{shown}: OpenCV refuses this image: {error.err}; reduce its size") from error
    if pixels is None:
        raise SourceError(f"{shown}: not an image that OpenCV reads; allowed: {' '.join(SUFFIXES)}")
    if pixels.dtype == np.uint16:
        scale, values = to_8bit or To8Bit(), np.asarray(pixels, dtype=np.uint16)
        pixels = scale.gray(values) if values.ndim == 2 else scale.color(values)
    if pixels.ndim == 2:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)
    return Display.of_webp(data.tobytes()).shown(np.asarray(pixels, dtype=np.uint8))


def _reduced(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = _MAX_SIDE_PX / max(pixels.shape[:2])
    if scale >= 1.0:
        return pixels
    size = (max(1, round(scale * pixels.shape[1])), max(1, round(scale * pixels.shape[0])))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
