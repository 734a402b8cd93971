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

"""What the panel shows of grippers."""

import re

import pytest

from frankmocap_ros.body.drawing import COLORS_BGR
from frankmocap_ros.body.pose import JointState
from frankmocap_ros.teleop.hands.grip import Grip, grip_words
from frankmocap_ros.viewer.grip_bars import grip_bars


def grip(state=JointState.TRACKED, opening=0.42, side="left"):
    return Grip(side, opening, state=state)


WAITS = "waits until the left hand is 42 % open, as the gripper is"


@pytest.mark.parametrize(
    ("state", "limits", "words"),
    [
        (JointState.TRACKED, (), "42% open, tracked"),
        (JointState.PREDICTED, (), "42% open, predicted"),
        (JointState.HELD, (), "42% open, held: hand not seen"),
        (JointState.HELD, ("left_grip: nobody is followed",), "42% open, held: nobody is followed"),
        (JointState.INVALID, (), "stays as it is: hand not seen"),
        (
            JointState.INVALID,
            ("right_grip: hand not seen", f"left_grip: {WAITS}"),
            f"stays as it is: {WAITS}",
        ),
        (JointState.TRACKED, ("left_wrist: speed", "right_grip: hand not seen"), "42% open, tracked"),
    ],
)
def test_words(state, limits, words):
    assert grip_words(grip(state), limits) == words
    assert f"left gripper: {words}" in grip_bars([grip(state)], limits)


@pytest.mark.parametrize(("opening", "percent"), [(0.0, 0), (0.426, 43), (1.0, 100), (1.7, 100), (-3.0, 0)])
def test_the_bar_is_as_long_as_the_gripper_is_open(opening, percent):
    bars = grip_bars([grip(opening=opening)])
    assert f'aria-valuenow="{percent}"' in bars and f"width:{percent}%" in bars


def test_the_bar_has_the_color_of_its_state_and_none_where_nothing_is_known():
    blue, green, red = COLORS_BGR[JointState.HELD]
    assert f"background:rgb({red},{green},{blue})" in grip_bars([grip(JointState.HELD)])
    assert 'aria-valuenow="0"' in grip_bars([grip(JointState.INVALID)])


def test_a_bar_for_each_and_nothing_for_nobody():
    both = grip_bars([grip(), grip(side="right", opening=1.0)])
    assert re.findall(r'aria-label="(\w+) gripper"', both) == ["left", "right"]
    assert grip_bars([]) == ""


def test_what_others_wrote_is_no_html():
    bars = grip_bars([grip(JointState.HELD, side="<script>")], ("<script>_grip: <b>",))
    assert "<script>" not in bars and "<b>" not in bars
