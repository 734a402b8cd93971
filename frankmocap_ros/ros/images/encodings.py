"""The pixel encodings of sensor_msgs/Image: what the bytes of each one are.

Names are those of ``sensor_msgs/image_encodings.hpp``, with nv12, which is not in every release of it, and
the short OpenCV types that cv_bridge takes as well (``8UC`` and ``8U`` for ``8UC1``).
"""

from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np

from frankmocap_ros.errors import ImageError
from frankmocap_ros.imaging.bitmap import Order

Kind = Literal["bytes", "16_bits", "scaled", "bayer", "yuv_packed", "yuv_planes", "nv24"]


@dataclass(frozen=True)
class Layout:
    """How one encoding lies in memory and what it takes to get 8-bit color out of it.

    Attributes:
        kind: the conversion it needs.
        dtype: type of one value, in little endian.
        channels: values per pixel in a row of the message; the first plane's for planar ones.
        order: meaning of the channels; of the converted pixels for bayer and YUV.
        code: OpenCV's conversion code for bayer and YUV, else -1.
    """

    kind: Kind
    dtype: np.dtype[np.generic]
    channels: int
    order: Order
    code: int = -1

    @property
    def pixel_bytes(self) -> int:
        """Bytes per pixel in a row of the message."""
        return self.channels * self.dtype.itemsize

    def data_bytes(self, step: int, height: int) -> int:
        """Length that ``data`` has for rows of ``step`` bytes."""
        if self.kind == "yuv_planes":
            return step * height * 3 // 2  # a half-height plane of chroma pairs with the same row length
        if self.kind == "nv24":
            return step * height * 3  # a full plane of chroma pairs, its rows twice as long
        return step * height


_U8: Final = np.dtype("u1")
_U16: Final = np.dtype("<u2")
_COLOR: Final[tuple[tuple[str, int, Order], ...]] = (
    ("mono", 1, "gray"),
    ("bgr", 3, "bgr"),
    ("rgb", 3, "rgb"),
    ("bgra", 4, "bgra"),
    ("rgba", 4, "rgba"),
)
# ROS names the pattern by its first two rows from the top left, OpenCV by the pixels from (1, 1).
_BAYER: Final = (
    ("rggb", cv2.COLOR_BayerBG2RGB),
    ("bggr", cv2.COLOR_BayerRG2RGB),
    ("gbrg", cv2.COLOR_BayerGR2RGB),
    ("grbg", cv2.COLOR_BayerGB2RGB),
)
_YUV: Final[tuple[tuple[str, Kind, int, int], ...]] = (
    ("yuv422", "yuv_packed", 2, cv2.COLOR_YUV2RGB_UYVY),
    ("uyvy", "yuv_packed", 2, cv2.COLOR_YUV2RGB_UYVY),
    ("yuv422_yuy2", "yuv_packed", 2, cv2.COLOR_YUV2RGB_YUY2),
    ("yuyv", "yuv_packed", 2, cv2.COLOR_YUV2RGB_YUY2),
    ("nv12", "yuv_planes", 1, cv2.COLOR_YUV2RGB_NV12),
    ("nv21", "yuv_planes", 1, cv2.COLOR_YUV2RGB_NV21),
    ("nv24", "nv24", 1, -1),
)
_DEPTHS: Final = (
    ("8U", "u1"),
    ("8S", "i1"),
    ("16U", "<u2"),
    ("16S", "<i2"),
    ("32S", "<i4"),
    ("32F", "<f4"),
    ("64F", "<f8"),
)
# OpenCV's own color images are BGR, so cv_bridge reads 3 and 4 channels without a name that way too.
_UNNAMED_ORDER: Final[dict[int, Order]] = {1: "gray", 2: "gray", 3: "bgr", 4: "bgra"}


def _unnamed_kind(depth: str) -> Kind:
    """Conversion of an OpenCV type, which says nothing about its range."""
    kinds: dict[str, Kind] = {"8U": "bytes", "16U": "16_bits"}
    return kinds.get(depth, "scaled")


def _table() -> dict[str, Layout]:
    """Every encoding by name."""
    table = {f"{name}8": Layout("bytes", _U8, n, order) for name, n, order in _COLOR}
    table |= {f"{name}16": Layout("16_bits", _U16, n, order) for name, n, order in _COLOR}
    for pattern, code in _BAYER:
        table[f"bayer_{pattern}8"] = Layout("bayer", _U8, 1, "rgb", code)
        table[f"bayer_{pattern}16"] = Layout("bayer", _U16, 1, "rgb", code)
    table |= {name: Layout(kind, _U8, n, "rgb", code) for name, kind, n, code in _YUV}
    for depth, dtype in _DEPTHS:
        for suffix, n in (("", 1), ("C", 1), ("C1", 1), ("C2", 2), ("C3", 3), ("C4", 4)):
            kind = _unnamed_kind(depth)
            table[depth + suffix] = Layout(kind, np.dtype(dtype), n, _UNNAMED_ORDER[n])
    return table


ENCODINGS: Final = _table()


def layout_of(encoding: object) -> Layout:
    """Layout of an encoding by its name in the message.

    Raises:
        ImageError: ``unknown_encoding``.
    """
    layout = ENCODINGS.get(encoding) if isinstance(encoding, str) else None
    if layout is None:
        shown = repr(encoding[:40]) if isinstance(encoding, str) else type(encoding).__name__
        raise ImageError(
            "unknown_encoding", f"encoding {shown} is not known; bgr8, rgb8 and all of sensor_msgs are"
        )
    return layout
