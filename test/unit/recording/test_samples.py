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

"""Rows at a fixed rate: the latest value at or before each instant, and which instants count."""

import numpy as np
import pytest

from frankmocap_ros.recording.samples import (
    NEVER_NS,
    Exclusions,
    NamedValues,
    instants,
    latest,
    rate_of,
)

MS = 1_000_000


def times(*numbers):
    return np.array(numbers, np.int64)


def test_the_latest_is_at_or_before_and_never_later():
    found = latest(times(10, 20, 20, 30), times(9, 10, 19, 20, 29, 31))
    assert found.tolist() == [-1, 0, 0, 2, 2, 3]


def test_a_value_counts_from_its_own_instant_on():
    values = NamedValues()
    values.add(10, ["a"], [1.0])
    values.add(20, ["a"], [2.0])
    held = values.at(times(9, 10, 19, 20, 99))
    np.testing.assert_array_equal(held.values[:, 0], [np.nan, 1.0, 1.0, 2.0, 2.0])
    assert held.times_ns[:, 0].tolist() == [NEVER_NS, 10, 10, 20, 20]


def test_two_drivers_on_one_topic_keep_their_own_joints():
    values = NamedValues()
    values.add(10, ["arm", "wrist"], [1.0, 2.0])
    values.add(12, ["gripper"], [3.0])
    values.add(20, ["arm", "wrist"], [4.0, 5.0])
    values.add(25, ["wrist", "gripper"], [6.0, 7.0])  # another order, and another set
    assert values.names == ("arm", "wrist", "gripper")
    held = values.at(times(11, 20, 30))
    np.testing.assert_array_equal(held.values, [[1, 2, np.nan], [4, 5, 3], [4, 6, 7]])
    assert held.times_ns[2].tolist() == [20, 25, 25]


def test_numbers_without_names_are_refused():
    with pytest.raises(ValueError, match="2 names and 1 numbers"):
        NamedValues().add(0, ["a", "b"], [1.0])


def test_nothing_at_all_has_no_columns():
    held = NamedValues().at(times(1, 2))
    assert held.names == ()
    assert held.values.shape == (2, 0)


def test_an_instant_counts_once_for_its_first_reason():
    out = Exclusions(5)
    out.leave_out(np.array([1, 1, 0, 0, 0], bool), "first")
    out.leave_out(np.array([0, 1, 1, 0, 0], bool), "second")
    out.leave_out(np.zeros(5, bool), "never")
    assert out.counts == {"first": 2, "second": 1}
    assert out.kept.tolist() == [False, False, False, True, True]


def test_parts_are_contiguous_and_short_ones_are_left_out():
    out = Exclusions(8)
    out.leave_out(np.array([0, 0, 1, 0, 1, 0, 0, 0], bool), "gap")
    assert out.parts(2, "short") == [slice(0, 2), slice(5, 8)]
    assert out.counts == {"gap": 2, "short": 1}
    assert out.kept.tolist() == [True, True, False, False, False, True, True, True]


def test_instants_do_not_drift_and_keep_to_the_episode():
    at = instants(100, 100 + 10_000_000_000, 30)
    assert len(at) == 301
    assert at[0] == 100
    assert at[-1] == 100 + 10_000_000_000
    exact = 100 + np.arange(301) * 1e9 / 30
    assert np.abs(at - exact).max() <= 0.5
    assert len(instants(100, 99, 30)) == 0


@pytest.mark.parametrize(
    ("came", "rate"),
    [
        (np.arange(50) * 33_366_700, 30),  # 29.97 Hz
        (np.array([0, 40, 80, 5000, 5040, 5080]) * MS, 25),  # with a pause
        (np.array([7]), None),
        (np.array([7, 7, 7]), None),
    ],
)
def test_the_rate_is_that_of_the_median_interval(came, rate):
    assert rate_of(came.astype(np.int64)) == rate
