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

"""Numbers without a meaning to 8 bits."""

import warnings

import numpy as np
import pytest

from frankmocap_ros.imaging.contrast import full_range

TYPES = (np.int8, np.int16, np.int32, np.float32, np.float64)


@pytest.mark.parametrize("channels", [(), (3,)])
@pytest.mark.parametrize("dtype", TYPES)
def test_smallest_to_largest_is_0_to_255(dtype, channels):
    values = np.random.default_rng(0).integers(-100, 100, (6, 8, *channels)).astype(dtype)
    out = full_range(values)
    low, high = float(values.min()), float(values.max())
    assert out.dtype == np.uint8
    assert (out.min(), out.max()) == (0, 255)
    np.testing.assert_allclose(out, (values.astype(float) - low) * 255.0 / (high - low), atol=0.51)


@pytest.mark.parametrize("dtype", TYPES)
def test_an_image_of_one_value_is_grey(dtype):
    assert np.unique(full_range(np.full((3, 4), 5, dtype))).tolist() == [127]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_not_finite_is_black_and_does_not_count(dtype):
    values = np.array([[1.0, 2.0, 3.0], [np.nan, np.inf, -np.inf]], dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(full_range(values), [[0, 128, 255], [0, 0, 0]])
        assert not full_range(np.full((3, 4), np.nan, dtype)).any()


def test_the_values_given_are_not_changed():
    values = np.linspace(0.0, 9.0, 12, dtype=np.float32).reshape(3, 4)
    kept = values.copy()
    full_range(values)
    np.testing.assert_array_equal(values, kept)
