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

"""What joints may do next: always something, never too fast, and never so that they cannot brake."""

import numpy as np
import pytest

from frankmocap_ros.teleop.inverse_kinematics.joint_motion import UNLIMITED, JointMotion

ANYWHERE = np.array((-np.inf, np.inf))[:, None]
J = 5


def joints(random, endless=False):
    lower, upper = -random.uniform(0.1, 2.0, J), random.uniform(0.1, 2.0, J)
    if endless:
        lower[0], upper[0] = -np.inf, np.inf
    return JointMotion(lower, upper, random.uniform(0.5, 20.0, J), random.choice((2.0, 10.0, 400.0), J))


def times(random, kind):
    """Times between steps: even ones, those of a busy computer, and the worst that there are."""
    while True:
        if kind == "even":
            yield 0.01
        elif kind == "late":
            yield max(0.002, random.normal(0.01, 0.002)) + 0.1 * (random.random() < 0.02)
        else:
            yield float(random.choice((0.001, 0.2)))


@pytest.mark.parametrize("kind", ["even", "late", "worst"])
@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_chosen_of_what_may_be_everything_holds(kind, seed):
    random = np.random.default_rng(seed)
    motion = joints(random, endless=seed % 2 == 0)
    now, before, last = np.zeros(J), np.zeros(J), None
    clock = times(random, kind)
    for k in range(3000):
        dt = next(clock)
        bounds = motion.bounds(now, ANYWHERE, dt)
        assert (bounds.low <= bounds.high).all()
        assert (bounds.low <= bounds.brake).all() and (bounds.brake <= bounds.high).all()
        greedy = np.where(random.random(J) < 0.5, bounds.low, bounds.high)
        step = (greedy, bounds.brake, random.uniform(bounds.low, bounds.high))[0 if k % 90 < 60 else k % 3]
        now = now + step
        motion.moved(step, dt)
        velocities = step / dt
        most = motion.max_acceleration * (dt if last is None else min(dt, 0.5 * (dt + last)))
        assert (np.abs(velocities - before) <= most + 1e-9).all()
        assert (np.abs(velocities) <= motion.max_speed + 1e-9).all()
        assert (now >= motion.lower - 1e-9).all() and (now <= motion.upper + 1e-9).all()
        before, last = velocities, dt


@pytest.mark.parametrize("seed", range(4))
def test_who_brakes_stops_before_where_was_looked(seed):
    """The stop that is looked at is the latest one, and the way there is straight."""
    random = np.random.default_rng(seed)
    motion = JointMotion(np.full(J, -99.0), np.full(J, 99.0), np.full(J, 3.0), random.uniform(2.0, 20.0, J))
    clock = times(random, "worst" if seed % 2 else "late")
    now = np.zeros(J)
    for _ in range(60):
        dt = next(clock)
        bounds = motion.bounds(now, ANYWHERE, dt)
        step = random.uniform(bounds.low, bounds.high)
        now = now + step
        motion.moved(step, dt)
    start, stops = now, motion.stops(now, motion.velocities)
    end = stops[-1]
    assert stops[0] == pytest.approx(start + (end - start) / len(stops))
    assert len(stops) == min(20, np.ceil(np.abs(end - start).max() / 0.05))
    for _ in range(6000):
        dt = next(clock)
        step = motion.bounds(now, ANYWHERE, dt).brake
        now = now + step
        motion.moved(step, dt)
        if not motion.velocities.any():
            break
    assert not motion.velocities.any()
    share = (now - start) / (end - start)
    assert np.ptp(share) < 1e-9, "straight"
    assert 0.0 <= share[0] <= 1.0


def test_what_goes_with_the_robot_gives_way_to_the_acceleration():
    """The robot was pushed back: the command comes after it no harder than it may."""
    motion = JointMotion(np.full(1, -5.0), np.full(1, 5.0), np.full(1, 2.0), np.full(1, 10.0))
    now = np.zeros(1)
    for _ in range(30):
        bounds = motion.bounds(now, ANYWHERE, 0.01)
        motion.moved(bounds.high, 0.01)
        now = now + bounds.high
    assert motion.velocities[0] == pytest.approx(2.0)
    within = np.array(((-0.5,), (0.1,)))
    assert now[0] > 0.1, "it is beyond by now"
    speeds = []
    for _ in range(80):
        bounds = motion.bounds(now, within, 0.01)
        motion.moved(bounds.high, 0.01)
        now = now + bounds.high
        speeds.append(motion.velocities[0])
    assert np.abs(np.diff([2.0, *speeds])).max() <= 0.1 + 1e-9
    assert speeds[-1] == 0.0


