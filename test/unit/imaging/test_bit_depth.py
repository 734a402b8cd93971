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

"""From 16 bits to 8, for cameras that use 10, 12 or 14 of them, or a small range somewhere."""

import numpy as np
import pytest

from frankmocap_ros.imaging.bit_depth import To8Bit

RAMP = np.linspace(0.0, 1.0, 120 * 160).reshape(120, 160)


def ramp(low, high):
    """Values from ``low`` to ``high``."""
    return (low + RAMP * (high - low)).astype(np.uint16)


@pytest.mark.parametrize(
    ("low", "high"),
    [(0, 1023), (0, 4095), (128, 4080), (0, 16383), (7000, 9000), (29_000, 31_500), (60_000, 64_000)],
)
def test_grey_is_stretched_whatever_range_it_uses(low, high):
    out = To8Bit().gray(ramp(low, high))
    assert out.dtype == np.uint8
    assert out.min() <= 25
    assert 200 <= out.max() < 255  # not cut off
    assert np.all(np.diff(out.reshape(-1).astype(int)) >= 0)


def test_grey_that_uses_all_bits_keeps_its_high_byte():
    values = ramp(0, 65_535)
    np.testing.assert_array_equal(To8Bit().gray(values), values >> 8)


def test_grey_does_not_flicker():
    """What is the same from image to image is shown the same while something bright moves in and out."""
    scale, rng = To8Bit(), np.random.default_rng(0)
    shown = []
    for k in range(60):
        values = ramp(200, 3500) + rng.integers(0, 30, RAMP.shape, np.uint16)
        if k % 2:
            values[:10, :20] = 3700  # a reflection in every other image
        values[60, 80] = 1000
        shown.append(int(scale.gray(values)[60, 80]))
    assert len(set(shown)) == 1


def test_a_dead_pixel_does_not_darken_the_image():
    values = ramp(0, 4095)
    values[3, 5] = 65_535
    assert np.percentile(To8Bit().gray(values), 99) > 200


def test_grey_follows_light_that_is_switched():
    scale = To8Bit()
    assert scale.gray(ramp(0, 400)).max() > 200
    bright = scale.gray(ramp(0, 4000))
    assert np.mean(bright == 255) < 0.01  # a new range at once, not a white image
    assert scale.gray(ramp(0, 2500)).max() < 160  # the same range: more than half of it is used
    assert scale.gray(ramp(0, 400)).max() > 200


def test_darkness_stays_dark_and_noise_small():
    assert not To8Bit().gray(np.zeros((48, 64), np.uint16)).any()
    noise = np.random.default_rng(0).integers(1000, 1004, (48, 64)).astype(np.uint16)
    assert np.ptp(To8Bit().gray(noise).astype(int)) <= 16


@pytest.mark.parametrize(("top", "bits"), [(900, 10), (4095, 12), (2000, 12), (16_000, 14), (40_000, 16)])
def test_color_is_scaled_by_its_bits(top, bits):
    values = np.stack([ramp(0, top), ramp(0, top // 2), ramp(0, top // 4)], axis=-1)
    expected = values * (255.0 / ((1 << bits) - 1))
    np.testing.assert_allclose(To8Bit().color(values), expected, atol=1.0)


def test_bits_of_color_only_rise():
    scale = To8Bit()
    dark, bright = ramp(0, 900), ramp(0, 4000)
    scale.color(bright)
    assert scale.color(dark).max() == round(900 * 255 / 4095)


def test_a_single_pixel():
    assert To8Bit().gray(np.full((1, 1), 500, np.uint16)).shape == (1, 1)
    assert To8Bit().color(np.full((1, 1, 3), 500, np.uint16)).shape == (1, 1, 3)
