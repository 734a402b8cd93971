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

"""From a calibration, a CameraInfo message or the same numbers from a file, to the camera of an image."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

import numpy as np

from frankmocap_ros.errors import CalibrationError
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.distortion import COUNTS, EQUIDISTANT, PLUMB_BOB, Distortion

_SAME_ASPECT: Final = 0.01
_RECTIFIED: Final = re.compile(r"(^|_)(rect|rectified)(_|$)")


class CameraInfoLike(Protocol):
    """What of ``sensor_msgs/CameraInfo`` makes a camera; the message itself is one."""

    width: int
    height: int
    distortion_model: str
    d: Sequence[float]
    k: Sequence[float]
    p: Sequence[float]
    roi: Any
    binning_x: int
    binning_y: int


@dataclass(frozen=True)
class Roi:
    """The part of the sensor that is read, as ``sensor_msgs/RegionOfInterest``; size 0 is the whole [px]."""

    x_offset: int = 0
    y_offset: int = 0
    width: int = 0
    height: int = 0


@dataclass
class CameraInfoData:
    """A CameraInfo that did not come as a message; the fields are the message's (and can be set as its can).

    Attributes:
        width, height: of the whole sensor [px].
        distortion_model: a name of ``distortion.COUNTS``.
        d: coefficients of the lens.
        k: 9 numbers, row by row; the first is 0 where the camera is not calibrated.
        p: 12 numbers, row by row; zeros where it is not known.
        roi: part of the sensor.
        binning_x, binning_y: how many pixels of the sensor are one of the image; 0 is 1.
    """

    width: int
    height: int
    k: Sequence[float]
    d: Sequence[float] = ()
    distortion_model: str = PLUMB_BOB
    p: Sequence[float] = (0.0,) * 12
    roi: Any = field(default_factory=Roi)
    binning_x: int = 0
    binning_y: int = 0


def is_rectified(choice: str, topic: str) -> bool:
    """Whether the images of a topic are rectified.

    Args:
        choice: ``auto``, ``true`` or ``false``; auto goes by the topic, as image_proc names it.
        topic: such as ``/left/image_rect_color``, also with ``/compressed``.
    """
    if choice != "auto":
        return choice == "true"
    name = topic.removesuffix("/compressed").rpartition("/")[2]
    return _RECTIFIED.search(name) is not None


def camera_of(info: CameraInfoLike, width: int, height: int, rectified: bool = False) -> Camera | None:
    """The camera of an image of the given size; None where the message says that it is not calibrated.

    K and the distortion D hold for an image as the lens gives it, P for a rectified one. Both are of the
    whole sensor: ``roi`` tells which part of it is in the image, and ``binning`` how many of its pixels are
    one of the image. An image of another size than that is taken for a resized one where the aspect ratio is
    the same within 1 %. The fourth column of P is left out: poses are those before this camera, not before
    the first one of a stereo pair.

    Args:
        info: the calibration.
        width: of the image [px].
        height: of the image [px].
        rectified: whether the image is rectified.

    Raises:
        CalibrationError: the message does not say what the camera of such an image is; the text says why.
    """
    if info.k[0] == 0.0:  # as the message defines it
        return None
    camera = _binned(_cropped(_sensor(info, rectified), info), info)
    if (width, height) == camera.size_px:
        return _checked(camera)
    if abs(camera.width * height - camera.height * width) > _SAME_ASPECT * camera.width * height:
        raise CalibrationError(
            f"it is for images of {camera.width}x{camera.height}{_part_words(info)}, these have "
            f"{width}x{height}, which is another shape; use the calibration of these images"
        )
    return _checked(camera.scaled_to(width, height))


def _sensor(info: CameraInfoLike, rectified: bool) -> Camera:
    """The camera of images of the whole sensor."""
    if not (info.width and info.height):
        raise CalibrationError(f"its size is {info.width}x{info.height}; calibrate the camera")
    distortion = _distortion(info)
    # drivers that do not rectify leave P empty: without distortion K is the same
    use_p = rectified and (any(info.p) or distortion is not None)
    name, matrix, columns = ("P", info.p, 4) if use_p else ("K", info.k, 3)
    fx, cx, fy, cy = (float(matrix[i]) for i in (0, 2, columns + 1, columns + 2))
    size = max(info.width, info.height)
    if not all(0.01 * size < f < 1e4 * size for f in (fx, fy)):  # false for NaN
        raise CalibrationError(
            f"{name} has focal lengths of {fx:g} and {fy:g} px, which no lens has; calibrate the camera"
            + ("" if name == "K" else ", or set rectified: false where the images are not rectified")
        )
    if not all(abs(c) < 1e4 * size for c in (cx, cy)):
        raise CalibrationError(f"{name} has its center at {cx:g}, {cy:g} px; calibrate the camera")
    return Camera(fx, fy, cx, cy, info.width, info.height, None if rectified else distortion)


def _distortion(info: CameraInfoLike) -> Distortion | None:
    """The lens, None for one that does not distort."""
    values = tuple(float(d) for d in info.d)
    if not all(math.isfinite(d) for d in values):
        raise CalibrationError("D has numbers that are not finite; calibrate the camera")
    model = info.distortion_model
    if not any(values) and model != EQUIDISTANT:  # a fisheye is no pinhole camera with zeros either
        return None
    if model not in COUNTS:
        raise CalibrationError(
            f"distortion_model {model!r} is not known; allowed: {', '.join(COUNTS)}; rectify the images and "
            "set rectified: true"
        )
    while values and values[-1] == 0.0:
        values = values[:-1]
    count = next((n for n in COUNTS[model] if n >= len(values)), None)
    if count is None:
        raise CalibrationError(
            f"D has {len(values)} numbers; distortion_model {model} allows up to {COUNTS[model][-1]}"
        )
    return Distortion(model, values + (0.0,) * (count - len(values)))


def _cropped(camera: Camera, info: CameraInfoLike) -> Camera:
    """The camera of the part of the sensor that is read."""
    roi = info.roi
    width, height = roi.width or info.width, roi.height or info.height
    if roi.x_offset + width > info.width or roi.y_offset + height > info.height:
        raise CalibrationError(
            f"roi ({width}x{height} at {roi.x_offset}, {roi.y_offset}) reaches beyond its own "
            f"{info.width}x{info.height}; width, height and K must be those of the whole sensor"
        )
    cx, cy = camera.cx - roi.x_offset, camera.cy - roi.y_offset
    return replace(camera, cx=cx, cy=cy, width=width, height=height)


def _binned(camera: Camera, info: CameraInfoLike) -> Camera:
    """The camera of images in which several pixels of the sensor are one."""
    x, y = max(1, info.binning_x), max(1, info.binning_y)
    if x > camera.width or y > camera.height:
        raise CalibrationError(f"binning of {x}x{y} leaves nothing of {camera.width}x{camera.height} px")
    camera = replace(camera, fx=camera.fx / x, fy=camera.fy / y, cx=camera.cx / x, cy=camera.cy / y)
    return replace(camera, width=camera.width // x, height=camera.height // y)


def _part_words(info: CameraInfoLike) -> str:
    """What makes the image smaller than the sensor, in brackets; empty for nothing."""
    words = []
    if info.roi.width or info.roi.height:
        words.append(f"roi of {info.roi.width}x{info.roi.height}")
    if max(info.binning_x, info.binning_y) > 1:
        words.append(f"binning of {max(1, info.binning_x)}x{max(1, info.binning_y)}")
    return f" ({', '.join(words)})" if words else ""


def _checked(camera: Camera) -> Camera:
    """The camera where its distortion holds for its own image.

    The furthest corners may be beyond what D was fitted to; the middle of an edge may not.
    """
    if camera.distortion is None:
        return camera
    w, h = camera.size_px
    edges = np.array([[0.0, 0.5 * h], [w, 0.5 * h], [0.5 * w, 0.0], [0.5 * w, h]])
    if not camera.distortion.holds(camera.rays(edges)).all():
        raise CalibrationError(
            f"D ({camera.distortion.model}) bends rays back within an image of {w}x{h}; it belongs to "
            "another size or distortion_model: calibrate the camera"
        )
    return camera
