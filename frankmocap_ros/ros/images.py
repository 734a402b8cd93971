"""sensor_msgs/Image to 8-bit pixels and back, without cv_bridge.

What a message may do wrong is checked before a byte is touched; whatever is wrong with it ends in one
``ImageError`` whose reason is one of ``REASONS``.

- 8-bit colour and grey come out as a view of the message: no copy.
- 16-bit colour and grey (``mono16``, ``rgb16``, ``16UC3``, ...): the high byte. cv_bridge multiplies by
  255/65535 and rounds; the two differ by at most 1.
- Types that do not say what their numbers mean (``16UC1``, ``32FC1``, ``8SC3``, ...): smallest to largest
  finite value becomes 0..255, cv_bridge's dynamic scaling for display. Not finite is black; an image of one
  value is 127. Two channels: the first is shown. A fourth channel is dropped.
- YUV is BT.601 with video range, as OpenCV has it.
"""

import array
import operator
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import ImageError
from frankmocap_ros.ros.image_encodings import Kind, Layout, Order, layout_of

Pixels = NDArray[np.uint8]

REASONS: Final = (
    "unknown_encoding",  # not an encoding of sensor_msgs
    "bad_size",  # zero, larger than allowed, or impossible for the encoding
    "bad_step",  # rows shorter than the width needs, or not whole values
    "bad_length",  # data is not step x height
    "bad_data",  # a field is of the wrong type
    "bad_format",  # compressed, but neither JPEG nor PNG
    "bad_jpeg",
    "bad_png",
    "truncated",  # a JPEG or PNG that stops early
    "bomb",  # a JPEG or PNG that announces more pixels than allowed or than its bytes can hold
)
MAX_PIXELS: Final = 100_000_000
MAX_SIDE_PX: Final = 32_767  # what OpenCV's resampling can index

_TO: Final[dict[tuple[Order, Order], int]] = {
    ("gray", "rgb"): cv2.COLOR_GRAY2RGB,
    ("gray", "bgr"): cv2.COLOR_GRAY2BGR,
    ("bgr", "rgb"): cv2.COLOR_BGR2RGB,
    ("rgb", "bgr"): cv2.COLOR_RGB2BGR,
    ("bgra", "rgb"): cv2.COLOR_BGRA2RGB,
    ("bgra", "bgr"): cv2.COLOR_BGRA2BGR,
    ("rgba", "rgb"): cv2.COLOR_RGBA2RGB,
    ("rgba", "bgr"): cv2.COLOR_RGBA2BGR,
}


@dataclass(frozen=True, eq=False)
class Decoded:
    """8-bit pixels in the channel order they came in, so that shrinking comes before converting.

    Attributes:
        pixels: shape (H, W) for gray, else (H, W, 3 or 4); maybe a read-only view of the message's own data.
        order: what the channels are.
    """

    pixels: Pixels
    order: Order

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height [px]."""
        return self.pixels.shape[1], self.pixels.shape[0]

    def resized(self, short_px: int) -> "Decoded":
        """The image with its short side reduced to ``short_px``; itself where that is not longer."""
        short = min(self.size_px)
        if short <= short_px:
            return self
        width, height = (max(1, round(side * short_px / short)) for side in self.size_px)
        small = cv2.resize(self.pixels, (width, height), interpolation=cv2.INTER_AREA)
        return Decoded(cast(Pixels, small), self.order)

    def rgb(self) -> Pixels:
        """Contiguous RGB, shape (H, W, 3); still the message's data where it has just that."""
        return self._in("rgb")

    def bgr(self) -> Pixels:
        """Contiguous BGR, shape (H, W, 3); still the message's data where it has just that."""
        return self._in("bgr")

    def _in(self, order: Order) -> Pixels:
        if self.order == order:
            return np.ascontiguousarray(self.pixels)
        return cast(Pixels, cv2.cvtColor(self.pixels, _TO[self.order, order]))


_FLAT: Final = 127  # what an image of one value is scaled to, as in cv_bridge


