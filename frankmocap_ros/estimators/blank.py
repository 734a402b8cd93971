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

"""An image without people, with which estimators run everything once."""

from typing import Final

import numpy as np

from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import ScaledImage

MIDDLE: Final = Region(np.array([160.0, 120.0]), 200.0)
"""A region of ``blank_image``."""


def blank_image() -> ScaledImage:
    """Black, 320x240 pixels."""
    bitmap = Bitmap(np.zeros((240, 320, 3), np.uint8))
    return ScaledImage(bitmap, Camera.from_fov(320, 240, 60.0), calibrated=False, time_s=0.0)
