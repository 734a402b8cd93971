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

"""Images with what was found in them, for people to look at."""

import array
import sys
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from frankmocap_ros.body.drawing import annotate
from frankmocap_ros.body.pose import Frame
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.runtime.timing import RateMeter

_RATE_WINDOW_S = 2.0


class AnnotatedImages:
    """Makes the message of each frame. Its pixels are copied once, into the message, and drawn on there."""

    def __init__(self) -> None:
        self._message = Image(encoding="bgr8", is_bigendian=int(sys.byteorder == "big"))
        self._pixels: NDArray[np.uint8] = np.empty((0, 0, 3), np.uint8)
        self._rate = RateMeter(_RATE_WINDOW_S)

    def message(
        self,
        frame: Frame,
        header: Header,
        bitmap: Bitmap,
        age_ms: float,
        words: Sequence[str] = (),
    ) -> Image:
        """The message; it is the same one for the next frame.

        Args:
            frame: what was found.
            header: of the image.
            bitmap: the image; not written to.
            age_ms: its age when the bodies went out [ms].
            words: lines to write below age and rate.
        """
        width, height = bitmap.size_px
        if self._pixels.shape[:2] != (height, width):
            self._allocate(height, width)
        bitmap.bgr_into(self._pixels)
        now_s = time.monotonic()
        self._rate.tick(now_s)
        annotate(self._pixels, frame, (f"{age_ms:.0f} ms, {self._rate.rate_hz(now_s):.0f} FPS", *words))
        self._message.header = header
        return self._message

    def _allocate(self, height: int, width: int) -> None:
        self._message.height, self._message.width, self._message.step = height, width, 3 * width
        self._message.data = array.array("B", bytes(3 * height * width))
        # the message may have taken a copy
        self._pixels = np.frombuffer(self._message.data, np.uint8).reshape(height, width, 3)
