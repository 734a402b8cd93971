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

"""Images with people: photographs, our own figure, and frames of a video."""

import itertools

import cv2
import numpy as np

from frankmocap_ros.sources import photograph_path
from support.paths import ROOT, TAIJI

FIGURE = ROOT / "test" / "data" / "figure.png"
"""Our own figure, as ``synthetic`` draws it; kept, since OpenCV's versions draw it a little differently."""


def video(every=1, first=0, width=0):
    """Frames of the video with their numbers, as (number, BGR), reduced to a width where one is given."""
    capture = cv2.VideoCapture(str(TAIJI))
    for i in itertools.count():
        ok, image = capture.read()
        if not ok:
            return
        if i >= first and (i - first) % every == 0:
            if width:
                height = round(image.shape[0] * width / image.shape[1])
                image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
            yield i, image


def _rgb(path):
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def golden_images():
    """Images whose answers by MediaPipe are kept, as (name, RGB): the same pixels with any library."""
    for name, path in (
        ("photograph", photograph_path()),
        ("portrait", photograph_path().with_name("astronaut.png")),
        ("figure", FIGURE),
    ):
        rgb = _rgb(path)
        variants = {
            "": rgb,
            " mirrored": rgb[:, ::-1],
            " small": rgb[::2, ::2],
            " upper part": rgb[: rgb.shape[0] * 5 // 8],
            " turned": np.rot90(rgb),
            " in a corner": np.pad(rgb, ((200, 0), (0, 300), (0, 0))),
        }
        for variant, pixels in variants.items():
            yield name + variant, np.ascontiguousarray(pixels)
