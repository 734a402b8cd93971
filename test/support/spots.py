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

"""Images with a red spot, which ``painted_networks`` take for a person."""

import cv2
import numpy as np

from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import ScaledImage


def spotted(size_px=(1280, 720), spot=(500.0, 300.0), order="rgb", radius=12):
    """Gray pixels of a width and height with a red disk around a point."""
    pixels = np.full((size_px[1], size_px[0], 3), 60, np.uint8)
    color = (250, 10, 10) if order == "rgb" else (10, 10, 250)
    shift = 4  # 16ths of a pixel, whose middle is at a whole number here
    at = [round((1 << shift) * (value - 0.5)) for value in spot]
    cv2.circle(pixels, at, radius << shift, color, -1, shift=shift)
    return pixels


def image(pixels, order="rgb"):
    """The image for an estimator."""
    camera = Camera.from_fov(pixels.shape[1], pixels.shape[0], 60.0)
    return ScaledImage(Bitmap(pixels, order), camera, False, 0.0)
