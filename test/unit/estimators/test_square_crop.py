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

"""Crops show the image's edge where they lie beside it, to the last gray level."""

import cv2
import numpy as np
import pytest

from frankmocap_ros.estimators.square_crop import _FARTHEST_PX, _map, square_crop
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.imaging.bitmap import Bitmap

WIDTH, HEIGHT, SIDE = 96, 64, 32


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def beyond_every_place(pixels, region):
    """The same by OpenCV's own border, which each place beside the image takes the long way through."""
    return cv2.remap(
        pixels,
        *_map(region, SIDE, [_FARTHEST_PX] * 2),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


@pytest.mark.parametrize("turn_rad", [0.0, 0.3, -2.0, np.pi])
@pytest.mark.parametrize("side_px", [9.0, 40.0, 64.0, 300.0, 1e5])
@pytest.mark.parametrize(
    "middle",
    [
        (48, 32),
        (20.5, 31.7),
        (0, 0),
        (95, 63),
        (96, 64),
        (90, 32),
        (48, 60),
        (-500, 70),
        (500, -70),
        (300, 200),
    ],
)
def test_a_crop_is_that_of_an_image_whose_edge_goes_on(pixels, middle, side_px, turn_rad):
    region = Region(np.array(middle, float), side_px, turn_rad)
    crop = square_crop(Bitmap(pixels, "rgb"), region, SIDE)
    np.testing.assert_array_equal(crop, beyond_every_place(pixels, region))


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1)])
def test_an_image_of_one_row_or_column_is_cropped(size):
    pixels = np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)
    region = Region(np.array([0.4, 0.6]), 20.0, 0.2)
    crop = square_crop(Bitmap(pixels, "rgb"), region, SIDE)
    np.testing.assert_array_equal(crop, beyond_every_place(pixels, region))


def test_a_black_border_is_no_edge_that_goes_on(pixels):
    region = Region(np.array([0.0, 0.0]), 64.0)
    crop = square_crop(Bitmap(pixels, "rgb"), region, SIDE, zero_border=True)
    assert not crop[: SIDE // 2 - 1, : SIDE // 2 - 1].any()
    assert crop[SIDE // 2 + 1 :, SIDE // 2 + 1 :].any()
