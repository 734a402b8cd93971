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

"""The clutch: where it begins, where it ends, and the way in between."""

import numpy as np
import pytest

from frankmocap_ros.geometry.rotation import IDENTITY_XYZW, quat_from_rotvec, quat_multiply
from frankmocap_ros.teleop.clutch import Clutch, RobotPoses
from frankmocap_ros.teleop.setpoint import Setpoint

ALIGN_S = 2.0
ORIGIN = np.array([[0.1, -0.2, 0.4]])
REST = quat_from_rotvec(np.array([[0.0, 0.3, 0.0]]))
TURN = quat_from_rotvec(np.array([[0.0, 0.0, 0.2]]))


def setpoint(position, orientation=IDENTITY_XYZW[None]):
    zero = np.zeros((1, 3))
    return Setpoint(np.array([position], float), zero, orientation, zero, np.ones(1, bool))


def clutch(robot, asked=None, align_s=ALIGN_S, scale=1.1):
    """Of an operator with a hand at (0.3, 0.1, 0.0), from a robot whose way is straight."""

    def way(positions, orientations, left):
        if asked is not None:
            asked.append((positions, orientations, left))
        return positions + left * (robot.positions - positions), orientations

    poses = RobotPoses(robot.positions, robot.orientations, ORIGIN, REST, way)
    return Clutch(setpoint((0.3, 0.1, 0.0)), poses, np.array([scale]), 10.0, align_s)


HAND = RobotPoses.alone(ORIGIN + np.array((0.0, 0.4, 0.0)), TURN)


def test_the_way_leads_to_the_same_posture():
    asked = []
    one = clutch(HAND, asked)
    assert one.aligning
    path = [
        one.map(setpoint((0.3, 0.1, 0.0), TURN), 10.0 + t).positions for t in np.linspace(0.0, ALIGN_S, 101)
    ]
    assert np.allclose(path[0], HAND.positions, atol=1e-12)
    assert np.allclose(path[-1], ORIGIN + 1.1 * np.array((0.3, 0.1, 0.0)), atol=1e-12)
    assert not one.aligning
    left = np.array([left for _, _, left in asked])
    assert (left[0], left[50], left[-1]) == (1.0, 0.5, 0.0) and (np.diff(left) < 0.0).all()
    for positions, orientations, _ in asked:
        assert np.allclose(positions, path[-1], atol=1e-12)
        assert np.allclose(orientations, quat_multiply(TURN, REST), atol=1e-12)


def test_once_it_has_arrived_no_way_is_asked_for():
    asked = []
    one = clutch(HAND, asked)
    for time_s in (10.0, 10.5, 12.1, 12.2, 30.0):
        found = one.map(setpoint((0.2, 0.2, 0.1)), time_s)
    assert [round(left, 3) for _, _, left in asked] == [1.0, 0.844, 0.0]
    assert np.allclose(found.positions, ORIGIN + 1.1 * np.array((0.2, 0.2, 0.1)), atol=1e-12)
    assert np.allclose(found.orientations, REST, atol=1e-12)


@pytest.mark.parametrize("known", [False, True])
def test_without_aligning_the_difference_stays(known):
    """For want of a way, or because none is wished for."""
    alone = Clutch(setpoint((0.3, 0.1, 0.0)), HAND, np.array([1.1]), 10.0, 2.0)
    one = clutch(HAND, align_s=0.0) if known else alone
    assert not one.aligning
    for time_s in (10.0, 20.0):
        moved = one.map(setpoint((0.3, 0.1, 0.1)), time_s)
        assert np.allclose(moved.positions - HAND.positions, (0.0, 0.0, 0.11), atol=1e-12)
        assert np.allclose(moved.orientations, TURN, atol=1e-12)
