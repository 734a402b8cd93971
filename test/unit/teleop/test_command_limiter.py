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

"""How far a command may go, whatever the setpoints are."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frankmocap_ros.errors import SettingError
from frankmocap_ros.geometry.rotation import quat_conjugate, quat_from_rotvec, quat_multiply, quat_to_rotvec
from frankmocap_ros.teleop.command_limiter import MAX_STEP_S, CommandLimits, Governor
from frankmocap_ros.teleop.setpoint import Setpoint

DT = 0.01
IDENTITY = np.array([0.0, 0.0, 0.0, 1.0])


def limits(n=1, speed=1.0, acceleration=5.0, angular=2.0, angular_acceleration=20.0, box=1.0):
    return CommandLimits(
        np.full(n, speed), np.full(n, acceleration), np.full(n, angular), np.full(n, angular_acceleration),
        np.full((n, 3), -box), np.full((n, 3), box), ("left_wrist", "right_wrist", *map(str, range(n)))[:n],
    )  # fmt: skip


def governor(n=1, at=(0.0, 0.0, 0.0), **kwargs):
    return Governor(limits(n, **kwargs), np.tile(at, (n, 1)), np.tile(IDENTITY, (n, 1)))


def setpoint(positions, velocities=None, orientations=None, turning=None, follow=True):
    positions = np.atleast_2d(np.asarray(positions, dtype=float))
    n = len(positions)
    return Setpoint(
        positions,
        np.zeros((n, 3)) if velocities is None else np.atleast_2d(velocities),
        np.tile(IDENTITY, (n, 1)) if orientations is None else np.atleast_2d(orientations),
        np.zeros((n, 3)) if turning is None else np.atleast_2d(turning),
        np.full(n, follow) if isinstance(follow, bool) else np.asarray(follow),
    )


def run(governor, setpoints, dt=DT):
    """Positions after each step."""
    found = []
    for one in setpoints:
        governor.step(one, dt)
        found.append(governor.positions[0])
    return np.array(found)


def test_goes_to_a_goal_and_stays_there():
    path = run(governor(), itertools.repeat(setpoint((0.5, -0.3, 0.2)), 200))
    assert np.allclose(path[-1], (0.5, -0.3, 0.2), atol=1e-6)
    away = np.linalg.norm(path - (0.5, -0.3, 0.2), axis=1)
    assert (np.diff(away) < 1e-9).all(), "it never moves away from a setpoint that stays"


def test_follows_a_goal_that_moves_without_lag():
    g = governor()
    velocity = np.array((0.5, 0.0, 0.0))
    for k in range(100):
        g.step(setpoint(velocity * DT * (k + 1), velocity), DT)
    assert np.allclose(g.positions[0], velocity * DT * 100, atol=1e-3)


def test_turns_to_a_goal_that_moves_without_lag():
    g = governor()
    turning = np.array((0.0, 0.0, 1.0))
    for k in range(100):
        g.step(
            setpoint(np.zeros(3), orientations=quat_from_rotvec(turning * DT * (k + 1)), turning=turning), DT
        )
    left = quat_multiply(quat_conjugate(g.orientations[0]), quat_from_rotvec(turning * DT * 100))
    assert np.linalg.norm(quat_to_rotvec(left)) < 5e-3


def test_a_leap_becomes_a_walk_at_the_limits():
    path = run(governor(speed=0.5, acceleration=2.0), itertools.repeat(setpoint((0.9, 0.0, 0.0)), 400))
    speed = np.diff(path[:, 0], prepend=0.0) / DT
    assert speed.max() == pytest.approx(0.5, abs=1e-9)
    assert np.abs(np.diff(speed, prepend=0.0)).max() / DT <= 2.0 + 1e-6


def test_says_which_limit_holds_it_back():
    g = governor(n=3, speed=0.5)
    for _ in range(30):
        g.step(setpoint([(0.9, 0, 0), (0.0, 0, 0), (5.0, 0, 0)]), DT)
    assert g.at_speed.tolist() == [True, False, True]
    assert g.at_workspace.tolist() == [False, False, True]
    g.step(setpoint([(-0.9, 0, 0), (0.0, 0, 0), (0, 0, 0)]), DT)
    assert g.at_acceleration.tolist() == [True, False, True]


def test_stops_at_the_wall_without_breaking_the_acceleration():
    g = governor(speed=2.0, acceleration=3.0, box=0.5)
    last = np.zeros(3)
    for k in range(200):
        g.step(setpoint((9.0, 0.1 * k, 0.0), (9.0, 10.0, 0.0)), DT)
        assert (np.abs(g.positions) <= 0.5).all()
        assert np.linalg.norm(g.velocities[0] - last) <= 3.0 * DT + 1e-9
        last = g.velocities[0]
    assert np.allclose(g.positions[0, :2], 0.5, atol=0.02)


def test_what_is_not_followed_brakes_and_stays():
    g = governor(acceleration=5.0)
    run(g, itertools.repeat(setpoint((0.9, 0.0, 0.0)), 30))
    speed = g.velocities[0, 0]
    assert speed > 0.5
    start = g.positions[0, 0]
    path = run(g, itertools.repeat(setpoint((0.9, 0.0, 0.0), follow=False), 60))
    assert np.ptp(path[-20:], axis=0).max() == 0.0
    assert path[-1, 0] - start <= speed**2 / (2 * 5.0) + 1e-9


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["positions", "velocities", "orientations", "turning"])
def test_what_is_not_finite_is_not_followed(bad, where):
    g = governor(n=2)
    width = 4 if where == "orientations" else 3
    values = np.zeros((2, width))
    values[:, -1] = 1.0 if where == "orientations" else 0.0
    values[0, 0] = bad
    parts = {"positions": np.tile((0.5, 0.0, 0.0), (2, 1)), where: values}
    for _ in range(20):
        g.step(setpoint(**parts), DT)
    assert np.isfinite(g.positions).all() and np.isfinite(g.orientations).all()
    assert (g.positions[0] == 0.0).all(), "the bad one stays"
    if where != "positions":
        assert g.positions[1, 0] > 0.0, "the other one goes"


def test_time_that_stands_or_goes_back_changes_nothing():
    g = governor()
    for dt in (0.0, -0.1, np.nan):
        g.step(setpoint((0.5, 0.0, 0.0)), dt)
    assert (g.positions == 0.0).all() and (g.velocities == 0.0).all()


def test_a_long_pause_is_one_short_step():
    g = governor(speed=1.0, acceleration=1000.0)
    g.step(setpoint((0.9, 0.0, 0.0)), 60.0)
    assert 0.0 < g.positions[0, 0] <= 1.0 * MAX_STEP_S + 1e-9


def test_starting_outside_the_workspace_is_refused():
    with pytest.raises(SettingError, match=r"right_wrist is at z 1.20 m, allowed -1 .. 1. Move it"):
        Governor(limits(2), np.array([[0.0, 0, 0], [0, 0, 1.2]]), np.tile(IDENTITY, (2, 1)))
    with pytest.raises(SettingError, match="outside"):
        Governor(limits(1), np.array([[np.nan, 0, 0]]), np.tile(IDENTITY, (1, 1)))
    with pytest.raises(SettingError, match="orientation is not known"):
        Governor(limits(1), np.zeros((1, 3)), np.full((1, 4), np.nan))


@pytest.mark.parametrize("name", ["speed", "acceleration", "angular", "angular_acceleration"])
@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_limits_must_be_numbers_above_zero(name, value):
    with pytest.raises(SettingError, match="finite and above 0"):
        limits(**{name: value})


def test_an_empty_workspace_is_refused():
    with pytest.raises(SettingError, match="the workspace of left_wrist is empty"):
        limits(box=-1.0)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    box=st.floats(0.05, 2.0),
    speed=st.floats(0.05, 5.0),
    acceleration=st.floats(0.2, 50.0),
)
def test_whatever_the_goals_are_the_limits_hold(seed, box, speed, acceleration):
    """Each example is 250 sequences of 40 steps: 10,000 in all."""
    rng = np.random.default_rng(seed)
    n = 250
    g = Governor(
        limits(n, speed, acceleration, speed, acceleration, box),
        rng.uniform(-box, box, (n, 3)),
        np.tile(IDENTITY, (n, 1)),
    )
    for _ in range(40):
        before = (g.positions, g.velocities, g.orientations, g.angular_velocities)
        bad = rng.random((n, 1)) < 0.02
        one = Setpoint(
            np.where(bad, np.nan, rng.normal(0, 2 * box, (n, 3))),
            rng.normal(0, speed, (n, 3)),
            quat_from_rotvec(rng.normal(0, 2, (n, 3))) * rng.choice((-1.0, 1.0), (n, 1)),
            rng.normal(0, speed, (n, 3)),
            rng.random(n) < 0.9,
        )
        dt = float(rng.choice((0.01, 0.002, 0.03, 0.0, -0.01, 1.0), p=(0.6, 0.1, 0.1, 0.05, 0.05, 0.1)))
        g.step(one, dt)
        dt = min(max(dt, 0.0), MAX_STEP_S)
        assert np.isfinite(g.positions).all() and np.isfinite(g.orientations).all()
        assert (np.abs(g.positions) <= box).all()
        way = np.linalg.norm(g.positions - before[0], axis=1)
        assert way.max() <= speed * dt + 1e-9
        assert np.linalg.norm(g.velocities - before[1], axis=1).max() <= acceleration * dt + 1e-9
        turn = quat_to_rotvec(quat_multiply(g.orientations, quat_conjugate(before[2])))
        assert np.linalg.norm(turn, axis=1).max() <= speed * dt + 1e-6
        assert np.linalg.norm(g.angular_velocities - before[3], axis=1).max() <= acceleration * dt + 1e-9
        assert np.abs(np.linalg.norm(g.orientations, axis=1) - 1.0).max() < 1e-9
        assert (np.sum(g.orientations * before[2], axis=1) > 0.0).all(), "signs never jump"