@dataclass(frozen=True, eq=False)
class _Raw:
    """A message whose numbers fit together: ``flat`` holds what ``layout`` needs for this size and step."""

    flat: Pixels
    height: int
    width: int
    step: int
    big_endian: bool
    layout: Layout

    def bytes_view(self, depth: int) -> Pixels:
        """View of shape (H, W, depth), or (H, W) for depth 1."""
        shape, strides = (self.height, self.width, depth), (self.step, depth, 1)
        cut = 3 if depth > 1 else 2
        return np.ndarray(shape[:cut], np.uint8, self.flat, 0, strides[:cut])

    def high_bytes(self) -> Pixels:
        """The more significant byte of each 16-bit value, shape (H, W) or (H, W, C)."""
        raw = self.bytes_view(2 * self.layout.channels)
        return np.ascontiguousarray(raw[..., 0 if self.big_endian else 1 :: 2]).reshape(
            (self.height, self.width, self.layout.channels)[: 3 if self.layout.channels > 1 else 2]
        )

    def values(self) -> NDArray[Any]:
        """The first channel, or the three colours, in their own type and the machine's byte order; contiguous."""
        c, item = self.layout.channels, self.layout.dtype.itemsize
        dtype = self.layout.dtype.newbyteorder(">" if self.big_endian else "<")
        view: NDArray[Any] = np.ndarray(
            (self.height, self.width, c), dtype, self.flat, 0, (self.step, c * item, item)
        )
        kept = view[..., 0] if c < 3 else view[..., :3]
        return np.ascontiguousarray(kept, dtype=dtype.newbyteorder("="))


def _from_bytes(raw: _Raw) -> Decoded:
    view = raw.bytes_view(raw.layout.channels)
    if raw.layout.channels == 2:
        view = np.ascontiguousarray(view[..., 0])
    return Decoded(view, raw.layout.order)


def _from_high_byte(raw: _Raw) -> Decoded:
    return Decoded(raw.high_bytes(), raw.layout.order)


def _from_scaled(raw: _Raw) -> Decoded:
    values = raw.values()
    order: Order = "bgr" if values.ndim == 3 else "gray"
    if values.dtype.kind == "i" and values.dtype.itemsize <= 2 or values.dtype.kind == "u":
        return Decoded(_scaled_integers(values), order)
    if values.dtype.kind == "i":
        values = values.astype(np.float64)  # float32 does not hold every int32
    return Decoded(_scaled_floats(values), order)


def _scaled_integers(values: NDArray[Any]) -> Pixels:
    """Smallest to largest value of an array of at most 16 bits as 0..255."""
    low, high = int(values.min()), int(values.max())
    if low == high:
        return np.full(values.shape, _FLAT, np.uint8)
    gain = 255.0 / (high - low)
    return cast(Pixels, cv2.convertScaleAbs(values, alpha=gain, beta=-low * gain))


def _scaled_floats(values: NDArray[Any]) -> Pixels:
    """Smallest to largest finite value as 0..255, the rest as 0."""
    finite = np.isfinite(values)
    whole = bool(finite.all())
    known = values if whole else values[finite]
    if known.size == 0:
        return np.zeros(values.shape, np.uint8)
    low, high, top = float(known.min()), float(known.max()), float(np.finfo(values.dtype).max)
    span = high - low
    if not 255.0 / top < span <= top:  # one value, or a span that its own type cannot divide by or hold
        return np.where(finite, np.uint8(_FLAT), np.uint8(0))
    shifted = np.subtract(values if whole else np.where(finite, values, low), low, dtype=values.dtype)
    return cast(Pixels, cv2.convertScaleAbs(np.multiply(shifted, 255.0 / span, out=shifted)))


def _from_bayer(raw: _Raw) -> Decoded:
    if min(raw.height, raw.width) < 3:
        raise ImageError("bad_size", f"bayer image of {raw.width} x {raw.height}; at least 3 x 3 has every colour")
    mosaic = raw.high_bytes() if raw.layout.dtype.itemsize == 2 else raw.bytes_view(1)
    return Decoded(cast(Pixels, cv2.cvtColor(mosaic, raw.layout.code)), "rgb")


def _from_yuv_packed(raw: _Raw) -> Decoded:
    if raw.width % 2:
        raise ImageError("bad_size", f"YUV 4:2:2 image of odd width {raw.width}; pixels share chroma in pairs")
    return Decoded(cast(Pixels, cv2.cvtColor(raw.bytes_view(2), raw.layout.code)), "rgb")


