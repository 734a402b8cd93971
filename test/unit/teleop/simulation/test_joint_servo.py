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

"""The robot's own controller: every refusal by name, the speed limit, the stop. No physics here."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frankmocap_ros.teleop.simulation.joint_command import JointCommand, JointLimits
from frankmocap_ros.teleop.simulation.joint_servo import MAX_FUTURE_S, NEAR, VELOCITY_S, JointServo

NAMES = ("shoulder", "elbow")
LIMITS = JointLimits(NAMES, np.array([-1.5, -2.0]), np.array([1.5, 0.0]), np.array([4.0, 2.0]))
START = np.array([0.2, -1.0])
TIMEOUT_S = 0.25
NOW_S = 10.0


def command(positions=START, velocities=None, valid_s=NOW_S, names=NAMES):
    return JointCommand(names, list(positions), velocities, valid_s)


@pytest.fixture
def servo():
    return JointServo(LIMITS, START, TIMEOUT_S)


@pytest.fixture
def following(servo):
    """A servo that follows since 10 s."""
    assert servo.command(command(), START, NOW_S) == ""
    return servo


NEXT_S = NOW_S + 0.01
REFUSED = {
    "nan": (command([math.nan, -1.0], valid_s=NEXT_S), "not_finite", "shoulder: its position is nan"),
    "inf": (command([0.2, math.inf], valid_s=NEXT_S), "not_finite", "elbow: its position is inf"),
    "velocity nan": (command(velocities=[0.0, math.nan], valid_s=NEXT_S), "not_finite", "elbow: its"),
    "stamp nan": (command(valid_s=math.nan), "not_finite", "its stamp is nan"),
    "unknown": (
        command([0.2, -1.0, 0.0], names=(*NAMES, "knee"), valid_s=NEXT_S),
        "unknown_joint",
        "unknown joint knee; known: shoulder, elbow",
    ),
    "missing": (command([0.2], names=NAMES[:1], valid_s=NEXT_S), "missing_joint", "it lacks elbow"),
    "twice": (
        command([0.2, -1.0, 0.2], names=(*NAMES, "shoulder"), valid_s=NEXT_S),
        "joint_twice",
        "shoulder more than once",
    ),
    "below": (command([0.2, -2.01], valid_s=NEXT_S), "out_of_range", "elbow: -2.0100 is out of its range"),
    "above": (command([0.2, 2e-6], valid_s=NEXT_S), "out_of_range", "elbow: 0.0000 is out of its range"),
    "step": (command([0.2, -0.95], valid_s=NEXT_S), "too_fast", "elbow: a step of 0.050 in 0.010 s"),
    "velocity": (command(velocities=[0.0, -2.1], valid_s=NEXT_S), "too_fast", "elbow: its velocity is -2.1"),
    "few positions": (command([0.2], valid_s=NEXT_S), "wrong_length", "1 positions for 2 joints"),
    "nothing": (command([], names=(), valid_s=NEXT_S), "missing_joint", "it lacks shoulder, elbow"),
    "no positions": (command([], valid_s=NEXT_S), "wrong_length", "0 positions for 2 joints"),
    "few velocities": (
        command(velocities=[0.0], valid_s=NEXT_S), "wrong_length", "1 velocities for 2 joints",
    ),
    "old": (command(valid_s=NEXT_S - TIMEOUT_S - 0.001), "too_old", "it is for 0.251 s ago"),
    "future": (command(valid_s=NEXT_S + MAX_FUTURE_S + 0.001), "in_future", "it is for 0.101 s from now"),
    "equal stamp": (command(valid_s=NOW_S), "not_later", "stamps must increase"),
    "earlier stamp": (command(valid_s=NOW_S - 0.01), "not_later", "0.010 s before the last one's"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_reason_and_without_effect(following, name):
    bad, reason, text = REFUSED[name]
    assert text in following.command(bad, START, NEXT_S)
    assert following.refused.counts() == {reason: 1}
    assert following.accepted == 1
    following.tick(NEXT_S, 0.002, START)
    np.testing.assert_array_equal(following.target, START)
    np.testing.assert_array_equal(following.velocity, [0.0, 0.0])
    assert not following.stopped
    # neither its stamp nor its names are remembered
    assert following.command(command(valid_s=NOW_S + 0.001), START, NEXT_S) == ""


def test_an_empty_command_is_refused_also_as_the_first(servo):
    assert "lacks shoulder, elbow" in servo.command(command([], names=()), START, NOW_S)


def test_a_refused_command_does_not_put_off_the_stop(following):
    for n in range(1, 30):
        following.command(command([math.nan, -1.0], valid_s=NOW_S + 0.01 * n), START, NOW_S + 0.01 * n)
        following.tick(NOW_S + 0.01 * n, 0.01, START)
    assert following.stopped


def test_names_may_come_in_any_order(following):
    swapped = command([-1.01, 0.22], [-0.1, 0.3], NEXT_S, NAMES[::-1])
    assert following.command(swapped, START, NEXT_S) == ""
    following.tick(NEXT_S, 0.01, START)
    np.testing.assert_allclose(following.target, [0.22, -1.01])
    np.testing.assert_allclose(following.velocity, [0.3, -0.1])
    # and in another order with the next command
    assert following.command(command([0.23, -1.02], valid_s=NEXT_S + 0.01), START, NEXT_S + 0.01) == ""
    following.tick(NEXT_S + 0.01, 0.01, START)
    np.testing.assert_allclose(following.target, [0.23, -1.02])


def test_rounding_at_the_end_of_the_range_is_clipped(servo):
    near = np.array([0.2, -0.01])
    assert servo.command(command([0.2, 5e-7]), near, NOW_S) == ""
    servo.tick(NOW_S, 1.0, near)
    assert servo.target[1] == 0.0


def test_the_first_command_must_be_near(servo):
    assert "within 0.3" in servo.command(command([0.2 + NEAR + 0.001, -1.0]), START, NOW_S)
    assert servo.refused.counts() == {"far_from_robot": 1}
    assert servo.stopped
    assert servo.command(command([0.2 + NEAR - 0.001, -1.0]), START, NOW_S) == ""
    assert not servo.stopped


def test_near_is_measured_from_where_the_robot_is(servo):
    moved = np.array([1.0, -1.0])  # by somebody's hand
    assert "far" not in servo.refused.counts()
    assert "0.800 from where it is, 1.000" in servo.command(command(), moved, NOW_S)
    assert servo.command(command([1.1, -1.0]), moved, NOW_S) == ""
    servo.tick(NOW_S, 0.002, moved)
    np.testing.assert_allclose(servo.target, [1.0 + 0.008, -1.0])  # from there on, not from its old target


def test_the_target_moves_no_faster_than_allowed(following):
    assert following.command(command([0.275, -1.0], valid_s=NEXT_S), START, NEXT_S) == ""
    following.tick(NEXT_S, 0.002, START)
    np.testing.assert_allclose(following.target, [0.208, -1.0])  # 4 rad/s
    for _ in range(20):
        following.tick(NEXT_S, 0.002, START)
    np.testing.assert_allclose(following.target, [0.275, -1.0])


def test_a_longer_gap_allows_a_larger_step(following):
    later_s = NOW_S + 0.1
    assert following.command(command([0.55, -1.0], valid_s=later_s), START, later_s) == ""
    assert "too" not in following.refused.counts()
    assert "a step of" in following.command(command([1.4, -1.0], valid_s=later_s + 0.01), START, later_s)


def test_a_leap_does_not_become_allowed_by_waiting(following):
    """A source that jumps and stays there is refused until the robot has stopped, and then for being far."""
    reasons = []
    for n in range(1, 40):
        time_s, before = NOW_S + 0.01 * n, following.refused.counts()
        following.tick(time_s, 0.01, START)
        assert following.command(command([1.0, -1.0], valid_s=time_s), START, time_s) != ""
        after = following.refused.counts()
        reasons += [name for name in after if after[name] != before.get(name, 0)]
    assert reasons == ["too_fast"] * 25 + ["far_from_robot"] * 14
    np.testing.assert_array_equal(following.target, START)


def test_after_one_leap_the_way_goes_on(following):
    assert following.command(command([1.0, -1.0], valid_s=NEXT_S), START, NEXT_S) != ""
    later_s = NEXT_S + 0.01
    assert following.command(command([0.24, -1.0], valid_s=later_s), START, later_s) == ""


def test_commands_that_are_always_too_fast_are_found_out(following):
    """One and a half times the limit, so that each step alone could be a late stamp."""
    refused_at = None
    for n in range(1, 20):
        time_s = NOW_S + 0.01 * n
        for _ in range(5):
            following.tick(time_s, 0.002, START)
        if following.command(command([0.2 + 0.06 * n, -1.0], valid_s=time_s), START, time_s):
            refused_at = n
            break
    assert refused_at is not None and refused_at < 5


def test_it_stops_where_it_is(following):
    moving = np.array([0.4, -0.7])
    following.command(command([0.24, -1.0], [1.0, 0.0], NEXT_S), START, NEXT_S)
    following.tick(NEXT_S + TIMEOUT_S - 0.001, 0.002, moving)
    assert not following.stopped
    following.tick(NEXT_S + TIMEOUT_S + 0.001, 0.002, moving)
    assert following.stopped
    np.testing.assert_array_equal(following.target, moving)
    np.testing.assert_array_equal(following.velocity, [0.0, 0.0])
    following.tick(NEXT_S + 5.0, 0.002, START)  # whatever pushes it, it holds there
    np.testing.assert_array_equal(following.target, moving)


def test_a_velocity_holds_for_a_moment_only(following):
    following.command(command([0.24, -1.0], [1.0, 0.0], NEXT_S), START, NEXT_S)
    following.tick(NEXT_S + VELOCITY_S - 0.001, 0.04, START)
    np.testing.assert_allclose(following.velocity, [1.0, 0.0])
    following.tick(NEXT_S + VELOCITY_S + 0.001, 0.002, START)
    np.testing.assert_array_equal(following.velocity, [0.0, 0.0])
    np.testing.assert_allclose(following.target, [0.24, -1.0])
    assert not following.stopped


def test_a_stamp_ahead_does_not_put_off_the_stop(servo):
    servo.command(command(valid_s=NOW_S + 0.09), START, NOW_S)
    servo.tick(NOW_S + TIMEOUT_S + 0.001, 0.002, START)
    assert servo.stopped


def test_an_old_stamp_brings_the_stop_forward(servo):
    servo.command(command(valid_s=NOW_S - 0.2), START, NOW_S)
    servo.tick(NOW_S + 0.04, 0.002, START)
    assert not servo.stopped
    servo.tick(NOW_S + 0.06, 0.002, START)
    assert servo.stopped


number = st.one_of(
    st.floats(-2.2, 1.7), st.floats(allow_nan=True, allow_infinity=True), st.sampled_from([0.0, 0.2, -1.0])
)
event = st.tuples(
    st.floats(0.0, 0.4),  # how much later
    st.floats(-0.4, 0.3) | st.just(0.0) | st.just(math.nan),  # stamp from now
    st.lists(number, min_size=1, max_size=3),
    st.none() | st.lists(number, min_size=1, max_size=3),
    st.sampled_from([NAMES, NAMES[::-1], ("elbow",), ("elbow", "elbow"), ("elbow", "knee")]),
)


@settings(max_examples=500)
@given(st.lists(event, max_size=30))
def test_whatever_comes_the_target_keeps_the_limits(events):
    servo, time_s, measured = JointServo(LIMITS, START, TIMEOUT_S), NOW_S, START.copy()
    taken = 0
    for later_s, stamp_s, positions, velocities, names in events:
        time_s += later_s
        taken += (
            servo.command(JointCommand(names, positions, velocities, time_s + stamp_s), measured, time_s)
            == ""
        )
        before, was_stopped = servo.target, servo.stopped
        servo.tick(time_s, 0.002, measured)
        assert np.isfinite(servo.target).all() and np.isfinite(servo.velocity).all()
        assert (servo.target >= LIMITS.low).all() and (servo.target <= LIMITS.high).all()
        if not servo.stopped:
            assert (np.abs(servo.target - before) <= 0.002 * LIMITS.speed + 1e-12).all()
        elif was_stopped:
            np.testing.assert_array_equal(servo.target, before)
        measured = servo.target.copy()
    assert servo.accepted == taken
    assert servo.accepted + servo.refused.total() == len(events)
