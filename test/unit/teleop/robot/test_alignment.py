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

"""The way into the operator's posture: where it begins and ends, and that it has no leaps."""

import numpy as np
import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.teleop.inverse_kinematics.retargeter import load_retargeter
from frankmocap_ros.teleop.robot.alignment import Alignment

TICKS = 200  # of two seconds


@pytest.fixture(scope="module")
def torso():
    return load_retargeter("torso")


def posture(robot, rng):
    return rng.uniform(
        np.maximum(robot.lower + 0.1, robot.home - 0.8), np.minimum(robot.upper - 0.1, robot.home + 0.8)
    )


@pytest.mark.parametrize("seed", range(8))
def test_it_begins_where_the_robot_is_and_ends_where_it_leads_to(torso, seed):
    rng = np.random.default_rng(seed)
    start, goal = posture(torso, rng), torso.poses(posture(torso, rng))
    alignment = Alignment(torso)
    alignment.begin(start)
    shares = 1.0 - np.linspace(0.0, 1.0, TICKS + 1)
    path = [alignment.way(goal.positions, goal.orientations, left) for left in shares]
    here = torso.poses(start)
    assert np.allclose(path[0][0], here.positions, atol=1e-12)
    assert np.allclose(np.abs((path[0][1] * here.orientations).sum(axis=-1)), 1.0, atol=1e-12)
    for found, expected in zip(path[-1], (goal.positions, goal.orientations), strict=True):
        assert np.array_equal(found, expected)
    positions = np.array([p for p, _ in path])
    assert np.linalg.norm(np.diff(positions, axis=0), axis=-1).max() < 0.06, "no jump"
    turns = np.array([q for _, q in path])
    assert np.abs((turns[1:] * turns[:-1]).sum(axis=-1)).min() > np.cos(0.1), "nor in orientation"
