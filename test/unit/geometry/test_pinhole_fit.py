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

"""Where a body is put: exact for consistent data, sensible for the rest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.pinhole_fit import place

CAMERA = Camera(700.0, 690.0, 330.0, 235.0, 640, 480)
seeds = st.integers(0, 2**32 - 1)


def body(seed, n=21):
    """Points around the origin, of a person's size."""
    return np.random.default_rng(seed).normal(0.0, 0.35, (n, 3))


def shift_of(seed):
    rng = np.random.default_rng(seed + 1)
    return np.array([*rng.normal(0.0, 1.0, 2), rng.uniform(2.5, 10.0)])


@given(seeds, st.integers(2, 57))
def test_consistent_data_gives_the_translation_back(seed, n):
    points, shift = body(seed, n), shift_of(seed)
    points[:, 2] = np.clip(points[:, 2], -1.5, None)
    weights = np.random.default_rng(seed + 2).uniform(0.1, 1.0, n)
    np.testing.assert_allclose(
        place(points, CAMERA.project(points + shift), weights, CAMERA), shift, atol=1e-5
    )


@given(seeds)
def test_points_of_weight_zero_do_not_count(seed):
    points, shift = body(seed), shift_of(seed)
    pixels, weights = CAMERA.project(points + shift), np.ones(21)
    weights[5:] = 0.0
    pixels[5:] += 500.0
    np.testing.assert_allclose(place(points, pixels, weights, CAMERA), shift, atol=1e-6)


@given(seeds, st.floats(0.01, 100.0))
def test_only_the_weights_ratio_counts(seed, factor):
    points, rng = body(seed), np.random.default_rng(seed + 3)
    pixels = CAMERA.project(points + shift_of(seed)) + rng.normal(0.0, 5.0, (21, 2))
    weights = rng.uniform(0.0, 1.0, 21)
    expected = place(points, pixels, weights, CAMERA)
    np.testing.assert_allclose(place(points, pixels, factor * weights, CAMERA), expected, atol=1e-9)


@given(seeds)
def test_noisy_data_gives_the_weighted_least_squares_solution(seed):
    points, rng = body(seed), np.random.default_rng(seed + 3)
    pixels = CAMERA.project(points + shift_of(seed)) + rng.normal(0.0, 3.0, (21, 2))
    weights = rng.uniform(0.1, 1.0, 21)
    rays = CAMERA.rays(pixels)
    rows, right = [], []
    for (u, v), (x, y, z), w in zip(rays, points, np.sqrt(weights), strict=True):
        rows += [[w, 0.0, -w * u], [0.0, w, -w * v]]
        right += [w * (u * z - x), w * (v * z - y)]
    expected = np.linalg.lstsq(np.array(rows), np.array(right), rcond=None)[0]
    if 0.2 < expected[2] < 50.0:
        np.testing.assert_allclose(place(points, pixels, weights, CAMERA), expected, atol=1e-6)


@pytest.mark.parametrize("known", [0, 1])
def test_with_fewer_than_two_points_the_body_is_put_before_the_camera(known):
    weights = np.zeros(21)
    weights[:known] = 1.0
    np.testing.assert_array_equal(place(body(0), np.zeros((21, 2)), weights, CAMERA), [0.0, 0.0, 2.0])


@given(seeds)
def test_depth_stays_in_range_for_any_pixels(seed):
    """Also where all points fall on one pixel, or the image is upside down."""
    rng = np.random.default_rng(seed)
    spread = rng.choice([0.0, 1e-9, 0.1, 10.0, 1e5])
    pixels = (320.0, 240.0) + rng.normal(0.0, 1.0, (21, 2)) * spread
    t = place(body(seed), pixels, rng.uniform(0.1, 1.0, 21), CAMERA)
    assert np.isfinite(t).all()
    assert 0.2 <= t[2] <= 50.0


def test_limits_of_the_depth():
    points = body(0)
    small = np.tile((330.0, 235.0), (21, 1)) + 1e-3 * points[:, :2]
    assert place(points, small, np.ones(21), CAMERA)[2] == 50.0
    upside_down = CAMERA.project(points + np.array([0.0, 0.0, 3.0])) * -1.0
    assert place(points, upside_down, np.ones(21), CAMERA)[2] == 0.2
