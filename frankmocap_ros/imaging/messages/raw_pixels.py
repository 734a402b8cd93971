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

"""Bytes of a sensor_msgs/Image to 8-bit pixels, one way per kind of encoding.

- 8-bit color and gray come out as a view of the message: no copy.
- Bayer, packed YUV, 16 bits and other numbers go through a library, see ``converter.py``.
- 16 bits are then scaled by what the camera uses of them, see ``imaging/bit_depth.py``; other types that do
  not say what their numbers mean (``32FC1``, ``8SC3``, ...) by each image's own range, see
  ``imaging/contrast.py``.
- ``nv12`` and ``nv21`` are one call of OpenCV: cv_bridge does not know them, and rosbags-image reads their
  first plane only.

Two channels: the first is shown. A fourth channel is dropped. YUV is BT.601 with video range, as in OpenCV.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.imaging.bit_depth import To8Bit
from frankmocap_ros.imaging.bitmap import Bitmap, Order
from frankmocap_ros.imaging.contrast import full_range
from frankmocap_ros.imaging.messages.converter import AS_IT_IS, PlainImage, converted, interpolated
from frankmocap_ros.imaging.messages.encodings import Kind, Layout

Pixels = NDArray[np.uint8]

_PLANES: Final = {"nv12": cv2.COLOR_YUV2RGB_NV12, "nv21": cv2.COLOR_YUV2RGB_NV21}


@dataclass(frozen=True, eq=False)
class Raw:
    """A message whose numbers fit together: ``flat`` holds what ``layout`` needs for this size and step."""

    flat: Pixels
    height: int
    width: int
    step: int
    big_endian: bool
    encoding: str
    layout: Layout

    def view(self) -> Pixels:
        """View of the bytes as shape (H, W, C), or (H, W) for one channel."""
        depth = self.layout.channels
        shape, strides = (self.height, self.width, depth), (self.step, depth, 1)
        cut = 3 if depth > 1 else 2
        view: Pixels = np.ndarray(shape[:cut], np.uint8, self.flat, 0, strides[:cut])
        return view

    def plain(self) -> PlainImage:
        """The image without padding and in the machine's byte order; a copy only where it has to change."""
        item = self.layout.dtype.itemsize
        shape = (self.height, self.width * self.layout.channels)
        dtype = np.dtype(f"{'>' if self.big_endian else '<'}u{item}")  # bits, whatever they mean
        view: NDArray[Any] = np.ndarray(shape, dtype, self.flat, 0, (self.step, item))
        rows = np.ascontiguousarray(view, dtype=dtype.newbyteorder("="))
        return PlainImage.of(rows, self.width, self.encoding)

    def values(self) -> NDArray[Any]:
        """What a library makes of it: first channel, or three colors; contiguous, own type.

        Raises:
            ImageError: ``no_converter`` or ``bad_data``.
        """
        dtype = self.layout.dtype.newbyteorder("=")
        pixels = converted(self.plain(), self.layout.target or AS_IT_IS, dtype)
        if pixels.ndim == 2:
            return pixels
        return np.ascontiguousarray(pixels[..., 0] if pixels.shape[2] == 2 else pixels[..., :3])


def _color(raw: Raw) -> Order:
    """Order of three channels."""
    return cast(Order, raw.layout.order.removesuffix("a"))


def _from_view(raw: Raw, _: To8Bit) -> Bitmap:
    view = raw.view()
    if raw.layout.channels == 2:
        view = np.ascontiguousarray(view[..., 0])
    return Bitmap(view, raw.layout.order)


def _from_8_bits(raw: Raw, _: To8Bit) -> Bitmap:
    return Bitmap(raw.values(), raw.layout.order)


def _from_16_bits(raw: Raw, to_8bit: To8Bit) -> Bitmap:
    values = raw.values()
    if values.ndim == 2:
        return Bitmap(to_8bit.gray(values), "gray")
    return Bitmap(to_8bit.color(values), _color(raw))


def _from_mosaic(raw: Raw, to_8bit: To8Bit) -> Bitmap:
    mosaic = to_8bit.color(raw.values())  # a third of what there is to scale once it has colors
    return Bitmap(interpolated(mosaic, raw.encoding.removesuffix("16") + "8"), "rgb")


def _from_numbers(raw: Raw, _: To8Bit) -> Bitmap:
    return Bitmap(full_range(raw.values()), _color(raw))


def _from_planes(raw: Raw, _: To8Bit) -> Bitmap:
    planes: Pixels = np.ndarray((raw.height * 3 // 2, raw.width), np.uint8, raw.flat, 0, (raw.step, 1))
    return Bitmap(cast(Pixels, cv2.cvtColor(planes, _PLANES[raw.encoding])), "rgb")


_DECODERS: Final[dict[Kind, Callable[[Raw, To8Bit], Bitmap]]] = {
    "view": _from_view,
    "8_bits": _from_8_bits,
    "16_bits": _from_16_bits,
    "mosaic": _from_mosaic,
    "numbers": _from_numbers,
    "planes": _from_planes,
}


def to_bitmap(raw: Raw, to_8bit: To8Bit) -> Bitmap:
    """Convert by the encoding's kind.

    Args:
        raw: the message.
        to_8bit: scales 16 bits as in the camera's images before.

    Raises:
        ImageError: ``no_converter``, or ``bad_data`` where a library fails.
    """
    return _DECODERS[raw.layout.kind](raw, to_8bit)
