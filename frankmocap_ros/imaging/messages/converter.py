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

"""Conversion of image messages by a library: cv_bridge, or rosbags-image where no distribution brings that.

Both give the same pixels for every encoding they are asked for here (``docs/source/cameras.md``), because
neither is left anything to decide. An image comes to them checked, in a name that both know, without padding
(rosbags-image ignores ``step``, and cv_bridge skews rows whose padding is not whole pixels) and in the
machine's byte order (cv_bridge cannot swap bytes with NumPy 2). It keeps its number of bits (from 16 to 8
one rounds and the other cuts off).
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import ImageError

AS_IT_IS: Final = "passthrough"
_BIG_ENDIAN: Final = int(sys.byteorder == "big")
_KNOWN_AS: Final = {"uyvy": "yuv422", "yuyv": "yuv422_yuy2"}  # cv_bridge has the old names only
_TEXT: Final = 200  # characters of a library's own words


@dataclass(frozen=True, eq=False)
class PlainImage:
    """An image with the fields of the message, as simple as the message allows it.

    Attributes:
        height, width: size [px].
        encoding: a name that both libraries know.
        step: bytes of a row; no padding.
        is_bigendian: the machine's byte order.
        data: contiguous; any shape.
    """

    height: int
    width: int
    encoding: str
    step: int
    is_bigendian: int
    data: NDArray[Any]

    @staticmethod
    def of(values: NDArray[Any], width: int, encoding: str) -> "PlainImage":
        """Image of contiguous rows.

        Args:
            values: shape (H, ...), of the encoding's type or its bytes, in the machine's byte order.
            width: pixels of a row.
            encoding: any encoding of which the libraries know this or another name.
        """
        height = len(values)
        name = _KNOWN_AS.get(encoding, encoding)
        return PlainImage(height, width, name, values.nbytes // height, _BIG_ENDIAN, values)


Converter = Callable[[PlainImage, str], Any]
"""Converts an image to another encoding, or to ``AS_IT_IS``."""


def _cv_bridge() -> Converter:
    from cv_bridge import CvBridge, getCvType  # noqa: F401  # the second is there where the C++ part loads

    convert: Converter = CvBridge().imgmsg_to_cv2
    return convert


def _rosbags_image() -> Converter:
    from rosbags.image import image_to_cvimage

    def convert(image: PlainImage, target: str) -> Any:
        return image_to_cvimage(image, None if target == AS_IT_IS else target)  # type: ignore[arg-type]

    return convert


@cache
def converter() -> Converter:
    """The library that is there, looked for once; without one, what refuses every image in words."""
    found = []
    for load in (_cv_bridge, _rosbags_image):
        try:
            return load()
        except Exception as e:  # a C++ part for another NumPy or Python raises what it likes
            found.append(str(e).strip()[:_TEXT])

    def refuse(image: PlainImage, _: str) -> Any:
        raise ImageError(
            "no_converter",
            f"{image.encoding} needs cv_bridge or rosbags-image, and neither loads ({'; '.join(found)}): apt "
            "install ros-$ROS_DISTRO-cv-bridge, or pip install rosbags-image, or publish bgr8, rgb8 or mono8",
        )

    return refuse


def converted(image: PlainImage, target: str, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Pixels of an image in another encoding.

    Args:
        image: what to convert; every number in it must have been checked.
        target: the encoding, of as many bits; or ``AS_IT_IS``.
        dtype: type of the target's values.

    Returns:
        Shape (H, W), or (H, W, C) for more channels than one; maybe a view of the image's data.

    Raises:
        ImageError: ``no_converter``, or ``bad_data`` where the library fails, however it does.
    """
    try:
        pixels = converter()(image, target)
    except ImageError:
        raise
    except Exception as e:  # both let out what NumPy, OpenCV and Boost raise, and types of their own
        text = f"{type(e).__name__}: {str(e).strip()[:_TEXT]}"
        raise ImageError("bad_data", f"{image.encoding} does not convert: {text}") from e
    size = (image.height, image.width)
    if not isinstance(pixels, np.ndarray) or pixels.shape[:2] != size or pixels.dtype != dtype:
        got = f"{pixels.dtype} of shape {pixels.shape}" if isinstance(pixels, np.ndarray) else type(pixels)
        raise ImageError("bad_data", f"{image.encoding} converts to {got}, not to {dtype} of {size}")
    return pixels


def interpolated(mosaic: NDArray[np.uint8], encoding: str) -> NDArray[np.uint8]:
    """Colors of a Bayer pattern.

    Args:
        mosaic: shape (H, W), contiguous; sides of at least 3.
        encoding: its pattern: ``bayer_rggb8``, ``bayer_bggr8``, ``bayer_gbrg8`` or ``bayer_grbg8``.

    Returns:
        RGB, shape (H, W, 3).

    Raises:
        ImageError: as ``converted``.
    """
    return converted(PlainImage.of(mosaic, mosaic.shape[1], encoding), "rgb8", mosaic.dtype)
