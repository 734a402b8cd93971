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

"""sensor_msgs/CompressedImage, JPEG or PNG, to 8-bit pixels and back.

The bytes decide what it is; ``format`` only tells channel order and bayer pattern. Colors come out right
for every format string but ``...; jpeg compressed rgb8``, which image_transport uses for swapped channels;
these are swapped back. 16-bit PNG: as ``imaging/bit_depth.py`` scales it. EXIF rotation is ignored, as
CameraInfo describes the image as stored.

PNG has checksums, so all damage shows. JPEG has none: what is cut off, and what leaves the decoder with too
many or too few bits, is refused; damage that happens to fit decodes as a image with a flaw.
"""

import re
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import ImageError
from frankmocap_ros.imaging.bit_depth import To8Bit
from frankmocap_ros.imaging.bitmap import Bitmap, Order
from frankmocap_ros.imaging.messages.converter import interpolated
from frankmocap_ros.imaging.messages.headers import JPEG_START, PNG_START, checked_jpeg, checked_png
from frankmocap_ros.imaging.messages.images import MAX_SIDE_PX, byte_array, flat_bytes
from frankmocap_ros.imaging.messages.raw_pixels import Pixels
from frankmocap_ros.runtime.native_stderr import with_native_stderr

MAX_COMPRESSED_PIXELS: Final = 40_000_000  # 8K is 33 million; decoding needs up to 8 bytes for each

_CODECS: Final = (
    ("jpeg", JPEG_START, re.compile("jpe?g", re.IGNORECASE)),
    ("png", PNG_START, re.compile("png", re.IGNORECASE)),
)
_BAYER: Final = re.compile("(bayer_(?:rggb|bggr|gbrg|grbg))(?:8|16)")
_FLAGS: Final = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION
# Every warning of libjpeg's decoder (jerror.h), libpng's, and OpenCV's log lines about them.
_CODEC_LINE: Final = re.compile(
    rb"^(Corrupt JPEG data|Premature end of JPEG|Invalid SOS param|Inconsistent progression"
    rb"|Unknown Adobe color|Warning: unknown JFIF|Application transferred|libpng (error|warning))"
    rb"|imdecode|grfmt_|loadsave\.cpp"
)
_HARMLESS_LINE: Final = re.compile(rb"bad ICC marker|Adobe color|unknown JFIF")
_EXTRA_LINE: Final = re.compile(rb"Corrupt JPEG data: (\d+) extraneous bytes")
_MAX_EXTRA_BYTES: Final = 8  # webcams leave a few behind the image; more mean damage or another size
_SHORT_LINE: Final = re.compile(rb"[Pp]remature end")


def decode_compressed(
    msg: Any, to_8bit: To8Bit | None = None, max_pixels: int = MAX_COMPRESSED_PIXELS
) -> Bitmap:
    """8-bit pixels of a sensor_msgs/CompressedImage.

    Args:
        msg: anything with ``format`` and ``data``; ``data`` may be any contiguous buffer.
        to_8bit: scales 16 bits as in the camera's images before; None scales this image by itself.
        max_pixels: larger images are refused before they are decoded.

    Raises:
        ImageError: not JPEG or PNG (``bad_format``), damaged (``bad_jpeg``, ``bad_png``), cut off
            (``truncated``), too large for the limit or for its own bytes (``bomb``), empty (``bad_size``),
            of wrong types (``bad_data``), or a bayer pattern without a library for it (``no_converter``).
    """
    text = getattr(msg, "format", None)
    if not isinstance(text, str):
        raise ImageError("bad_data", "format is not a string")
    flat = flat_bytes(msg)
    data = flat.tobytes()
    codec = _codec(text, data)
    if codec == "jpeg":
        size = checked_jpeg(data, max_pixels)
    else:
        size, data = checked_png(data, max_pixels)
        flat = np.frombuffer(data, np.uint8)
    if max(size) > MAX_SIDE_PX:
        raise ImageError("bad_size", f"{codec} of {size[0]} x {size[1]}; allowed: {MAX_SIDE_PX} a side")
    pixels = _decoded(codec, flat)
    if pixels.shape[1::-1] != size:
        raise ImageError(
            f"bad_{codec}", f"{codec} of {size} px by its header, {pixels.shape[1::-1]} by its data"
        )
    return _ordered(text, pixels, to_8bit or To8Bit())


def _codec(text: str, data: bytes) -> str:
    """``jpeg`` or ``png``, by the first bytes."""
    if "compresseddepth" in text.lower():
        raise ImageError("bad_format", f"format {text[:40]!r} is depth; subscribe to image/compressed")
    for codec, start, _ in _CODECS:
        if data.startswith(start):
            return codec
        if start.startswith(data):
            raise ImageError("truncated", f"{len(data)} bytes are no image")
    for codec, _, named in _CODECS:
        if named.search(text):
            raise ImageError(f"bad_{codec}", f"format says {codec}, but the data does not begin like one")
    raise ImageError(
        "bad_format", f"data of format {text[:40]!r} is neither JPEG nor PNG; publish one of these"
    )


def _decoded(codec: str, flat: Pixels) -> NDArray[Any]:
    """Decode a stream whose headers are sound, and refuse it where the decoder found damage."""
    try:
        pixels, lines = with_native_stderr(lambda: cv2.imdecode(flat, _FLAGS), _CODEC_LINE)
    except (cv2.error, MemoryError) as e:
        raise ImageError(f"bad_{codec}", f"{codec} does not decode: {str(e).strip()}") from e
    damage = next((line for line in lines if _is_damage(line)), None)
    if damage is not None:
        short = codec == "jpeg" and _SHORT_LINE.search(damage)
        text = damage.decode(errors="replace").strip()
        raise ImageError("truncated" if short else f"bad_{codec}", f"{codec} is damaged: {text}")
    if pixels is None:
        raise ImageError(f"bad_{codec}", f"{codec} does not decode")
    return pixels


def _is_damage(line: bytes) -> bool:
    """Whether a decoder's line means that the pixels are wrong."""
    extra = _EXTRA_LINE.search(line)
    if extra:
        return int(extra[1]) > _MAX_EXTRA_BYTES
    return not _HARMLESS_LINE.search(line)


def _ordered(text: str, pixels: NDArray[Any], to_8bit: To8Bit) -> Bitmap:
    """Name the channels, and interpolate a bayer pattern that was compressed as gray."""
    original, _, compression = text.partition(";")
    bayer = _BAYER.fullmatch(original.strip()) if pixels.ndim == 2 and min(pixels.shape) >= 3 else None
    if pixels.dtype == np.uint16:
        pixels = to_8bit.color(pixels) if bayer or pixels.ndim == 3 else to_8bit.gray(pixels)
    if bayer:
        return Bitmap(interpolated(pixels, f"{bayer[1]}8"), "rgb")
    if pixels.ndim == 2:
        return Bitmap(pixels, "gray")
    order: Order = "rgb" if "compressed rgb" in compression else "bgr"
    return Bitmap(pixels, order)


def write_compressed(msg: Any, image: Bitmap, jpeg_quality: int = 90) -> None:
    """Set format and data of a sensor_msgs/CompressedImage to a JPEG of the image.

    Args:
        msg: the message.
        image: what to compress.
        jpeg_quality: 1..100.
    """
    gray = image.order == "gray"
    pixels = image.pixels if gray else image.bgr()
    _, packed = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, jpeg_quality))
    msg.format = "mono8; jpeg compressed " if gray else "bgr8; jpeg compressed bgr8"
    msg.data = byte_array(packed)
