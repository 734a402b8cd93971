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

"""How well a robot follows a person, on motions whose answer is known."""

import numpy as np
import pytest

from frankmocap_ros.bench.following import (
    Trajectory,
    correlation,
    errors,
    largest_step,
    person_trajectory,
    seconds_in,
    spans_of,
    trajectory,
)

TIMES_S = np.arange(0.0, 20.0, 0.02)


def motion(times_s, phase=0.0):
    t = times_s[:, None] * (1.1, 0.7, 0.9) + phase
    return Trajectory(times_s, 0.2 * np.sin(t) * (1.0, 0.5, 0.8))


@pytest.mark.parametrize("lag_s", [0.0, 0.1, 0.25])
def test_a_follower_that_lags_is_found_with_its_lag(lag_s):
    leader = motion(TIMES_S)
    follower = Trajectory(TIMES_S + lag_s, 0.7 * leader.positions + (0.5, 0.1, 1.0))
    found, lag = correlation(leader, follower)
    assert found == pytest.approx(1.0, abs=1e-3)
    assert lag == pytest.approx(lag_s, abs=0.011)


def test_one_wrong_axis_is_enough():
    leader = motion(TIMES_S)
    mirrored = Trajectory(TIMES_S, leader.positions * (1.0, -1.0, 1.0))
    assert correlation(leader, mirrored)[0] < 0.5


def test_too_little_is_no_answer():
    leader = motion(TIMES_S)
    assert correlation(leader, motion(TIMES_S[:5])) is None
    assert correlation(leader, Trajectory(TIMES_S, np.zeros((len(TIMES_S), 3)))) is None


def test_errors_count_only_what_is_within_reach():
    commands = Trajectory(
        np.array([1.0, 2.0, 3.0, 9.0]), np.array([[0.1, 0, 0], [0.3, 0, 0], [2.0, 0, 0], [0.1, 0, 0]])
    )
    robot = Trajectory(np.array([0.0, 4.0]), np.array([[0.0, 0, 0], [0.4, 0, 0]]))
    off, share = errors(commands, robot, np.zeros(3), 0.5)
    assert off == pytest.approx((0.0 + 0.1) / 2)
    assert share == pytest.approx(2 / 3), "what lies outside the robot's time does not count at all"
    assert errors(commands, robot, np.zeros(3), 0.01) is None


def test_a_pause_is_no_step():
    commands = trajectory(
        [(0.00, (0.0, 0, 0)), (0.01, (0.01, 0, 0)), (5.0, (1.0, 0, 0)), (5.01, (1.02, 0, 0))]
    )
    assert largest_step(commands, 0.05) == pytest.approx(0.02)
    assert largest_step(trajectory([]), 0.05) == 0.0


def test_time_in_states():
    states = [(0.0, "DISENGAGED"), (1.0, "ARMING"), (2.0, "ENGAGED"), (5.0, "DISENGAGED"), (6.0, "ENGAGED")]
    assert seconds_in(states, 8.0) == {"DISENGAGED": 2.0, "ARMING": 1.0, "ENGAGED": 5.0}
    assert spans_of(states, "ENGAGED", 8.0) == [(2.0, 5.0), (6.0, 8.0)]
    assert (seconds_in([], 8.0), spans_of([], "ENGAGED", 8.0)) == ({}, []), "of a gate that nobody heard"


def test_a_person_is_seen_in_the_frame_of_their_torso():
    """Somebody who faces the camera and reaches towards it reaches forward."""
    at = {"left_shoulder": (0.2, 0.0, 3.0), "right_shoulder": (-0.2, 0.0, 3.0), "left_wrist": (0.2, 0.1, 2.5)}
    found = person_trajectory(
        [(0.0, at), (1.0, {"left_wrist": (0, 0, 0)})], "left_wrist", "left_shoulder", 0.0
    )
    assert np.allclose(found.positions, [[0.5, 0.0, -0.1]], atol=1e-9)
