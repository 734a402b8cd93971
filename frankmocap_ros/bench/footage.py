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

"""The images that all rows see: a source without end, each image no wider than asked."""

import contextlib

from frankmocap_ros.errors import SourceError
from frankmocap_ros.imaging.bitmap import Bitmap, no_wider
from frankmocap_ros.imaging.camera_image import CameraImage
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.sources import open_source


class Footage:
    """A source as a camera node shows it: looped, with times that go on rising.

    Args:
        source: as the setting ``source`` of the camera.
        width: wider images are reduced to it; 0 keeps them [px].
        skip: how many images to leave out at first, so that cameras differ.

    Raises:
        SourceError: it cannot be opened.
    """

    def __init__(self, source: str, width: int, skip: int = 0) -> None:
        self._source = open_source(CameraSettings(source=source))
        self._width = width
        self._begin_s = self._last_s = 0.0
        for _ in range(skip):
            self._next()

    @property
    def name(self) -> str:
        """What it is, in words."""
        return self._source.name

    def read(self, count: int) -> list[CameraImage]:
        """The next images, decoded and ready.

        Raises:
            SourceError: the source is lost or damaged.
        """
        return [self._next() for _ in range(count)]

    def close(self) -> None:
        """Give the source back."""
        with contextlib.suppress(Exception):
            self._source.close()

    def _next(self) -> CameraImage:
        image = self._source.read()
        if image is None:
            self._source.rewind()
            self._begin_s = self._last_s + 1.0 / self._source.rate_hz
            image = self._source.read()
            if image is None:
                raise SourceError(f"{self._source.name}: it has no images; name another --source")
        self._last_s = self._begin_s + image.time_s
        bitmap, camera = Bitmap(no_wider(image.pixels, self._width)), self._source.camera
        return CameraImage(bitmap, self._last_s, camera and camera.scaled_to(*bitmap.size_px))
