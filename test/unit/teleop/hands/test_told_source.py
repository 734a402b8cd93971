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

"""Numbers that somebody sends for a gripper: new ones within their range, or none."""

import math

import pytest

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.teleop.hands.told_source import ToldSource


@pytest.mark.parametrize(
    ("value", "opening"), [(-1.0, 0.0), (0.0, 0.5), (1.0, 1.0), (1.005, 1.0), (-1.005, 0.0)]
)
def test_a_number_between_shut_and_open(value, opening):
    source = ToldSource("axis 2 of joy", -1.0, 1.0, 0.5)
    source.hear(value, 10.0)
    wanted = source.wanted(10.4)
    assert (wanted.opening, wanted.state, wanted.confidence) == (opening, JointState.TRACKED, 1.0)


def test_a_trigger_that_counts_the_other_way():
    source = ToldSource("axis 2 of joy", 1.0, -1.0, 0.5)
    source.hear(1.0, 10.0)
    assert source.wanted(10.0).opening == 0.0


def test_one_number_holds_for_a_while():
    source = ToldSource("~/grip_command/left", 0.0, 1.0, 0.5)
    assert source.wanted(9.0).why == "nothing received on ~/grip_command/left"
    source.hear(0.3, 10.0)
    assert source.wanted(10.5).opening == 0.3
    late = source.wanted(10.51)
    assert (late.opening, late.state) == (None, JointState.INVALID)
    assert late.why == "nothing received on ~/grip_command/left for 0.5 s (grip_timeout_s)"
    source.hear(0.4, 11.0)
    assert source.wanted(11.0).opening == 0.4
    source.forget()
    assert source.wanted(11.0).opening is None


@pytest.mark.parametrize("value", [math.nan, math.inf, -0.5, 1.5, 50.0])
def test_a_number_out_of_range_is_none_and_ends_the_one_before(value):
    source = ToldSource("~/grip_command/left", 0.0, 1.0, 0.5)
    source.hear(0.3, 10.0)
    source.hear(value, 10.1)
    assert source.wanted(10.1).opening is None
    assert f"{value:g} on ~/grip_command/left is not between 0 (shut) and 1 (open)" in source.wanted(10.1).why
