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

"""sensor_msgs/Image to 8-bit pixels and back.

What a message may do wrong is checked before a byte is touched, by this package or by a library; whatever is
wrong with it ends in one ``ImageError`` whose reason is one of ``REASONS``. How each encoding becomes 8-bit:
``raw_pixels.py``.
"""

import array
import operator
import sys
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import ImageError
from frankmocap_ros.imaging.bit_depth import To8Bit
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.messages.encodings import Layout, layout_of
from frankmocap_ros.imaging.messages.raw_pixels import Pixels, Raw, to_bitmap

REASONS: Final = (
    "unknown_encoding",  # none of ``ENCODINGS``
    "no_converter",  # the encoding needs a library that is not installed
    "bad_size",  # zero, larger than allowed, or impossible for the encoding
    "bad_step",  # rows shorter than the width needs, or not whole values
    "bad_length",  # data is not step x height
    "bad_data",  # a field is of the wrong type, or a library fails
    "bad_format",  # compressed, but neither JPEG nor PNG
    "bad_jpeg",
    "bad_png",
    "truncated",  # a JPEG or PNG that stops early
    "bomb",  # a JPEG or PNG that announces more pixels than allowed or than its bytes can hold
)
MAX_PIXELS: Final = 100_000_000
MAX_SIDE_PX: Final = 32_767  # what OpenCV's resampling can index


def _uint32(msg: Any, name: str) -> int:
    """A field that is declared uint32 or smaller."""
    try:
        value = operator.index(getattr(msg, name))
    except (AttributeError, TypeError):
        raise ImageError("bad_data", f"{name} is not an integer") from None
    if not 0 <= value < 2**32:
        raise ImageError("bad_size", f"{name} is out of range; allowed: 0 .. 2^32 - 1")
    return value


def flat_bytes(msg: Any) -> Pixels:
    """The message's ``data`` as a read-only view, shape (N,); nothing is copied.

    Raises:
        ImageError: ``bad_data`` where it is no contiguous buffer.
    """
    try:
        flat = np.frombuffer(msg.data, np.uint8)
    except (AttributeError, TypeError, ValueError, BufferError):
        raise ImageError("bad_data", "data is not a contiguous buffer of bytes") from None
    flat.flags.writeable = False
    return flat


def checked(msg: Any, max_pixels: int) -> Raw:
    """The message with every number checked against the others.

    Raises:
        ImageError: as ``decode_image``.
    """
    height, width, step = (_uint32(msg, name) for name in ("height", "width", "step"))
    layout = layout_of(getattr(msg, "encoding", None))
    if not height or not width:
        raise ImageError("bad_size", f"image of {width} x {height} is empty")
    if max(height, width) > MAX_SIDE_PX or height * width > max_pixels:
        allowed = f"{max_pixels} pixels, {MAX_SIDE_PX} a side"
        raise ImageError("bad_size", f"image of {width} x {height} is too large; allowed: {allowed}")
    _check_blocks(width, height, msg.encoding, layout)
    row = width * layout.pixel_bytes
    if step < row or step % layout.dtype.itemsize:
        need = f"{row} bytes, in whole values of {layout.dtype.itemsize}"
        raise ImageError("bad_step", f"step is {step}; {width} pixels of {msg.encoding} need {need}")
    flat = flat_bytes(msg)
    expected = layout.data_bytes(step, height)
    if flat.size != expected:
        rows = f"{height} rows of {msg.encoding} with step {step}"
        raise ImageError("bad_length", f"data has {flat.size} bytes; {rows} have {expected}")
    return Raw(flat, height, width, step, _uint32(msg, "is_bigendian") != 0, msg.encoding, layout)


def _check_blocks(width: int, height: int, encoding: str, layout: Layout) -> None:
    """Whether an image of this size has the pixels that its encoding computes colors from."""
    across, down = layout.block
    if width % across or height % down:
        sides = "width is" if down == 1 else "width and height are"
        raise ImageError("bad_size", f"{encoding} image of odd size {width} x {height}; its {sides} even")
    if min(width, height) < layout.least_px:
        least = f"{layout.least_px} x {layout.least_px}"
        raise ImageError("bad_size", f"{encoding} image of {width} x {height}; the least is {least}")


def decode_image(msg: Any, to_8bit: To8Bit | None = None, max_pixels: int = MAX_PIXELS) -> Bitmap:
    """8-bit pixels of a sensor_msgs/Image.

    Args:
        msg: anything with the message's fields; ``data`` may be any contiguous buffer.
        to_8bit: scales 16 bits as in the camera's images before; None scales this image by itself.
        max_pixels: larger images are refused.

    Raises:
        ImageError: the message is malformed, for a reason of ``REASONS``. ``data`` that is longer than its
            size says is as wrong as one that is shorter.
    """
    raw = checked(msg, max_pixels)
    try:
        return to_bitmap(raw, to_8bit or To8Bit())
    except (cv2.error, MemoryError) as e:
        raise ImageError("bad_data", f"{msg.encoding} does not convert: {str(e).strip()}") from e


def write_image(msg: Any, pixels: NDArray[Any], encoding: str) -> None:
    """Set every field but the header of a sensor_msgs/Image.

    Args:
        msg: the message.
        pixels: shape (H, W) or (H, W, C) in the encoding's own type and channels; copied once.
        encoding: any encoding but the planar YUV ones.

    Raises:
        ImageError: ``unknown_encoding``, ``bad_size`` of an empty array, or ``bad_data`` where the array does
            not fit the encoding.
    """
    layout = layout_of(encoding)
    dtype = layout.dtype.newbyteorder("=")
    shape = pixels.shape if pixels.ndim > 2 else (*pixels.shape, 1)
    fits = len(shape) == 3 and shape[2] == layout.channels and pixels.dtype.newbyteorder("=") == dtype
    if layout.kind == "planes" or not fits:
        raise ImageError("bad_data", f"{encoding} does not hold {pixels.dtype} of shape {pixels.shape}")
    if not pixels.size:
        raise ImageError("bad_size", f"image of shape {pixels.shape} is empty")
    rows = np.ascontiguousarray(pixels, dtype=dtype)
    msg.height, msg.width = pixels.shape[:2]
    msg.encoding = encoding
    msg.is_bigendian = int(sys.byteorder == "big")
    msg.step = msg.width * layout.pixel_bytes
    msg.data = byte_array(rows)


def byte_array(data: NDArray[Any]) -> "array.array[int]":
    """A contiguous array's bytes, as the type that generated messages take without checking each."""
    copy = array.array("B")
    if data.size:
        copy.frombytes(data.data.cast("B"))
    return copy