def _from_yuv_planes(raw: _Raw) -> Decoded:
    if raw.width % 2 or raw.height % 2:
        raise ImageError("bad_size", f"YUV 4:2:0 image of odd size {raw.width} x {raw.height}; chroma covers 2 x 2 pixels")
    planes: Pixels = np.ndarray((raw.height * 3 // 2, raw.width), np.uint8, raw.flat, 0, (raw.step, 1))
    return Decoded(cast(Pixels, cv2.cvtColor(planes, raw.layout.code)), "rgb")


# BT.601, video range (ITU-R BT.601-7): the same constants as OpenCV's NV12, which knows no 4:4:4.
_YUV_TO_RGB: Final = np.array([[1.164, 0.0, 1.596], [1.164, -0.391, -0.813], [1.164, 2.018, 0.0]])
_YUV_MATRIX: Final = np.hstack([_YUV_TO_RGB, _YUV_TO_RGB @ [[-16.0], [-128.0], [-128.0]]])


def _from_nv24(raw: _Raw) -> Decoded:
    yuv = np.empty((raw.height, raw.width, 3), np.uint8)
    yuv[..., 0] = raw.bytes_view(1)
    chroma_at = raw.step * raw.height
    yuv[..., 1:] = np.ndarray(
        (raw.height, raw.width, 2), np.uint8, raw.flat, chroma_at, (2 * raw.step, 2, 1)
    )
    return Decoded(cast(Pixels, cv2.transform(yuv, _YUV_MATRIX)), "rgb")


_DECODERS: Final[dict[Kind, Callable[[_Raw], Decoded]]] = {
    "bytes": _from_bytes,
    "high_byte": _from_high_byte,
    "scaled": _from_scaled,
    "bayer": _from_bayer,
    "yuv_packed": _from_yuv_packed,
    "yuv_planes": _from_yuv_planes,
    "nv24": _from_nv24,
}


def _uint32(msg: Any, name: str) -> int:
    """A field that is declared uint32 or smaller."""
    try:
        value = operator.index(getattr(msg, name))
    except (AttributeError, TypeError):
        raise ImageError("bad_data", f"{name} is not an integer") from None
    if not 0 <= value < 2**32:
        raise ImageError("bad_size", f"{name} is {value}; allowed: 0 .. 2^32 - 1")
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


def _checked(msg: Any, max_pixels: int) -> _Raw:
    """The message with every number checked against the others."""
    height, width, step = (_uint32(msg, name) for name in ("height", "width", "step"))
    layout = layout_of(getattr(msg, "encoding", None))
    if not height or not width:
        raise ImageError("bad_size", f"image of {width} x {height} is empty")
    if max(height, width) > MAX_SIDE_PX or height * width > max_pixels:
        raise ImageError(
            "bad_size", f"image of {width} x {height} is too large; allowed: {max_pixels} pixels, {MAX_SIDE_PX} a side"
        )
    row = width * layout.pixel_bytes
    if step < row or step % layout.dtype.itemsize:
        raise ImageError(
            "bad_step", f"step is {step}; {width} pixels of {msg.encoding} need {row}, in whole {layout.dtype.itemsize}-byte values"
        )
    flat = flat_bytes(msg)
    expected = layout.data_bytes(step, height)
    if flat.size != expected:
        raise ImageError("bad_length", f"data has {flat.size} bytes; {height} rows of step {step} in {msg.encoding} have {expected}")
    return _Raw(flat, height, width, step, _uint32(msg, "is_bigendian") != 0, layout)


def decode_image(msg: Any, max_pixels: int = MAX_PIXELS) -> Decoded:
    """8-bit pixels of a sensor_msgs/Image.

    Args:
        msg: anything with the message's fields; ``data`` may be any contiguous buffer.
        max_pixels: larger images are refused.

    Raises:
        ImageError: the message is malformed, for a reason of ``REASONS``. ``data`` that is longer than its
            size says is as wrong as one that is shorter.
    """
    raw = _checked(msg, max_pixels)
    try:
        return _DECODERS[raw.layout.kind](raw)
    except (cv2.error, MemoryError) as e:
        raise ImageError("bad_data", f"{msg.encoding} of {raw.width} x {raw.height} does not convert: {e}") from e


def fill_image(msg: Any, pixels: NDArray[Any], encoding: str) -> None:
    """Set every field but the header of a sensor_msgs/Image.

    Args:
        msg: the message.
        pixels: shape (H, W) or (H, W, C) in the encoding's own type and channels; copied once.
        encoding: any encoding but the planar YUV ones.

    Raises:
        ImageError: ``unknown_encoding``, or ``bad_data`` where the array does not fit it.
    """
    layout = layout_of(encoding)
    channels = 1 if pixels.ndim == 2 else pixels.shape[-1]
    same_type = pixels.dtype.newbyteorder("=") == layout.dtype.newbyteorder("=")
    if layout.kind in ("yuv_planes", "nv24") or pixels.ndim not in (2, 3) or channels != layout.channels or not same_type:
        raise ImageError("bad_data", f"{encoding} cannot hold an array of {pixels.dtype}, shape {pixels.shape}")
    rows = np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder("="))
    msg.height, msg.width = pixels.shape[:2]
    msg.encoding = encoding
    msg.is_bigendian = int(sys.byteorder == "big")
    msg.step = msg.width * layout.pixel_bytes
    msg.data = byte_array(rows)


def byte_array(data: NDArray[Any] | bytes) -> "array.array[int]":
    """The bytes as the type that generated messages take without looking at every element."""
    copy = array.array("B")
    copy.frombytes(memoryview(data).cast("B"))
    return copy
