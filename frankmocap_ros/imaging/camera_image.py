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

"""One image to process, and the smaller ones that are made of it."""

from collections.abc import Callable
from dataclasses import dataclass

from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.depth_image import DepthImage


@dataclass(frozen=True, eq=False)
class ScaledImage:
    """One image for an estimator.

    Attributes:
        bitmap: the pixels; not to be written to.
        camera: camera of exactly these pixels.
        calibrated: whether ``camera`` comes from a calibration rather than an assumed field of view.
        time_s: the image's own time [s].
        followed: boxes (4,) of everybody who is followed in it: x, y, width, height [px]; ``detect`` may look
            there first.
    """

    bitmap: Bitmap
    camera: Camera
    calibrated: bool
    time_s: float
    followed: tuple[Array, ...] = ()


@dataclass(frozen=True, eq=False)
class CameraImage:
    """One image to process.

    Attributes:
        bitmap: the pixels; not written to.
        time_s: the image's own time [s].
        camera: calibrated camera of exactly these pixels, or None to assume a field of view.
        depth: gives what a depth camera measured of the same view at the same time, or None where that is
            missing. Asked late, after the people are estimated: depth often comes after its image.
    """

    bitmap: Bitmap
    time_s: float
    camera: Camera | None = None
    depth: Callable[[], DepthImage | None] = lambda: None

    def reduced(self, camera: Camera, short_px: int) -> ScaledImage:
        """The image with its short side reduced to ``short_px``, or as it is where that is smaller.

        Args:
            camera: of the image as it is.
            short_px: the shorter of width and height [px].
        """
        bitmap = self.bitmap.resized(short_px)
        if bitmap.size_px != camera.size_px:
            camera = camera.scaled_to(*bitmap.size_px)
        return ScaledImage(bitmap, camera, calibrated=self.camera is not None, time_s=self.time_s)
