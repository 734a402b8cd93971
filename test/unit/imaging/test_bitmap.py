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
