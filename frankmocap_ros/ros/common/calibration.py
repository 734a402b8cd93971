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

"""What is known of one camera's lens, kept from image to image."""

from typing import Any

from sensor_msgs.msg import CameraInfo

from frankmocap_ros.errors import CalibrationError
from frankmocap_ros.geometry.calibration import camera_of, is_rectified
from frankmocap_ros.geometry.camera_model import Camera


class Calibration:
    """The newest CameraInfo and the camera that follows from it. One thread brings it, another asks.

    Attributes:
        info: the newest message; None before the first.
        fault: why it is no calibration of the images; empty where it is one.
        words: what holds now, in words.
    """

    def __init__(self) -> None:
        self.info: CameraInfo | None = None
        self.fault = ""
        self.words = "not used yet"
        self._key: Any = None
        self._camera: Camera | None = None

    @property
    def known(self) -> bool:
        """Whether the images are calibrated."""
        return self._camera is not None

    def camera(self, size_px: tuple[int, int], rectified: str, topic: str) -> Camera | None:
        """The camera of an image; None where it is not known.

        Args:
            size_px: width and height of the image [px].
            rectified: the setting: auto, true or false.
            topic: full name of the images' topic.
        """
        info = self.info
        if info is None:
            return None
        key = (_content(info), size_px, rectified, topic)
        if key != self._key:
            self._camera, self.fault, self.words = _judged(info, size_px, rectified, topic)
            self._key = key
        return self._camera


def _content(info: CameraInfo) -> tuple[Any, ...]:
    """What of a message makes a camera, to be compared."""
    roi = info.roi
    return (
        info.width, info.height, info.distortion_model, bytes(info.d), info.k.tobytes(), info.p.tobytes(),
        roi.x_offset, roi.y_offset, roi.width, roi.height, info.binning_x, info.binning_y,
    )  # fmt: skip


def _judged(
    info: CameraInfo, size_px: tuple[int, int], choice: str, topic: str
) -> tuple[Camera | None, str, str]:
    rectified = is_rectified(choice, topic)
    try:
        camera = camera_of(info, *size_px, rectified=rectified)
    except CalibrationError as error:
        return None, str(error), "which is no calibration of the images"
    if camera is None:
        return None, "", "which says that the camera is not calibrated (K is zero)"
    lens = "no distortion" if camera.distortion is None else camera.distortion.model
    taken = "rectified images: P" if rectified else f"images as the lens gives them: K, {lens}"
    return camera, "", f"{taken} (rectified: {choice})"
