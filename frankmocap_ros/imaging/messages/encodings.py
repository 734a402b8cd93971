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

"""The pixel encodings of sensor_msgs/Image that are decoded: what the bytes of each one are.

Names are those of ``sensor_msgs/image_encodings.hpp``: with nv12, which is not in every release of it, and
without nv24, which neither OpenCV nor a library for these messages converts. Types of OpenCV are named as
cv_bridge does: ``16UC3``, or ``8U`` for ``8UC1``.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from frankmocap_ros.errors import ImageError
from frankmocap_ros.imaging.bitmap import Order

Kind = Literal["view", "8_bits", "16_bits", "mosaic", "numbers", "planes"]


@dataclass(frozen=True)
class Layout:
    """How one encoding lies in memory and what it takes to get 8-bit color out of it.

    Attributes:
        kind: what gives its 8-bit pixels: a view of the message; a library alone (``8_bits``), before its
            values are scaled (``16_bits``, ``numbers``), or before and after it (``mosaic``, Bayer of 16
            bits); one call of OpenCV (``planes``).
        dtype: type of one value, in little endian.
        channels: values per pixel in a row of the message; the first plane's for planar ones.
        order: meaning of the channels; of the converted pixels for Bayer and YUV.
        target: the encoding that a library converts it to; empty: values as they are.
        block: width and height of the pixels that share a color [px]: an image has whole blocks.
        least_px: shortest side that holds every color.
    """

    kind: Kind
    dtype: np.dtype[np.generic]
    channels: int
    order: Order
    target: str = ""
    block: tuple[int, int] = (1, 1)
    least_px: int = 1

    @property
    def pixel_bytes(self) -> int:
        """Bytes per pixel in a row of the message."""
        return self.channels * self.dtype.itemsize

    def data_bytes(self, step: int, height: int) -> int:
        """Length that ``data`` has for rows of ``step`` bytes."""
        if self.kind == "planes":
            return step * height * 3 // 2  # a half-height plane of chroma pairs with the same row length
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
_BAYER: Final = ("rggb", "bggr", "gbrg", "grbg")
_PACKED_YUV: Final = ("yuv422", "uyvy", "yuv422_yuy2", "yuyv")
_PLANAR_YUV: Final = ("nv12", "nv21")
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
_UNNAMED_KIND: Final[dict[str, Kind]] = {"8U": "view", "16U": "16_bits"}  # others do not say their range


def _table() -> dict[str, Layout]:
    """Every encoding by name."""
    table = {f"{name}8": Layout("view", _U8, n, order) for name, n, order in _COLOR}
    table |= {f"{name}16": Layout("16_bits", _U16, n, order) for name, n, order in _COLOR}
    for pattern in _BAYER:
        table[f"bayer_{pattern}8"] = Layout("8_bits", _U8, 1, "rgb", "rgb8", least_px=3)
        table[f"bayer_{pattern}16"] = Layout("mosaic", _U16, 1, "rgb", least_px=3)
    table |= {name: Layout("8_bits", _U8, 2, "rgb", "rgb8", block=(2, 1)) for name in _PACKED_YUV}
    table |= {name: Layout("planes", _U8, 1, "rgb", block=(2, 2)) for name in _PLANAR_YUV}
    for depth, dtype in _DEPTHS:
        for suffix, n in (("", 1), ("C1", 1), ("C2", 2), ("C3", 3), ("C4", 4)):
            kind = _UNNAMED_KIND.get(depth, "numbers")
            table[depth + suffix] = Layout(kind, np.dtype(dtype), n, _UNNAMED_ORDER[n])
    return table


ENCODINGS: Final = _table()
_ALLOWED: Final = (
    "(mono|bgr|rgb|bgra|rgba|bayer_*)(8|16), uyvy, yuyv, yuv422, yuv422_yuy2, nv12, nv21, or a type of "
    "OpenCV such as 16UC1"
)


def layout_of(encoding: object) -> Layout:
    """Layout of an encoding by its name in the message.

    Raises:
        ImageError: ``unknown_encoding``.
    """
    layout = ENCODINGS.get(encoding) if isinstance(encoding, str) else None
    if layout is None:
        shown = repr(encoding[:40]) if isinstance(encoding, str) else type(encoding).__name__
        raise ImageError("unknown_encoding", f"encoding {shown} is not supported; publish {_ALLOWED}")
    return layout
