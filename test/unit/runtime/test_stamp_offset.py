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

"""The difference of two clocks from messages that take their time."""

import math

import pytest

from frankmocap_ros.runtime.stamp_offset import StampOffset

NOW_NS = 1_700_000_000 * 10**9


def after(*messages):
    """The offset after messages of (difference of the clocks, delay) [s]."""
    offset = StampOffset("joint_states")
    for apart_s, delay_s in messages:
        offset.note(NOW_NS + round(1e9 * (apart_s - delay_s)), NOW_NS)
    return offset.seconds


def test_delays_of_single_messages_are_no_difference_of_clocks():
    assert after((0.0, 0.3), (0.0, 0.002), (0.0, 0.5)) == pytest.approx(-0.002, abs=1e-6)


@pytest.mark.parametrize("apart_s", [-2.0, 2.0])
def test_a_difference_is_told_within_the_least_delay(apart_s):
    assert after((apart_s, 0.01), (apart_s, 0.2)) == pytest.approx(apart_s - 0.01, abs=1e-6)


def test_a_clock_that_is_set_counts_after_twenty_messages():
    assert after(*[(2.0, 0.0)] * 20, *[(0.0, 0.01)] * 20) == pytest.approx(-0.01, abs=1e-6)


def test_no_stamp_and_no_time_tell_nothing():
    offset = StampOffset("joint_states")
    offset.note(0, NOW_NS)
    offset.note(NOW_NS, 0)
    assert math.isnan(offset.seconds)
