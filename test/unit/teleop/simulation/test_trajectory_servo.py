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

"""The other controller of the simulated robot: it takes what comes to rest, however far. No physics here."""

import math

import numpy as np
import pytest

from frankmocap_ros.teleop.simulation.joint_command import JointCommand, JointLimits
from frankmocap_ros.teleop.simulation.trajectory_servo import TrajectoryServo

NAMES = ("shoulder", "elbow")
LIMITS = JointLimits(NAMES, np.array([-1.5, -2.0]), np.array([1.5, 0.0]), np.array([4.0, 2.0]))
START = np.array([0.2, -1.0])
FAR = np.array([1.2, -1.8])
NOW_S = 10.0
LASTS_S = 0.05


def command(positions=FAR, velocities=None, valid_s=NOW_S, names=NAMES, from_start_s=LASTS_S):
    return JointCommand(names, list(positions), velocities, valid_s, from_start_s)


@pytest.fixture
def servo():
    return TrajectoryServo(LIMITS, START)


def run(servo, until_s, from_s=NOW_S):
    """Times, targets and velocities, each millisecond."""
    rows = []
    for n in range(1, round((until_s - from_s) / 0.001) + 1):
        servo.tick(from_s + 0.001 * n, 0.001, servo.target)
        rows.append((servo.target, servo.velocity))
    return np.array(rows)


@pytest.mark.parametrize("velocities, peak", [([0.0, 0.0], 1.5), (None, 1.0)], ids=["spline", "linear"])
def test_it_goes_anywhere_within_the_time_that_is_given(servo, velocities, peak):
    assert servo.command(command(velocities=velocities), START, NOW_S) == ""
    rows = run(servo, NOW_S + LASTS_S)
    np.testing.assert_allclose(servo.target, FAR)
    assert servo.stopped and not servo.velocity.any()
    assert np.abs(rows[:, 1, 0]).max() == pytest.approx(peak * 1.0 / LASTS_S, rel=0.01), "a leap"
    passed = np.diff(rows[:, 0, 0]) / 0.001
    np.testing.assert_allclose(passed[1:-1], 0.5 * (rows[1:-2, 1, 0] + rows[2:-1, 1, 0]), rtol=0.02, atol=0.1)
    run(servo, NOW_S + 60.0, NOW_S + 59.9)
    np.testing.assert_allclose(servo.target, FAR, err_msg="there it holds")


def test_a_new_point_goes_on_from_where_the_joints_are(servo):
    servo.command(command(velocities=[0.0, 0.0]), START, NOW_S)
    before = run(servo, NOW_S + 0.025)[-1]
    there = np.array([0.6, -1.3])
    assert servo.command(command([0.2, -1.0], [0.0, 0.0], NOW_S + 0.025), there, NOW_S + 0.025) == ""
    servo.tick(NOW_S + 0.0250001, 0.001, there)
    np.testing.assert_allclose(servo.target, there, atol=1e-4)
    np.testing.assert_allclose(servo.velocity, before[1], atol=1e-2)
    run(servo, NOW_S + 0.08, NOW_S + 0.025)
    np.testing.assert_allclose(servo.target, START)


REFUSED = {
    "moves": (command(velocities=[0.0, 1e-6]), "moves_at_end", "elbow: its velocity at the end is 0.000"),
    "nan": (command([math.nan, 0.0]), "not_finite", "shoulder: its position is nan"),
    "past": (command(valid_s=NOW_S - 0.06), "too_old", "it ended 0.010 s ago"),
    "missing": (command([0.2], names=NAMES[:1]), "missing_joint", "it lacks elbow"),
    "nothing": (command([], names=()), "missing_joint", "it lacks shoulder, elbow"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_reason_and_without_effect(servo, name):
    bad, reason, text = REFUSED[name]
    assert text in servo.command(bad, START, NOW_S)
    assert servo.refused.counts() == {reason: 1}
    run(servo, NOW_S + 0.1)
    np.testing.assert_array_equal(servo.target, START)


def test_what_is_refused_does_not_stop_what_goes_on(servo):
    servo.command(command(), START, NOW_S)
    run(servo, NOW_S + 0.02)
    assert servo.command(command(velocities=[1.0, 0.0]), START, NOW_S + 0.02) != ""
    run(servo, NOW_S + 0.06, NOW_S + 0.02)
    np.testing.assert_allclose(servo.target, FAR)
