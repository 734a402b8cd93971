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

"""A robot that takes poses: how far commands may lead it, and when it does not follow any more."""

import numpy as np
import pytest

from frankmocap_ros.errors import RobotLostError
from frankmocap_ros.geometry.rotation import quat_conjugate, quat_from_rotvec, quat_multiply, quat_to_rotvec
from frankmocap_ros.teleop.clutch import RobotPoses
from frankmocap_ros.teleop.command import Command
from frankmocap_ros.teleop.robot.pose_robot import PoseRobot
from frankmocap_ros.teleop.robot.tracking_error import ARRIVE_S, MAX_LEAD_SHARE, STANDS
from frankmocap_ros.teleop.setpoint import Setpoint

NAMES = ("left", "right")
DT = 0.01
MAX_ERROR = 0.4


class Arms:
    """Two arms that are somewhere, and what is sent to them."""

    def __init__(self, max_error=MAX_ERROR):
        self.positions = np.array([[0.3, 0.2, 0.0], [0.3, -0.2, 0.0]])
        self.turns = np.zeros((2, 3))
        self.silent = ""
        self.robot = PoseRobot(NAMES, lambda: self.silent or self.at(), max_error)
        assert not isinstance(self.robot.begin(), str)
        self.time_s = 5.0

    def at(self):
        return RobotPoses.alone(self.positions.copy(), quat_from_rotvec(self.turns))

    def drive(self, way=(0.0, 0.0, 0.0), turn=(0.0, 0.0, 0.0), held=False):
        """A command for the right arm, from where both are; whether it is sent."""
        self.time_s += DT
        positions, turns = self.start.positions.copy(), np.zeros((2, 3))
        positions[1] += way
        turns[1] += turn
        command = Command(self.time_s, positions, quat_from_rotvec(turns), held)
        return self.robot.drive(command) is not None

    @property
    def start(self):
        return RobotPoses.alone(np.array([[0.3, 0.2, 0.0], [0.3, -0.2, 0.0]]), np.zeros((2, 4)))


FAR = [{"way": (0.0, 0.0, 0.39)}, {"turn": (0.39, 0.0, 0.0)}]


@pytest.mark.parametrize("where", FAR, ids=["moved", "turned"])
def test_a_robot_that_stays_at_the_largest_lead_is_lost(where):
    arms = Arms()
    with pytest.raises(RobotLostError, match=r"does not follow: right stays 0\.39 from its command"):
        for _ in range(100):
            assert arms.drive(**where)
    assert arms.time_s - 5.0 == pytest.approx(ARRIVE_S, abs=2 * DT)
    assert arms.robot.limits() == ("right: robot lags",)


def test_what_is_further_is_not_sent():
    arms = Arms()
    assert arms.drive((0.0, 0.0, 0.4))
    assert not arms.drive((0.0, 0.0, 0.41))
    assert not arms.drive(turn=(0.0, 0.41, 0.0))


def test_a_robot_that_lags_by_that_much_is_followed_on():
    """It is a quarter of a second late at 1.5 m/s, and always arrives where it was sent."""
    arms = Arms()
    ways = [np.array([0.0, 0.0, 1.5 * DT * k]) for k in range(200)]
    for k, way in enumerate(ways):
        arms.positions[1] = arms.start.positions[1] + ways[max(0, k - 25)]
        assert arms.drive(way)


def test_nothing_is_held_for_a_robot_that_stands():
    arms = Arms()
    near = STANDS * MAX_ERROR
    for _ in range(100):
        assert arms.drive((0.0, 0.0, 0.9 * near), held=True)
    with pytest.raises(RobotLostError, match=r"right stands still, 0\.11 from its command"):
        arms.drive((0.0, 0.0, 1.1 * near), held=True)


def test_what_is_held_waits_for_a_robot_that_is_on_its_way():
    arms = Arms()
    for k in range(60):
        arms.positions[1, 2] = min(0.3, 0.005 * k)
        assert arms.drive((0.0, 0.0, 0.3), held=k > 10)


def test_a_robot_that_falls_silent_is_lost_at_once():
    arms = Arms()
    arms.drive()
    arms.silent = "nothing has come"
    with pytest.raises(RobotLostError, match="nothing has come"):
        arms.drive()
    assert arms.robot.begin() == "nothing has come"


def test_nobody_is_asked_where_it_is_not_looked_at():
    arms = Arms(max_error=0.0)
    arms.silent = "nothing has come"
    assert arms.drive((0.0, 0.0, 5.0))
    setpoint = setpoint_at(arms, way=(0.0, 0.0, 5.0))
    assert arms.robot.within_reach(setpoint) is setpoint


def setpoint_at(arms, way=(0.0, 0.0, 0.0), turn=(0.0, 0.0, 0.0)):
    """A setpoint for the right arm, on the move."""
    one = np.array([[0.0], [1.0]])
    turned = quat_multiply(quat_from_rotvec(one * turn), arms.at().orientations)
    return Setpoint(
        arms.positions + one * way, np.ones((2, 3)), turned, np.ones((2, 3)), np.ones(2, dtype=bool)
    )


def test_a_setpoint_is_no_further_than_the_largest_lead_and_stands_there():
    arms = Arms()
    arms.turns[:] = 0.5, 0.2, -1.0
    setpoint = arms.robot.within_reach(setpoint_at(arms, (0.0, 3.0, 4.0), (0.0, 0.0, 2.0)))
    way = MAX_LEAD_SHARE * MAX_ERROR * np.array([0.0, 0.6, 0.8])
    np.testing.assert_allclose(setpoint.positions[1] - arms.positions[1], way)
    turn = quat_to_rotvec(quat_multiply(setpoint.orientations[1], quat_conjugate(arms.at().orientations[1])))
    np.testing.assert_allclose(turn, [0.0, 0.0, MAX_LEAD_SHARE * MAX_ERROR], atol=1e-9)
    np.testing.assert_array_equal(setpoint.velocities, [[1.0] * 3, [0.0] * 3])
    np.testing.assert_array_equal(setpoint.angular_velocities, [[1.0] * 3, [0.0] * 3])
    near = setpoint_at(arms, (0.0, 0.0, 0.2))
    found = arms.robot.within_reach(near)
    np.testing.assert_array_equal(found.positions, near.positions)
    np.testing.assert_array_equal(found.orientations, near.orientations)
    np.testing.assert_array_equal(found.velocities, near.velocities)
