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

"""How images are to be turned and stretched for display, by what their files say."""

import struct
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

_NEARLY_SQUARE: Final = 0.01  # a smaller stretch is the rounding of an encoder, and not worth a resampling
_MAX_STRETCH: Final = 8.0
_TURNS: Final = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
# EXIF tag 274: mirrored left to right first, then turned clockwise [deg]
_EXIF: Final = {2: (True, 0), 3: (False, 180), 4: (True, 180), 5: (True, 270), 6: (False, 90), 7: (True, 90),
                8: (False, 270)}  # fmt: skip
_ORIENTATION_TAG: Final = 274


@dataclass(frozen=True)
class Display:
    """From the pixels of a file to an upright image with square pixels.

    Attributes:
        pixel_aspect: width of a stored pixel by its height.
        turn_deg: 0, 90, 180 or 270, clockwise, after the stretch [deg].
        mirrored: whether left and right are exchanged before the turn.
        ignored: what the file asks for beside that, in words; empty where all of it is honored.
    """

    pixel_aspect: float = 1.0
    turn_deg: int = 0
    mirrored: bool = False
    ignored: str = ""

    @staticmethod
    def of(sar: tuple[float, float], turn_deg: float) -> "Display":
        """Of a video.

        Args:
            sar: sample aspect ratio, numerator and denominator; 0 is unknown.
            turn_deg: turn of the container, clockwise [deg].
        """
        aspect = sar[0] / sar[1] if sar[0] > 0.0 and sar[1] > 0.0 else 1.0
        ignored = []
        if not 1.0 / _MAX_STRETCH <= aspect <= _MAX_STRETCH:
            ignored.append(f"its pixel aspect of {aspect:.3g}")
            aspect = 1.0
        elif abs(aspect - 1.0) < _NEARLY_SQUARE:
            aspect = 1.0
        turn = round(turn_deg) % 360
        if turn % 90:
            ignored.append(f"its turn of {turn} degrees")
            turn = 0
        return Display(aspect, turn, ignored=" and ".join(ignored))

    @staticmethod
    def of_webp(data: bytes) -> "Display":
        """Of a WebP file's content, whose EXIF data not every OpenCV reads."""
        mirrored, turn_deg = _EXIF.get(_exif_orientation(_webp_chunk(data, b"EXIF")), (False, 0))
        return Display(turn_deg=turn_deg, mirrored=mirrored)

    @property
    def text(self) -> str:
        """What is done to the image, and what is not, to follow its name; empty where there is nothing."""
        parts = []
        if self.pixel_aspect != 1.0:
            parts.append(f"pixels of {self.pixel_aspect:.3g}:1 made square")
        if self.turn_deg:
            parts.append(f"turned by {self.turn_deg} degrees")
        if self.ignored:
            parts.append(f"{self.ignored} is ignored; convert the file with ffmpeg")
        return f" ({', '.join(parts)})" if parts else ""

    def shown(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The image upright and with square pixels; itself where it is that already.

        Args:
            pixels: shape (H, W, 3) or (H, W). It is only ever enlarged: along x, or along y.
        """
        height, width = pixels.shape[:2]
        if self.pixel_aspect > 1.0:
            pixels = _resized(pixels, round(width * self.pixel_aspect), height)
        elif self.pixel_aspect < 1.0:
            pixels = _resized(pixels, width, round(height / self.pixel_aspect))
        if self.mirrored:
            pixels = np.asarray(cv2.flip(pixels, 1), dtype=np.uint8)
        if self.turn_deg:
            pixels = np.asarray(cv2.rotate(pixels, _TURNS[self.turn_deg]), dtype=np.uint8)
        return pixels


def _resized(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def is_webp(data: bytes) -> bool:
    """Whether a file begins as a WebP."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def _webp_chunk(data: bytes, name: bytes) -> bytes:
    """Content of a WebP file's first chunk of this name; empty where it has none."""
    if not is_webp(data):
        return b""
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == name:
            return data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return b""


def _exif_orientation(exif: bytes) -> int:
    """Tag 274 of EXIF data (TIFF 6.0), 1 where it is not there or the data are damaged."""
    exif = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return 1
    try:
        (at,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, at)
        for entry in range(count):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", exif, at + 2 + 12 * entry)
            if tag == _ORIENTATION_TAG:
                return int(value)
    except struct.error:
        pass
    return 1
