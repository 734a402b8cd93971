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

"""Joints beside the inverse kinematics: where they go, what they keep to, and when they stay."""

import numpy as np
import pytest

pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.teleop.inverse_kinematics.driven_limits import DrivenLimits
from frankmocap_ros.teleop.robot.driven_joints import DrivenJoints

DT = 0.01
STAY = np.full(2, np.nan)
LIMITS = DrivenLimits(
    names=("slide", "hinge"),
    lower=np.array((0.0, -0.8)),
    upper=np.array((0.04, 0.8)),
    max_speed=np.array((0.1, 2.0)),
    max_acceleration=np.array((1.0, 20.0)),
    home=np.array((0.02, 0.1)),
)


@pytest.fixture
def joints():
    return DrivenJoints(LIMITS)


def test_they_begin_where_the_robot_is(joints):
    assert joints.positions.tolist() == [0.02, 0.1], "at home before anything is measured"
    joints.begin(np.array((0.03, -0.5)))
    for _ in range(5):
        positions, velocities = joints.step(STAY, DT)
        assert positions.tolist() == [0.03, -0.5] and not velocities.any()
    joints.begin(np.array((0.041, -0.5)))
    assert joints.positions.tolist() == [0.04, -0.5], "out of range is the nearest in it"


def test_each_goes_its_own_way_and_arrives_without_swinging_over(joints):
    joints.begin(np.array((0.04, -0.5)))
    path = np.array([joints.step(np.array((0.0, 0.5)), DT)[0] for _ in range(200)])
    assert path[-1] == pytest.approx([0.0, 0.5], abs=1e-6)
    assert (np.diff(path[:, 0]) <= 1e-12).all() and (np.diff(path[:, 1]) >= -1e-12).all()
    assert path[60, 0] == pytest.approx(0.0, abs=1e-4), "40 mm at 0.1 m/s, speeding up and braking beside"


def test_none_goes_while_its_target_is_not_known(joints):
    joints.begin(np.array((0.04, 0.0)))
    for _ in range(20):
        before = joints.positions
        _, velocities = joints.step(np.array((0.0, np.nan)), DT)
        assert joints.positions[1] == 0.0 and velocities[1] == 0.0
    assert before[0] - joints.positions[0] == pytest.approx(0.1 * DT), "the other one goes at its speed"
    start = joints.positions[0]
    path = np.array([joints.step(STAY, DT)[0][0] for _ in range(100)])
    assert (np.diff(path) <= 0.0).all() and path[-1] == path[-2], "it brakes and stays"
    assert 0.1**2 / 2.0 * 0.5 < start - path[-1] < 0.1**2 / 2.0 * 2.5, "v^2 / 2a, and what the steps add"


def test_a_target_out_of_range_is_its_end(joints):
    joints.begin(np.array((0.02, 0.0)))
    for _ in range(200):
        joints.step(np.array((-1.0, np.inf)), DT)
    assert joints.positions == pytest.approx([0.0, 0.0]), "and what is not finite is not known"


def test_no_time_no_step(joints):
    joints.begin(np.array((0.02, 0.0)))
    joints.step(np.array((0.0, 0.5)), DT)
    before = joints.positions
    for dt in (0.0, -1.0, np.nan):
        positions, velocities = joints.step(np.array((0.0, 0.5)), dt)
        assert (positions == before).all() and not velocities.any()


@pytest.mark.parametrize("seed", range(6))
def test_range_speed_and_acceleration_are_kept_whatever_is_asked(seed):
    random = np.random.default_rng(seed)
    joints = DrivenJoints(LIMITS)
    joints.begin(random.uniform(LIMITS.lower, LIMITS.upper))
    position, velocity, last = joints.positions, np.zeros(2), None
    target = STAY
    for k in range(3000):
        if random.random() < 0.05:
            target = random.uniform(-1.0, 1.0, 2) * (0.1, 1.5)
            target[random.random(2) < 0.3] = random.choice((np.nan, np.inf))
        dt = DT if seed < 2 else float(random.choice((0.002, 0.01, 0.05, 0.2)))
        positions, velocities = joints.step(target, dt)
        even_s = dt if last is None else min(dt, 0.5 * (dt + last))
        assert (positions >= LIMITS.lower).all() and (positions <= LIMITS.upper).all()
        assert velocities == pytest.approx((positions - position) / dt, abs=1e-9)
        assert (np.abs(velocities) <= LIMITS.max_speed + 1e-9).all()
        assert (np.abs(velocities - velocity) <= LIMITS.max_acceleration * even_s + 1e-9).all(), k
        position, velocity, last = positions, velocities, dt
