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

"""Images that are made smaller."""

import numpy as np
import pytest

from frankmocap_ros.imaging.bitmap import no_wider


@pytest.mark.parametrize(
    ("size", "width", "expected"),
    [
        ((640, 480), 0, (640, 480)),
        ((641, 481), 0, (641, 481)),
        ((641, 481), 641, (641, 481)),
        ((640, 480), 320, (320, 240)),
        ((640, 480), 333, (332, 248)),
        ((640, 480), 1280, (640, 480)),
        ((480, 640), 100, (100, 134)),
        ((640, 480), 1, (2, 2)),
    ],
)
def test_a_width_keeps_the_aspect_in_even_numbers(size, width, expected):
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    assert no_wider(pixels, width).shape == (expected[1], expected[0], 3)