def test_in_what_goes_with_the_robot_it_stops():
    motion = JointMotion(np.full(1, -5.0), np.full(1, 5.0), np.full(1, 3.0), np.full(1, 10.0))
    now, within = np.zeros(1), np.array(((-0.5,), (0.5,)))
    for _ in range(200):
        step = motion.bounds(now, within, 0.01).high
        now = now + step
        motion.moved(step, 0.01)
    assert 0.49 < now[0] <= 0.5 + 1e-9


@pytest.mark.parametrize("acceleration", [10.0, 100.0, UNLIMITED])
def test_what_stands_is_come_to_and_not_passed(acceleration):
    motion = JointMotion(np.full(2, -5.0), np.full(2, 5.0), np.full(2, 4.0), np.full(2, acceleration))
    aim, now, path = np.array((1.0, -0.3)), np.zeros(2), []
    for _ in range(200):
        bounds = motion.bounds(now, ANYWHERE, 0.01)
        step = motion.towards(aim - now, np.zeros(2), 0.01).clip(bounds.low, bounds.high)
        now = now + step
        motion.moved(step, 0.01)
        path.append(now)
    share = np.array(path) / aim
    assert share.max() < 1.0 + 1e-3, "no swinging over"
    assert share[-1] == pytest.approx((1.0, 1.0), abs=1e-3)
    best_s = 2.0 * np.sqrt(1.0 / acceleration) + 0.25
    assert share[round(100 * best_s) + 10].min() > 0.9, "and not late"


def test_what_moves_evenly_is_followed_without_lag():
    motion = JointMotion(np.full(1, -9.0), np.full(1, 9.0), np.full(1, 4.0), np.full(1, 10.0))
    now, aim = np.zeros(1), 0.0
    for _ in range(300):
        bounds = motion.bounds(now, ANYWHERE, 0.01)
        step = motion.towards(aim - now, np.full(1, 0.01), 0.01).clip(bounds.low, bounds.high)
        aim += 0.01
        now = now + step
        motion.moved(step, 0.01)
    assert now[0] == pytest.approx(aim, abs=1e-3)


def test_what_comes_nearer_can_be_braked():
    """Steps as long as they may be, towards something: it stays ahead."""
    motion = JointMotion(np.full(1, -9.0), np.full(1, 9.0), np.full(1, 9.0), np.full(1, 10.0))
    rows, now, gap = np.array(((0.5,), (0.0,))), np.zeros(1), 0.4
    clock = times(np.random.default_rng(1), "late")
    for _ in range(400):
        dt = next(clock)
        bounds = motion.bounds(now, ANYWHERE, dt)
        most = motion.closing(np.array((gap, np.inf)), rows, dt)
        step = np.minimum(bounds.high, most[0] / 0.5)
        assert (step >= bounds.low - 1e-12).all(), "there is no need to brake harder than that"
        gap -= 0.5 * float(step[0])
        now = now + step
        motion.moved(step, dt)
    assert 0.0 <= gap < 0.01


def test_a_joint_that_stays_stays():
    motion = JointMotion(np.full(1, -1.0), np.full(1, 1.0), np.zeros(1), np.full(1, 10.0))
    bounds = motion.bounds(np.zeros(1), ANYWHERE, 0.01)
    assert (bounds.low[0], bounds.high[0], bounds.brake[0]) == (0.0, 0.0, 0.0)


def test_after_rest_it_begins_at_rest():
    motion = JointMotion(np.full(1, -1.0), np.full(1, 1.0), np.full(1, 2.0), np.full(1, 10.0))
    motion.moved(np.full(1, 0.02), 0.01)
    motion.rest()
    bounds = motion.bounds(np.zeros(1), ANYWHERE, 0.01)
    assert (bounds.low[0], bounds.high[0]) == pytest.approx((-1e-3, 1e-3))


def test_a_long_step_is_looked_at_in_between():
    start, end = np.zeros(3), np.array([0.26, -0.1, 0.0])
    way = np.vstack([start, JointMotion.between(start, end), end])
    assert np.abs(np.diff(way, axis=0)).max() < 0.05
    assert np.diff(way, axis=0) == pytest.approx(np.tile((end - start) / 6, (6, 1)))
    assert JointMotion.between(start, 0.19 * end).shape == JointMotion.between(start, start).shape == (0, 3)
