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

"""Cameras from the command line: a calibration in a file, or four numbers."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from frankmocap_ros.errors import CalibrationError, MissingDependencyError
from frankmocap_ros.geometry.calibration import CameraInfoData, Roi, camera_of
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.distortion import PLUMB_BOB
from frankmocap_ros.runtime.file_names import home_expanded, printable
from frankmocap_ros.runtime.text_values import json_values, yaml_values

CameraOf = Callable[[tuple[int, int]], Camera]
"""The camera of images of a width and height [px]; raises CalibrationError where they cannot be its own."""

_LARGEST: Final = 1_000_000  # bytes; a calibration has about one thousand
_ALLOWED: Final = (
    "allowed: YAML as camera_calibration writes it (image_width, camera_matrix, ...), or JSON or YAML with "
    "the fields of sensor_msgs/CameraInfo (width, height, k, d, distortion_model, ...)"
)


@dataclass(frozen=True)
class Pinhole:
    """Numbers of a camera without distortion, in pixels of the images as they are.

    Attributes:
        fx: focal length [px].
        fy: the same down the image; None for ``fx``.
        cx, cy: principal point; None for the image's middle [px].
    """

    fx: float
    fy: float | None = None
    cx: float | None = None
    cy: float | None = None

    def __call__(self, size_px: tuple[int, int]) -> Camera:
        """The camera of images of this size.

        Raises:
            CalibrationError: no lens has these numbers with such images.
        """
        width, height = size_px
        cx = 0.5 * width if self.cx is None else self.cx
        cy = 0.5 * height if self.cy is None else self.cy
        fy = self.fx if self.fy is None else self.fy
        k = (self.fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0)
        return _found(CameraInfoData(width, height, k), size_px, False, "--fx, --fy, --cx, --cy")


def camera_from_file(path: str, rectified: bool = False) -> CameraOf:
    """The camera that a file describes.

    Args:
        path: of the file.
        rectified: whether the images are rectified: then P holds, else K and the distortion D.

    Raises:
        CalibrationError: the file cannot be read or is no calibration; the text says what is allowed.
        MissingDependencyError: it is YAML, and PyYAML is not installed.
    """
    shown = printable(path)
    info = _info(_values(path), shown)
    return lambda size_px: _found(info, size_px, rectified, shown)


def _found(info: CameraInfoData, size_px: tuple[int, int], rectified: bool, shown: str) -> Camera:
    try:
        camera = camera_of(info, *size_px, rectified=rectified)
    except CalibrationError as error:
        raise CalibrationError(f"{shown}: {error}") from error
    if camera is None:
        raise CalibrationError(
            f"{shown}: K is zero, which says that the camera is not calibrated; calibrate it, or leave the "
            "file out to assume --horizontal-fov-deg"
        )
    return camera


def _values(path: str) -> Mapping[str, Any]:
    """What the file holds, as a mapping."""
    shown = printable(path)
    try:
        with home_expanded(path).open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise CalibrationError(f"{shown}: {error.strerror}; name a file that can be read") from error
    if len(data) > _LARGEST:
        raise CalibrationError(f"{shown}: larger than {_LARGEST} bytes, which no calibration is; {_ALLOWED}")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CalibrationError(f"{shown}: no text; {_ALLOWED}") from error
    values = _parsed(text, shown)
    if not isinstance(values, Mapping):
        raise CalibrationError(f"{shown}: no mapping from names to values; {_ALLOWED}")
    return values


def _parsed(text: str, shown: str) -> Any:
    if text.lstrip().startswith("{"):
        try:
            return json_values(text)
        except ValueError:
            pass  # YAML has mappings in braces too
    try:
        return yaml_values(text)
    except ImportError as error:
        raise MissingDependencyError(
            f"{shown}: YAML needs PyYAML, which is not installed ({error}); run: pip install PyYAML, or "
            "write the calibration as JSON"
        ) from error
    except ValueError as error:
        raise CalibrationError(f"{shown}: {' '.join(str(error).split())[:200]}; {_ALLOWED}") from error


def _info(values: Mapping[str, Any], shown: str) -> CameraInfoData:
    """The calibration in a mapping that has the names of either form."""
    reader = _Reader(values, shown)
    if "camera_matrix" in values or "image_width" in values:
        return CameraInfoData(
            width=reader.whole("image_width"),
            height=reader.whole("image_height"),
            k=reader.matrix("camera_matrix", 9),
            d=reader.matrix("distortion_coefficients", None, default=()),
            distortion_model=reader.name("distortion_model", PLUMB_BOB),
            p=reader.matrix("projection_matrix", 12, default=(0.0,) * 12),
        )
    roi = _Reader(reader.mapping("roi"), f"{shown}: roi")
    return CameraInfoData(
        width=reader.whole("width"),
        height=reader.whole("height"),
        k=reader.matrix("k", 9),
        d=reader.matrix("d", None, default=()),
        distortion_model=reader.name("distortion_model", PLUMB_BOB),
        p=reader.matrix("p", 12, default=(0.0,) * 12),
        roi=Roi(*(roi.whole(name, 0) for name in ("x_offset", "y_offset", "width", "height"))),
        binning_x=reader.whole("binning_x", 0),
        binning_y=reader.whole("binning_y", 0),
    )


class _Reader:
    """Reads values of a mapping; every complaint names the file and the key."""

    def __init__(self, values: Mapping[str, Any], shown: str) -> None:
        # CameraInfo has lower-case names since ROS 2; ROS 1 and many converters write D, K, P
        self._values = {
            key if len(key) > 1 else key.lower(): v for key, v in values.items() if isinstance(key, str)
        }
        self._shown = shown

    def _wrong(self, key: str, text: str) -> CalibrationError:
        return CalibrationError(f"{self._shown}: {key}: {text}; {_ALLOWED}")

    def mapping(self, key: str) -> Mapping[str, Any]:
        """A mapping; empty where it is missing."""
        found = self._values.get(key, {})
        if not isinstance(found, Mapping):
            raise self._wrong(key, f"expected a mapping, got {found!r:.60}")
        return found

    def whole(self, key: str, default: int | None = None) -> int:
        """A whole number, 0 or more."""
        value = self._values.get(key, default)
        if value is None:
            raise self._wrong(key, "is missing")
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
            raise self._wrong(key, f"expected a whole number of 0 or more, got {value!r:.60}")
        return value

    def name(self, key: str, default: str) -> str:
        """A text; an empty one is the default, as in messages that nobody filled in."""
        value = self._values.get(key, default)
        if not isinstance(value, str):
            raise self._wrong(key, f"expected a name, got {value!r:.60}")
        return value or default

    def matrix(
        self, key: str, count: int | None, default: tuple[float, ...] | None = None
    ) -> tuple[float, ...]:
        """Numbers, as a list or as ``{rows, cols, data}``; ``count`` of them where it is given."""
        value = self._values.get(key, default)
        if value is None:
            raise self._wrong(key, "is missing")
        numbers = value.get("data") if isinstance(value, Mapping) else value
        if not isinstance(numbers, Sequence) or isinstance(numbers, str):
            raise self._wrong(key, f"expected a list of numbers, got {numbers!r:.60}")
        if count is not None and len(numbers) != count:
            raise self._wrong(key, f"expected {count} numbers, got {len(numbers)}")
        for number in numbers:
            if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
                raise self._wrong(key, f"{number!r:.60} is no finite number")
        return tuple(map(float, numbers))
