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

"""Turned squares of an image as a network's input, as MediaPipe's CPU path resamples them.

A square's corners meet the crop's corners, pixel 0 with its edge at the square's edge: the same half pixel
is missing here as there.
"""

import math
from collections.abc import Sequence
from functools import cache
from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.imaging.bitmap import Bitmap

_MOST_PX: Final = 1e6  # of a region's side
_FARTHEST_PX: Final = (-32767.0, 32767.0)  # OpenCV's maps hold 16 bits


def is_usable(region: Region) -> bool:
    """Whether a region can be cropped at all."""
    numbers = (*region.center_px.tolist(), region.rotation_rad)
    return all(map(math.isfinite, numbers)) and 1.0 <= region.side_px <= _MOST_PX


def square_crop(bitmap: Bitmap, region: Region, side_px: int, zero_border: bool = False) -> NDArray[np.uint8]:
    """The square as RGB, bilinear, shape (side_px, side_px, 3).

    Args:
        bitmap: the image.
        region: a usable one.
        side_px: of the crop.
        zero_border: beside the image it is black; otherwise the image's edge goes on.
    """
    if zero_border:
        whole, parts = _map(region, side_px, [_FARTHEST_PX] * 2)
        pixels, border = bitmap.pixels, cv2.BORDER_CONSTANT
    else:  # a place beside the image shows the edge, so it may as well be put there
        whole, parts = _map(region, side_px, [(0.0, side - 1.0) for side in bitmap.size_px])
        pixels, border = _with_neighbors(bitmap, region, whole), cv2.BORDER_REPLICATE
    crop = cv2.remap(pixels, whole, parts, cv2.INTER_LINEAR, borderMode=border)
    return Bitmap(cast(NDArray[np.uint8], crop), bitmap.order).rgb()


def _with_neighbors(bitmap: Bitmap, region: Region, whole: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Pixels in which every place has a neighbor to its right and below it.

    OpenCV takes six times as long for each place without one. Where the region reaches the last column or
    row, its part of the image is copied with these once more; elsewhere it is the image itself.

    Args:
        bitmap: the image.
        region: what is cropped.
        whole: places in the image, shape (H, W, 2); become those in the pixels.
    """
    reach = 0.5 * region.side_px * (abs(math.cos(region.rotation_rad)) + abs(math.sin(region.rotation_rad)))
    at, size = region.center_px, np.array(bitmap.size_px)
    if (at + reach + 1.0 < size - 1).all():
        return bitmap.pixels
    left, top = np.clip(at - reach - 1.0, 0, size - 1).astype(int).tolist()
    right, bottom = np.clip(at + reach + 2.0, 1, size).astype(int).tolist()
    cv2.subtract(whole, np.array([left, top, 0.0, 0.0]), dst=whole)
    part = bitmap.pixels[top:bottom, left:right]
    return cast(
        NDArray[np.uint8], cv2.copyMakeBorder(part, 0, 1, 0, 1, cv2.BORDER_REPLICATE | cv2.BORDER_ISOLATED)
    )


def _map(
    region: Region, side_px: int, limits: Sequence[tuple[float, float]]
) -> tuple[NDArray[np.int16], NDArray[np.uint16]]:
    """Places in the image as OpenCV's own maps: whole pixels (H, W, 2), and 1/32 of one in both axes (H, W).

    ``cv2.warpPerspective`` rounded to 1/32 as well up to OpenCV 4.11, and so does MediaPipe's. Later ones do
    not, and gray levels that differ by one move landmarks by pixels.

    Args:
        region: what is cropped.
        side_px: of the crop.
        limits: the least and the most of x, and of y [px].
    """
    scale = region.side_px / side_px
    cos, sin = scale * math.cos(region.rotation_rad), scale * math.sin(region.rotation_rad)
    middle, (x, y) = 0.5 * side_px, region.center_px.tolist()
    at = _grid(side_px)
    places = np.empty((2, side_px, side_px), np.float32)
    np.add(cos * at, (x - middle * (cos - sin) - sin * at)[:, None], out=places[0], casting="same_kind")
    np.add(sin * at, (y - middle * (sin + cos) + cos * at)[:, None], out=places[1], casting="same_kind")
    for axis, (least, most) in zip(places, limits, strict=True):
        np.clip(axis, np.float32(least), np.float32(most), out=axis)
    whole, parts = cv2.convertMaps(places[0], places[1], cv2.CV_16SC2)
    return cast(NDArray[np.int16], whole), cast(NDArray[np.uint16], parts)


@cache
def _grid(side_px: int) -> Array:
    return np.arange(side_px, dtype=np.float64)


def rotation_in_image(region: Region) -> Array:
    """Turns directions of the crop into those of the image, shape (2, 2)."""
    cos, sin = math.cos(region.rotation_rad), math.sin(region.rotation_rad)
    return np.array([[cos, -sin], [sin, cos]])


def in_image(points: Array, region: Region) -> Array:
    """Points of a crop, (N, 2) in shares of its side, in the image [px]."""
    return np.asarray(region.center_px + region.side_px * (points - 0.5) @ rotation_in_image(region).T)


def region_along(start: Array, end: Array, sides: float, angle_rad: float) -> Region:
    """The square around one point in which another lies in a given direction.

    Args:
        start: the middle, shape (2,) [px].
        end: the other point, shape (2,) [px].
        sides: length of a side in distances of the two.
        angle_rad: of the direction in the crop, counterclockwise from its x axis: pi / 2 is upwards.
    """
    way = end - start
    return Region(
        center_px=start,
        side_px=sides * float(np.hypot(*way)),
        rotation_rad=math.remainder(angle_rad + math.atan2(way[1], way[0]), 2.0 * math.pi),
    )


def shifted(region: Region, share: float) -> Region:
    """A region moved down its own y axis by a share of its side."""
    down = rotation_in_image(region)[:, 1]
    return Region(region.center_px + share * region.side_px * down, region.side_px, region.rotation_rad)
