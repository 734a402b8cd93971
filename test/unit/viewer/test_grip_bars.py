"""What the panel shows of grippers."""

import re

import pytest

from frankmocap_ros.body.drawing import COLORS_BGR
from frankmocap_ros.body.pose import JointState
from frankmocap_ros.teleop.hands.grip import Grip
from frankmocap_ros.viewer.grip_bars import grip_bars, grip_words


def grip(state=JointState.TRACKED, opening=0.42, side="left"):
    return Grip(side, opening, state=state)


@pytest.mark.parametrize(
    ("state", "gate", "words"),
    [
        (JointState.TRACKED, "ENGAGED", "42% open, measured"),
        (JointState.PREDICTED, "ENGAGED", "42% open, hand hardly visible"),
        (JointState.HELD, "ENGAGED", "42% open, hand not seen, held"),
        (JointState.HELD, "HOLD", "42% open, held: nothing is followed"),
        (JointState.INVALID, "ENGAGED", "hand not seen yet, gripper stays as it is"),
        (JointState.INVALID, "HOLD", "hand not seen yet, gripper stays as it is"),
    ],
)
def test_words(state, gate, words):
    assert grip_words(grip(state), gate) == words
    assert f"left gripper: {words}" in grip_bars([grip(state)], gate)


@pytest.mark.parametrize(("opening", "percent"), [(0.0, 0), (0.426, 43), (1.0, 100), (1.7, 100), (-3.0, 0)])
def test_the_bar_is_as_long_as_the_gripper_is_open(opening, percent):
    bars = grip_bars([grip(opening=opening)], "ENGAGED")
    assert f'aria-valuenow="{percent}"' in bars and f"width:{percent}%" in bars


def test_the_bar_has_the_color_of_its_state_and_none_where_nothing_is_known():
    blue, green, red = COLORS_BGR[JointState.HELD]
    assert f"background:rgb({red},{green},{blue})" in grip_bars([grip(JointState.HELD)], "ENGAGED")
    assert 'aria-valuenow="0"' in grip_bars([grip(JointState.INVALID)], "ENGAGED")


def test_a_bar_for_each_and_nothing_for_nobody():
    both = grip_bars([grip(), grip(side="right", opening=1.0)], "ENGAGED")
    assert re.findall(r'aria-label="(\w+) gripper"', both) == ["left", "right"]
    assert grip_bars([], "ENGAGED") == ""


def test_what_others_wrote_is_no_html():
    assert "<script>" not in grip_bars([grip(side="<script>")], "ENGAGED")
