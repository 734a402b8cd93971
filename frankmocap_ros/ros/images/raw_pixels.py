"""Bytes of a sensor_msgs/Image to 8-bit pixels, one conversion per kind of encoding.

- 8-bit color and grey come out as a view of the message: no copy.
- 16 bits (``mono16``, ``16UC1``, ``rgb16``, ``bayer_rggb16``, ...): scaled by what the camera uses of them,
  see ``imaging/bit_depth.py``; the high byte where it uses them all.
- Other types that do not say what their numbers mean (``32FC1``, ``8SC3``, ...): smallest to largest
  finite value becomes 0..255, cv_bridge's dynamic scaling for display. Not finite is black; an image of one
  value is 127. Two channels: the first is shown. A fourth channel is dropped.
- YUV is BT.601 with video range, as OpenCV has it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import ImageError
from frankmocap_ros.imaging.bit_depth import To8Bit
from frankmocap_ros.imaging.bitmap import Bitmap, Order
from frankmocap_ros.ros.images.encodings import Kind, Layout

Pixels = NDArray[np.uint8]

_FLAT: Final = 127  # what an image of one value is scaled to, as in cv_bridge


@dataclass(frozen=True, eq=False)
class Raw:
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

    def values(self) -> NDArray[Any]:
        """First channel, or three colors: contiguous, own type, the machine's byte order."""
        c, item = self.layout.channels, self.layout.dtype.itemsize
        dtype = self.layout.dtype.newbyteorder(">" if self.big_endian else "<")
        view: NDArray[Any] = np.ndarray(
            (self.height, self.width, c), dtype, self.flat, 0, (self.step, c * item, item)
        )
        kept = view[..., 0] if c < 3 else view[..., :3]
        return np.ascontiguousarray(kept, dtype=dtype.newbyteorder("="))


def _from_bytes(raw: Raw, _: To8Bit) -> Bitmap:
    view = raw.bytes_view(raw.layout.channels)
    if raw.layout.channels == 2:
        view = np.ascontiguousarray(view[..., 0])
    return Bitmap(view, raw.layout.order)


def _from_16_bits(raw: Raw, to_8bit: To8Bit) -> Bitmap:
    values = raw.values()
    if values.ndim == 2:
        return Bitmap(to_8bit.grey(values), "gray")
    return Bitmap(to_8bit.color(values), cast(Order, raw.layout.order.removesuffix("a")))


def _from_scaled(raw: Raw, _: To8Bit) -> Bitmap:
    values = raw.values()
    order: Order = "bgr" if values.ndim == 3 else "gray"
    if values.dtype.kind in "iu" and values.dtype.itemsize <= 2:
        return Bitmap(_scaled_integers(values), order)
    if values.dtype.kind == "i":
        values = values.astype(np.float64)  # float32 does not hold every int32
    return Bitmap(_scaled_floats(values), order)


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


def _from_bayer(raw: Raw, to_8bit: To8Bit) -> Bitmap:
    if min(raw.height, raw.width) < 3:
        raise ImageError("bad_size", f"bayer image of {raw.width} x {raw.height}; the least is 3 x 3")
    mosaic = to_8bit.color(raw.values()) if raw.layout.dtype.itemsize == 2 else raw.bytes_view(1)
    return Bitmap(cast(Pixels, cv2.cvtColor(mosaic, raw.layout.code)), "rgb")


def _from_yuv_packed(raw: Raw, _: To8Bit) -> Bitmap:
    if raw.width % 2:
        raise ImageError("bad_size", f"YUV 4:2:2 image of odd width {raw.width}; pixels share chroma in twos")
    return Bitmap(cast(Pixels, cv2.cvtColor(raw.bytes_view(2), raw.layout.code)), "rgb")


def _from_yuv_planes(raw: Raw, _: To8Bit) -> Bitmap:
    if raw.width % 2 or raw.height % 2:
        raise ImageError(
            "bad_size", f"YUV 4:2:0 image of odd size {raw.width} x {raw.height}; sides are even"
        )
    planes: Pixels = np.ndarray((raw.height * 3 // 2, raw.width), np.uint8, raw.flat, 0, (raw.step, 1))
    return Bitmap(cast(Pixels, cv2.cvtColor(planes, raw.layout.code)), "rgb")


# BT.601, video range (ITU-R BT.601-7): the same constants as OpenCV's NV12, which knows no 4:4:4.
_YUV_TO_RGB: Final = np.array([[1.164, 0.0, 1.596], [1.164, -0.391, -0.813], [1.164, 2.018, 0.0]])
_YUV_MATRIX: Final = np.hstack([_YUV_TO_RGB, _YUV_TO_RGB @ [[-16.0], [-128.0], [-128.0]]])


def _from_nv24(raw: Raw, _: To8Bit) -> Bitmap:
    yuv = np.empty((raw.height, raw.width, 3), np.uint8)
    yuv[..., 0] = raw.bytes_view(1)
    chroma_at = raw.step * raw.height
    yuv[..., 1:] = np.ndarray((raw.height, raw.width, 2), np.uint8, raw.flat, chroma_at, (2 * raw.step, 2, 1))
    return Bitmap(cast(Pixels, cv2.transform(yuv, _YUV_MATRIX)), "rgb")


_DECODERS: Final[dict[Kind, Callable[[Raw, To8Bit], Bitmap]]] = {
    "bytes": _from_bytes,
    "16_bits": _from_16_bits,
    "scaled": _from_scaled,
    "bayer": _from_bayer,
    "yuv_packed": _from_yuv_packed,
    "yuv_planes": _from_yuv_planes,
    "nv24": _from_nv24,
}


def to_bitmap(raw: Raw, to_8bit: To8Bit) -> Bitmap:
    """Convert by the encoding's kind.

    Args:
        raw: the message.
        to_8bit: scales 16 bits as in the camera's images before.

    Raises:
        ImageError: ``bad_size`` where the encoding does not allow this width or height.
    """
    return _DECODERS[raw.layout.kind](raw, to_8bit)
