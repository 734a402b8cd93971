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

"""Square crops for the body regressor, cut exactly as FrankMocap cuts them."""

import math
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array

CROP_PX = 224
CROP_PER_BOX = 1.2  # side of the square, in longer sides of the box
_LEAST_PX = 20  # smaller crops show nothing
_MOST_PX = 20_000  # a box this large is no person, and its padding would fill the memory
_UNIT_PX = 200.0  # unit of the scale in HMR's and SPIN's data


@dataclass(frozen=True, eq=False)
class Crop:
    """A square of an image, resized.

    Attributes:
        pixels: shape (224, 224, 3), uint8, channels as in the image; black beside it.
        scale: pixels of the crop per pixel of the image.
        top_left_px: shape (2,), the crop's upper left corner in the image, whole numbers [px].
    """

    pixels: NDArray[np.uint8]
    scale: float
    top_left_px: Array

    @property
    def side_px(self) -> float:
        """Side of the square in the image [px]."""
        return CROP_PX / self.scale

    @property
    def center_px(self) -> Array:
        """Middle of the square in the image, shape (2,) [px]."""
        return self.top_left_px + 0.5 * self.side_px


def _corners(box_xywh: Array) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the crop of a box [px].

    The original maps the crop's corners through the inverse of the image-to-crop matrix and cuts the
    fraction off. A corner that should be a whole number may come out a little below it, so that the order of
    the operations matters: these are those of the inversion. Dividing by the scale is a pixel off at times.
    """
    x, y, w, h = (float(v) for v in box_xywh)
    side = _UNIT_PX * (max(w, h) * CROP_PER_BOX / _UNIT_PX)
    scale = 1.0 / (CROP_PX / side)  # pixels of the image per pixel of the crop
    left = -(CROP_PX * (0.5 - (x + w / 2.0) / side) * scale)
    top = -(CROP_PX * (0.5 - (y + h / 2.0) / side) * scale)
    return int(left), int(top), int(scale * CROP_PX + left), int(scale * CROP_PX + top)


def body_crop(image: NDArray[np.uint8], box_xywh: Array) -> Crop | None:
    """The crop around a person's box.

    The square has the box's center and 1.2 times its longer side; its corners are whole pixels, and what
    lies beside the image is black. It is resized bilinearly.

    Args:
        image: shape (H, W, 3), 8 bit.
        box_xywh: shape (4,), min x, min y, width, height [px].

    Returns:
        None where the original refuses the box: a crop with a side under 20 px, or beside the image. Boxes
        without finite numbers or wider than 20,000 px are refused too.
    """
    if not all(map(math.isfinite, box_xywh)) or not 0.0 < max(box_xywh[2:]) * CROP_PER_BOX < _MOST_PX:
        return None
    left, top, right, bottom = _corners(box_xywh)
    width, height = right - left, bottom - top
    if min(width, height) < _LEAST_PX:
        return None
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(image.shape[1], right), min(image.shape[0], bottom)
    if x1 <= x0 or y1 <= y0:
        return None
    inside = image[y0:y1, x0:x1]
    if inside.shape[:2] != (height, width):
        border = (y0 - top, bottom - y1, x0 - left, right - x1)
        inside = cast(NDArray[np.uint8], cv2.copyMakeBorder(inside, *border, cv2.BORDER_CONSTANT))
    pixels = cv2.resize(inside, (CROP_PX, CROP_PX), interpolation=cv2.INTER_LINEAR)
    return Crop(cast(NDArray[np.uint8], pixels), CROP_PX / height, np.array([left, top], float))


def crop_to_image(points: Array, scale: Array | float, top_left_px: Array) -> Array:
    """Points of crops whose sides reach from -1 to 1, in the pixels of their images.

    Args:
        points: shape (..., N, 2 or 3); a third coordinate is scaled alike.
        scale: shape (...), pixels of the crop per pixel of the image.
        top_left_px: shape (..., 2), the crop's upper left corner [px].

    Returns:
        shape (..., N, 2 or 3).
    """
    half = (0.5 * CROP_PX / np.asarray(scale))[..., None, None]
    result = points * half
    result[..., :2] += top_left_px[..., None, :] + half
    return np.asarray(result)


def weak_perspective(points: Array, camera: Array) -> Array:
    """Points of bodies as a weak-perspective camera sees them in crops whose sides reach from -1 to 1.

    Args:
        points: shape (N, J, 3) [m].
        camera: shape (N, 3): scale s and translation tx, ty.

    Returns:
        shape (N, J, 3): s X + tx, s Y + ty, s Z.
    """
    seen = points * camera[:, None, :1]
    seen[..., :2] += camera[:, None, 1:]
    return np.asarray(seen)


def root_offset(weak: Array, side_px: float, center_px: Array, camera: Camera) -> Array:
    """Where the model's origin lies in the optical frame, from its weak perspective in a crop.

    It lies on the ray of its pixel. A body much smaller than its distance looks alike to both cameras where
    z = 2 f / (s side), with the focal length f at that ray.

    Args:
        weak: shape (3,): scale s, translation tx, ty.
        side_px: side of the crop in the image [px].
        center_px: shape (2,), middle of the crop [px].
        camera: camera of the image.

    Returns:
        shape (3,) [m].
    """
    scale = max(float(weak[0]), 1e-6)
    ray = camera.rays(center_px + 0.5 * side_px * weak[1:])
    z = 2.0 * float(camera.focal_px(ray).mean()) / (scale * side_px)
    return np.array([*(ray * z), z])
