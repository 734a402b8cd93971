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

"""A gripper's opening over time: no leap, no motion where nothing is wanted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.teleop.hands.grip_filter import GripFilter, WantedGrip

TICK_S = 0.01
LOST = WantedGrip(why="hand not seen")


def wanted(opening):
    return WantedGrip(opening, JointState.TRACKED, 0.8)


def begun(opening, speed=4.0, measured=True):
    gripper = GripFilter("left", speed, measured)
    gripper.begin(opening)
    return gripper


def run(gripper, want, seconds=1.0):
    """The last grip of a while."""
    for _ in range(round(seconds / TICK_S)):
        grip = gripper.step(want, TICK_S)
    return grip


def test_it_follows_at_the_highest_speed():
    gripper = begun(0.0, speed=2.0)
    assert run(gripper, wanted(0.0)).opening == 0.0
    grip = gripper.step(wanted(1.0), TICK_S)
    assert grip.opening == pytest.approx(0.02)
    assert (grip.side, grip.state, grip.confidence) == ("left", JointState.TRACKED, 0.8)
    assert run(gripper, wanted(1.0), 0.25).opening == pytest.approx(0.52)
    grip = run(gripper, wanted(1.0))
    assert grip.opening == 1.0


def test_a_late_tick_is_no_leap():
    gripper = begun(0.0)
    gripper.step(wanted(0.0), TICK_S)
    assert gripper.step(wanted(1.0), 3.0).opening == pytest.approx(4.0 * 0.05)


def test_what_is_lost_stays_where_it_is_and_does_not_go_on():
    gripper = begun(0.0)
    gripper.step(wanted(0.0), TICK_S)
    at = run(gripper, wanted(1.0), 0.1).opening
    grip = run(gripper, LOST, 5.0)
    assert (grip.opening, grip.state) == (at, JointState.HELD)
    assert gripper.step(wanted(1.0), TICK_S).opening == pytest.approx(at + 0.04)


def test_a_measured_hand_that_trembles_moves_nothing():
    gripper = begun(0.5)
    run(gripper, wanted(0.5))
    assert {gripper.step(wanted(0.5 + tremble), TICK_S).opening for tremble in (0.02, -0.02) * 50} == {0.5}


@pytest.mark.parametrize(("end", "inwards"), [(0.0, 1.0), (1.0, -1.0)], ids=["shut", "open"])
def test_near_an_end_it_is_the_end_and_stays_there(end, inwards):
    gripper = begun(0.5)
    run(gripper, wanted(0.5))
    assert run(gripper, wanted(end + 0.08 * inwards)).opening not in (0.0, 1.0)
    assert run(gripper, wanted(end + 0.05 * inwards)).opening == end
    assert run(gripper, wanted(end + 0.11 * inwards)).opening == end
    assert run(gripper, wanted(end + 0.2 * inwards)).opening == pytest.approx(end + 0.17 * inwards)


def test_what_is_told_is_followed_exactly():
    gripper = begun(0.5, measured=False)
    for opening in (0.51, 0.03, 0.97):
        assert run(gripper, wanted(opening)).opening == opening


def test_what_is_told_again_after_silence_has_to_take_over_again():
    """A pedal or a joystick that is plugged in again tells anything until somebody touches it."""
    gripper = begun(0.2, measured=False)
    run(gripper, wanted(0.2))
    assert run(gripper, LOST).state is JointState.HELD
    for opening in (0.5, 1.0, 0.5, 0.35):
        grip = run(gripper, wanted(opening))
        assert (grip.opening, grip.state) == (0.2, JointState.HELD)
        assert gripper.waits_at == 0.2
    assert run(gripper, wanted(0.25)).state is JointState.TRACKED and gripper.waits_at is None
    assert run(gripper, wanted(1.0)).opening == 1.0


def test_a_moment_of_silence_passes_unnoticed_where_the_same_is_told_after_it():
    gripper = begun(0.2, measured=False)
    run(gripper, wanted(0.2))
    run(gripper, LOST, TICK_S)
    assert run(gripper, wanted(0.25)).opening == 0.25


@pytest.mark.parametrize("shown", [(0.9,), (0.9, 0.7, 0.51), (0.1, 0.2, 0.29)])
def test_a_gripper_whose_opening_is_known_waits_to_be_taken_over(shown):
    gripper = begun(0.4)
    for opening in shown:
        grip = run(gripper, wanted(opening))
        assert (grip.opening, grip.state) == (0.4, JointState.INVALID)
        assert gripper.waits_at == 0.4


@pytest.mark.parametrize("shown", [(0.9, 0.49), (0.31,), (0.9, 0.1), (0.1, 0.6)], ids=str)
def test_it_is_taken_over_where_the_hand_comes_to_it_or_crosses_it(shown):
    gripper = begun(0.4)
    for opening in shown[:-1]:
        run(gripper, wanted(opening))
    grip = gripper.step(wanted(shown[-1]), TICK_S)
    assert grip.state is JointState.TRACKED and gripper.waits_at is None
    assert abs(grip.opening - 0.4) <= 4.0 * TICK_S + 1e-9


def test_a_hand_that_was_lost_in_between_has_crossed_nothing():
    gripper = begun(0.4)
    run(gripper, wanted(0.9))
    run(gripper, LOST)
    assert run(gripper, wanted(0.1)).state is JointState.INVALID


def test_a_gripper_whose_opening_is_not_known_waits_for_a_shut_hand():
    gripper = begun(None)
    for opening in (1.0, 0.5, 0.15, 0.8):
        assert run(gripper, wanted(opening)).state is JointState.INVALID
    assert run(gripper, wanted(0.08)).state is JointState.TRACKED
    assert run(gripper, wanted(0.8)).opening == pytest.approx(0.77), "less a dead band"


def test_the_next_engagement_begins_again():
    gripper = begun(None)
    run(gripper, wanted(0.0))
    gripper.begin(None)
    assert run(gripper, wanted(1.0)).state is JointState.INVALID


def test_what_was_not_sent_has_not_moved():
    gripper = begun(0.0)
    gripper.step(wanted(0.0), TICK_S)
    for _ in range(50):
        gripper.step(wanted(1.0), TICK_S)
        gripper.unsent()
    assert gripper.step(wanted(1.0), TICK_S).opening == pytest.approx(0.04)


@given(
    start=st.one_of(st.none(), st.floats(0.0, 1.0)),
    speed=st.floats(0.01, 50.0),
    measured=st.booleans(),
    steps=st.lists(st.tuples(st.one_of(st.none(), st.floats(0.0, 1.0)), st.floats(0.0, 1.0)), max_size=50),
)
def test_within_its_rate_towards_what_is_wanted_and_never_else(start, speed, measured, steps):
    gripper = begun(start, speed, measured)
    before, taken = start or 0.0, False
    for opening, dt in steps:
        grip = gripper.step(LOST if opening is None else wanted(opening), dt)
        assert 0.0 <= grip.opening <= 1.0
        assert abs(grip.opening - before) <= speed * min(dt, 0.05) + 1e-12
        taken = taken or grip.state is not JointState.INVALID
        if opening is None or not taken or (not measured and grip.state is JointState.HELD):
            assert grip.opening == before
        else:
            assert grip.state is JointState.TRACKED
            assert (
                (grip.opening - before) * (opening - before) >= 0.0
                or opening in (0.0, 1.0)
                or (min(opening, 1.0 - opening) <= 0.12)
            )
        before = grip.opening
