"""Images in YOLO's input and back."""

import cv2
import numpy as np
import pytest

from frankmocap_ros.estimators.yolo.letterbox import GRAY, Letterbox

SIZES = [(1280, 720), (720, 1280), (640, 480), (333, 999), (1, 1), (4000, 3), (640, 640)]


@pytest.mark.parametrize("image_px", SIZES)
@pytest.mark.parametrize("input_px", [(640, 640), (640, 384), (320, 256)])
def test_any_image_lies_in_the_middle_of_gray(image_px, input_px):
    box = Letterbox.of(image_px, input_px)
    filled = box.filled(np.full((*image_px[::-1], 3), 200, np.uint8))
    assert filled.shape == (*input_px[::-1], 3)
    (left, top), (width, height) = box.corner_px, box.size_px
    inside = np.zeros(filled.shape[:2], bool)
    inside[top : top + height, left : left + width] = True
    assert (filled[inside] == 200).all()
    assert (filled[~inside] == GRAY).all()
    assert width == input_px[0] or height == input_px[1]
    assert 0 <= input_px[0] - width - 2 * left <= 1
    assert 0 <= input_px[1] - height - 2 * top <= 1


@pytest.mark.parametrize("image_px", SIZES[:4])
def test_a_spot_is_found_where_it_is(image_px):
    at = np.array([0.3, 0.6]) * image_px
    pixels = np.zeros((*image_px[::-1], 3), np.uint8)
    cv2.circle(pixels, [int(v) for v in np.rint(at - 0.5)], min(image_px) // 20, (255,) * 3, -1)
    box = Letterbox.of(image_px, (640, 384))
    seen = box.filled(pixels)[..., 0].astype(np.float64)
    seen[seen == GRAY] = 0.0
    y, x = np.indices(seen.shape) + 0.5
    middle = np.array([(seen * x).sum(), (seen * y).sum()]) / seen.sum()
    assert np.abs(box.to_image(middle) - at).max() < 1.5 / box.scale
