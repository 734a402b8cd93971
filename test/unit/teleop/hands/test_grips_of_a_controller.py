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

"""From the operator's hands to the controller's grips: nothing leaps, and nothing opens by itself."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.errors import RetargetError, SettingError
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.gate import State
from support.hands import hand, hands
from support.teleoperation import TICK_S, Teleoperation

STATES = JointState.INVALID, JointState.TRACKED, JointState.PREDICTED, JointState.HELD
INVALID, TRACKED, PREDICTED, HELD = STATES


def showing(t, left=1.0, right=1.0):
    """The operator holds the hands so from now on."""
    t.altered = lambda seen: replace(seen, hands=hands(left, right))


def gripping(left=0.0, right=0.0, openings=None, **config):
    """An engaged operator, with the hands so, and a robot with grippers that are open so far."""
    t = Teleoperation(**{"grip": "pinch", **config})
    t.openings = openings or {}
    showing(t, left, right)
    return t.engaged()


def grips(t, side="left"):
    return [grip for command in t.commands for grip in command.grips if grip.side == side]


def last(t, side="left"):
    grip = grips(t, side)[-1]
    return grip.opening, grip.state


@pytest.mark.parametrize("grip", ["pinch", "hand"])
def test_hands_open_and_shut_grippers(grip):
    t = gripping(grip=grip)
    assert last(t) == (0.0, TRACKED)
    showing(t, left=1.0, right=0.0)
    t.run(1.0)
    assert (last(t)[0], last(t, "right")[0]) == (1.0, 0.0)
    showing(t, left=0.0, right=1.0)
    t.run(1.0)
    assert (last(t)[0], last(t, "right")[0]) == (0.0, 1.0)
    t.check()


def test_in_a_mirror_the_other_hand_does():
    t = gripping(mirror=True)
    showing(t, left=1.0, right=0.0)
    t.run(1.0)
    assert (last(t)[0], last(t, "right")[0]) == (0.0, 1.0)


def test_nothing_grips_without_the_setting():
    t = gripping(grip="off")
    assert t.controller.state is State.ENGAGED
    assert {command.grips for command in t.commands} == {()}


def test_only_grippers_that_the_robot_has_are_commanded():
    t = gripping(openings={"right": 0.0})
    assert {grip.side for command in t.commands for grip in command.grips} == {"right"}


# -- what is lost


def _without_hands(seen):
    return replace(seen, hands=())


def _hand_as(**values):
    return lambda seen: replace(seen, hands=(hand("left", 1.0, **values), hand("right", 0.0)))


@pytest.mark.parametrize(
    ("altered", "words"),
    [
        (_without_hands, "no hands are estimated; set hands: true on the mocap node"),
        (lambda seen: replace(seen, hands=hands()[1:]), "hand not seen"),
        (_hand_as(state=HELD), "hand not seen"),
        (_hand_as(state=INVALID), "hand not seen"),
        (_hand_as(confidence=0.1), "hand uncertain (min_confidence 0.15)"),
        (_hand_as(confidence=math.nan), "hand uncertain"),
        (_hand_as(palm_angle_rad=1.5), "hand seen from its edge (grip_edge_deg 15)"),
        (_hand_as(palm_angle_rad=math.nan), "hand seen from its edge"),
        (_hand_as(points=np.zeros((21, 3))), "hand not seen"),
    ],
)
def test_a_hand_that_is_lost_holds_its_gripper(altered, words):
    """It was shut, and what is said of it while it does not count is that it is open."""
    t = gripping()
    t.altered = altered
    t.run(5.0)
    assert t.controller.state is State.ENGAGED, "the arms are followed"
    assert last(t) == (0.0, HELD)
    assert any(f"left_grip: {words}" in limit for limit in t.controller.limits_hit)
    t.check()


def test_a_hand_that_is_lost_on_its_way_stops_its_gripper():
    t = gripping(max_grip_speed=1.0)
    showing(t, left=1.0)
    t.run(0.5)
    assert 0.1 < last(t)[0] < 0.9
    t.altered = _without_hands
    t.run(0.1)
    at = last(t)[0]
    t.run(3.0)
    assert last(t) == (at, HELD)


def test_a_hand_that_comes_back_moves_nothing_before_it_was_seen_for_a_moment():
    t = gripping()
    t.altered = _without_hands
    t.run(1.0)
    came_s, count = t.time_s, len(t.commands)
    showing(t, left=1.0)
    t.run(1.0)
    rising = [(c.time_s, c.grips[0].opening) for c in t.commands[count:] if c.grips[0].opening > 0.0]
    assert 0.15 <= rising[0][0] - came_s < 0.35
    assert rising[0][1] <= t.config.max_grip_speed * TICK_S + 1e-9
    assert last(t) == (1.0, TRACKED)
    t.check()


def test_one_wrong_image_moves_nothing():
    t = gripping()
    count = itertools.count()
    t.altered = lambda seen: replace(seen, hands=hands(1.0 if next(count) % 4 == 0 else 0.0))
    t.run(3.0)
    assert {grip.opening for grip in grips(t)} == {0.0}


def test_what_is_only_predicted_is_told_as_that():
    t = gripping()
    t.altered = lambda seen: replace(seen, hands=(hand("left", 0.0, state=PREDICTED, confidence=0.4),))
    t.run(0.5)
    assert last(t) == (0.0, PREDICTED)
    assert grips(t)[-1].confidence == 0.4


def test_in_hold_grippers_are_held_and_after_it_nothing_is_commanded():
    t = gripping()
    showing(t, left=1.0)
    t.run(0.25)
    at = len(t.commands)
    t.altered = lambda seen: replace(seen, operator_id=0, hands=hands())
    t.run(3.0)
    held = [c for c in t.commands[at:] if c.held]
    assert held and {g.state for c in held for g in c.grips} == {HELD}
    assert len({c.grips[0].opening for c in held}) == 1
    assert t.controller.state is State.DISENGAGED
    assert t.silent_since(held[-1].time_s)
    assert t.controller.limits_hit == () and t.controller.grips.described() == ""
    t.check()


def test_a_posture_that_is_not_found_holds_the_grippers_in_the_same_command():
    t = gripping()
    showing(t, left=1.0)
    t.run(0.3)
    drive = t.at.drive

    def fails_once(command):
        if not command.held:
            t.at.drive = drive
            raise RetargetError("no posture")
        return drive(command)

    t.at.drive = fails_once
    t.run(TICK_S)
    assert t.controller.state is State.HOLD
    assert {g.state for g in t.commands[-1].grips} == {HELD}
    t.check()


def test_grippers_wait_while_the_arms_commands_wait():
    t = gripping(max_grip_speed=1.0)
    drive, t.at.drive = t.at.drive, lambda command: None
    showing(t, left=1.0)
    t.run(2.0)
    t.at.drive = drive
    t.run(TICK_S)
    assert last(t)[0] <= TICK_S + 1e-9


# -- where it begins


@pytest.mark.parametrize("shown", [0.3, 0.6, 1.0])
def test_a_gripper_of_which_nothing_is_known_waits_for_a_shut_hand(shown):
    t = gripping(left=shown)
    t.run(2.0)
    assert {grip.state for grip in grips(t)} == {INVALID}
    assert "left_grip: waits until the left hand is shut" in t.controller.limits_hit
    showing(t, left=0.0)
    t.run(1.0)
    assert last(t) == (0.0, TRACKED)
    showing(t, left=1.0)
    t.run(1.0)
    assert last(t) == (1.0, TRACKED)
    t.check()


def test_a_gripper_begins_where_it_is():
    t = gripping(left=0.0, openings={"left": 0.4, "right": math.nan})
    assert last(t) == (0.4, INVALID)
    assert "left_grip: waits until the left hand is 40 % open, as the gripper is" in t.controller.limits_hit
    assert last(t, "right") == (0.0, TRACKED), "one that is not known is taken over by a shut hand"
    showing(t, left=1.0)
    t.run(1.0)
    assert last(t) == (1.0, TRACKED)
    steps = np.diff([grip.opening for grip in grips(t)])
    assert np.abs(steps).max() <= t.config.max_grip_speed * TICK_S + 1e-9


def test_each_engagement_begins_again():
    t = gripping()
    t.controller.release("asked to", t.time_s)
    showing(t, left=1.0)
    t.engaged()
    assert last(t) == (0.0, INVALID)


def test_another_speed_holds_from_the_next_engagement_on():
    t = gripping()
    t.controller.release("settings changed", t.time_s)
    t.config = replace(t.config, max_grip_speed=0.5)
    t.controller.configure(t.config)
    t.commands.clear()
    t.engaged()
    showing(t, left=1.0)
    t.run(1.0)
    assert 0.2 < last(t)[0] < 0.5
    t.check()


# -- calibration while arming


def _moving(t, low, high):
    """The left hand opens and shuts, once in a second, as far as this."""
    t.altered = lambda seen: replace(
        seen, hands=hands(low + (high - low) * (0.5 + 0.5 * math.sin(math.tau * seen.captured_s)), 0.0)
    )


def _arming(**config):
    t = Teleoperation(grip="hand", grip_calibration="arming", **config)
    t.openings = {"left": 0.0}
    showing(t, 0.5, 0.5)
    t.run(0.3)
    return t


def test_the_operator_is_asked_to_open_and_shut_the_hand():
    t = _arming()
    assert t.controller.request(t.time_s) == ""
    t.run(2.0)
    assert t.controller.state is State.ARMING
    assert t.controller.reason.startswith(
        "open and shut the left hand: it moved by 0 % of the usual range, 50 % are needed"
    )
    _moving(t, 0.2, 0.7)
    t.run(3.0, until=State.ENGAGED)
    t.run(0.5)
    assert "(calibrated)" in t.controller.grips.described()
    showing(t, left=0.2)
    t.run(1.0)
    assert last(t) == (0.0, TRACKED), "as shut as this operator's hand gets"
    showing(t, left=0.7)
    t.run(1.0)
    assert last(t) == (1.0, TRACKED)
    t.check()


def test_an_operator_is_asked_once():
    t = _arming()
    _moving(t, 0.0, 1.0)
    t.engaged()
    t.controller.release("asked to", t.time_s)
    t.controller.configure(replace(t.config, max_grip_speed=1.0))
    showing(t, left=0.5)
    t.run(0.2)
    assert t.controller.request(t.time_s) == ""
    assert t.run(3.0, until=State.ENGAGED) < 1.2
    t.run(0.2)
    assert "(calibrated)" in t.controller.grips.described()


def test_another_operator_and_another_run_are_asked_again():
    t = _arming(arming_timeout_s=4.0)
    _moving(t, 0.0, 1.0)
    t.engaged()
    t.controller.release("asked to", t.time_s)
    t.altered = lambda seen: replace(seen, operator_id=2, hands=hands(0.5, 0.0))
    t.run(0.3)
    t.controller.request(t.time_s)
    t.run(0.5)
    assert "open and shut the left hand" in t.controller.reason
    t.controller.release("asked to", t.time_s)
    showing(t, left=0.5)
    t.run(0.3)
    t.controller.request(t.time_s)
    t.run(0.5)
    assert "open and shut" not in t.controller.reason
    t.controller.release("asked to", t.time_s)
    assert t.controller.follows(7, t.time_s)
    t.run(0.3)
    t.controller.request(t.time_s)
    t.run(0.5)
    assert "open and shut the left hand" in t.controller.reason


@pytest.mark.parametrize("shows", [0.5, None], ids=["a hand that does not move", "no hand"])
def test_who_does_not_is_engaged_all_the_same_with_the_usual_range(shows):
    t = _arming()
    if shows is None:
        t.altered = _without_hands
    t.controller.request(t.time_s)
    took = t.run(9.0, until=State.ENGAGED)
    assert took == pytest.approx(1.0 if shows is None else 6.0, abs=0.2)
    t.run(0.2)
    assert "(calibrated)" not in t.controller.grips.described()


# -- a joystick and topics


def test_axes_of_a_joystick():
    t = Teleoperation(grip="joy", grip_joy_axis_left=0, grip_joy_axis_right=-1).engaged()

    def pulled(value, seconds):
        for _ in range(round(seconds / 0.05)):
            t.controller.grips.hear_axes((value, 0.0), t.time_s)
            t.run(0.05)

    assert "left_grip: nothing received on axis 0 of joy" in t.controller.limits_hit
    pulled(1.0, 1.0)
    assert last(t) == (0.0, INVALID)
    assert "left_grip: waits until axis 0 of joy is shut" in t.controller.limits_hit
    pulled(-1.0, 0.5)
    pulled(0.0, 1.0)
    assert last(t) == (0.5, TRACKED)
    t.run(5.0)
    assert last(t) == (0.5, HELD), "a joystick that is silent opens nothing"
    pulled(1.0, 1.0)
    assert last(t) == (0.5, HELD), "nor does one that is plugged in again"
    assert "left_grip: waits until axis 0 of joy is 50 % open, as the gripper is" in t.controller.limits_hit
    pulled(0.1, 0.1)
    pulled(1.0, 1.0)
    assert last(t) == (1.0, TRACKED)
    t.controller.grips.hear_axes((), t.time_s)
    assert not grips(t, "right")
    t.check()


def test_the_axis_under_the_hand_that_moves_the_arm():
    t = Teleoperation(grip="joy", mirror=True, grip_joy_axis_left=0, grip_joy_axis_right=1).engaged()
    for left in (-1.0, 1.0):
        for _ in range(20):
            t.controller.grips.hear_axes((left, -1.0), t.time_s)
            t.run(0.05)
    assert (last(t)[0], last(t, "right")[0]) == (0.0, 1.0)


def test_topics_name_the_robots_side_also_in_a_mirror():
    t = Teleoperation(grip="topic", mirror=True).engaged()
    for opening in (0.0, 0.3):
        for _ in range(20):
            t.controller.grips.hear("left", opening, t.time_s)
            t.run(0.05)
    assert last(t) == (0.3, TRACKED)
    assert last(t, "right") == (0.0, INVALID)
    t.controller.grips.hear("left", 30.0, t.time_s)
    t.run(0.05)
    assert last(t) == (0.3, HELD)
    t.check()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"grip_joy_shut": 1.0}, "grip_joy_shut: 1 must differ from grip_joy_open, 1"),
        ({"grip": "joy", "grip_joy_axis_left": -1, "grip_joy_axis_right": -1}, "set one of them to the axis"),
    ],
)
def test_settings_that_leave_nothing_to_grip_with_are_refused(changes, words):
    with pytest.raises(SettingError, match=words):
        replace(GateSettings(), **changes)
