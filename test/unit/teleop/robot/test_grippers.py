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

"""Grippers in a robot's postures: where they go, what they never do, what the arm does not wait for."""

import numpy as np
import pytest
import yaml

pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.errors import RobotLostError
from frankmocap_ros.teleop.command import Command
from frankmocap_ros.teleop.command_limiter import MAX_STEP_S
from frankmocap_ros.teleop.hands.grip import Grip
from frankmocap_ros.teleop.inverse_kinematics.retargeter import load_retargeter
from frankmocap_ros.teleop.robot.joint_controller import JointController

DT = 0.01
ARM = np.array([0.0, 0.3, 0.8, 0.0])
GRIPPER = {"joints": ["finger_joint"], "open": 0.04, "shut": 0.0, "max_speed": 0.1}


class Arm:
    """A controller of the mobile robot, whose arm goes where it is sent and whose gripper may be blocked."""

    def __init__(self, path, finger=0.04, blocked_at=0.0, opens_to=np.inf):
        self.robot = load_retargeter(str(path))
        self.at = np.append(ARM, finger)
        self.blocked_at, self.opens_to = blocked_at, opens_to
        self.time_s = 0.0
        self.silent = ""
        self.controller = JointController(self.robot, self.measured, 0.3)
        self.poses = self.controller.begin()

    def measured(self):
        return self.silent or self.at.copy()

    def send(self, opening=None, state=JointState.TRACKED, held=False, side="right", time_s=None):
        """Drive the arm to where it is, and the gripper; gives the finger's position and velocity."""
        self.time_s = self.time_s + DT if time_s is None else time_s
        grips = () if opening is None else (Grip(side, opening, state),)
        command = self.controller.drive(
            Command(self.time_s, self.poses.positions, self.poses.orientations, held, grips=grips)
        )
        posture = command.posture
        finger = min(max(posture.positions[4], self.blocked_at), self.opens_to)
        self.at = np.append(posture.positions[:4], finger)
        return posture

    def finger(self, opening=None, steps=1, **how):
        return np.array([self.send(opening, **how).positions[4] for _ in range(steps)])


@pytest.fixture
def arm(mobile_robot):
    def arm(gripper=GRIPPER, **how):
        return Arm(mobile_robot(yaml.safe_dump({"grippers": {"right": gripper}})), **how)

    return arm


def test_a_posture_has_the_gripper_s_joints_after_the_arm_s(arm):
    one = arm(finger=0.03)
    assert one.robot.posture_names[4:] == ("finger_joint",)
    posture = one.send()
    assert posture.positions.shape == posture.velocities.shape == (5,)
    assert posture.positions[4] == 0.03, "it begins where the robot is"


def test_it_opens_and_shuts_as_far_as_the_hand(arm):
    one = arm()
    assert one.finger(0.0, 100)[-1] == pytest.approx(0.0, abs=1e-6)
    assert one.finger(0.5, 100)[-1] == pytest.approx(0.02, abs=1e-6)
    assert one.finger(7.0, 100)[-1] == pytest.approx(0.04, abs=1e-6), "no further than open"


def test_the_map_says_which_way_is_open(arm):
    one = arm({**GRIPPER, "open": 0.01, "shut": 0.03}, finger=0.02)
    assert one.controller.openings() == {"right": pytest.approx(0.5)}
    assert one.finger(1.0, 100)[-1] == pytest.approx(0.01, abs=1e-6)
    assert one.finger(0.0, 100)[-1] == pytest.approx(0.03, abs=1e-6)


@pytest.mark.parametrize(
    "how",
    [
        {}, {"opening": 0.0, "state": JointState.INVALID}, {"opening": np.nan},
        {"opening": 0.0, "side": "left"},
    ],
)  # fmt: skip
def test_what_is_not_known_moves_nothing(arm, how):
    one = arm(finger=0.03)
    assert (one.finger(steps=50, **how) == 0.03).all()


def test_it_holds_the_last_opening_while_the_hand_is_not_seen(arm):
    one = arm()
    one.finger(0.25, 100)
    path = one.finger(0.25, 100, state=JointState.HELD)
    assert path == pytest.approx(0.01, abs=1e-6)


@pytest.mark.parametrize("opening", [0.0, 1.0])
def test_joints_slower_than_the_opening_stop_with_it(arm, opening):
    """They are still on their way when the hand is lost: it is no longer seen to want that."""
    one = arm(finger=0.02)
    one.finger(0.5)
    before = one.finger(opening, 12)
    path = one.finger(opening, 100, state=JointState.HELD)
    assert (np.abs(path - 0.04 * opening) > 1e-3).all()
    braking = 0.5 * 0.1 * 0.1  # from max_speed, in 0.1 s [m]
    assert 0.0 < abs(path[-1] - before[-1]) <= braking + 1e-9 and path[-1] == path[-50]
    assert one.finger(opening, 100)[-1] == pytest.approx(0.04 * opening, abs=1e-6), "seen again"


def test_in_hold_it_stops_within_its_limits_and_never_opens(arm):
    one = arm()
    before = one.finger(0.0, 20)
    velocity = (before[-1] - before[-2]) / DT
    path = one.finger(1.0, 100, held=True)
    assert (np.diff(path) <= 1e-12).all(), "it goes on shutting while it brakes, whatever the hand does"
    assert path[-1] == path[-50] and path[0] < before[-1]
    speeds = np.diff(np.concatenate((before[-1:], path))) / DT
    assert np.abs(np.diff(np.concatenate(([velocity], speeds)))).max() <= 1.0 * DT + 1e-9, "max_speed / 0.1 s"


def test_the_arm_does_not_wait_for_a_gripper_that_holds_something(arm):
    """Its joint stays off its command: the arm goes on, and no trajectory takes longer for it."""
    one = arm({**GRIPPER, "open": 0.04, "shut": 0.0, "max_speed": 0.01}, blocked_at=0.03)
    one.controller.max_error = 0.02  # less than the gripper will be off
    postures = [one.send(0.0) for _ in range(600)]
    assert postures[-1].positions[4] == pytest.approx(0.0, abs=1e-6) and one.at[4] == 0.03
    assert max(posture.least_s for posture in postures[10:]) < 0.02
    assert not any("lags" in words for words in one.controller.limits())
    assert [one.send(0.0, held=True).positions[4] for _ in range(100)][-1] == pytest.approx(0.0, abs=1e-6)


def test_who_holds_something_holds_it_when_the_operator_engages_again(arm):
    """From where it is measured, without a grip to follow, its fingers would not press any more."""
    one = arm(blocked_at=0.03)
    one.finger(0.0, 200)
    one.controller.begin()
    one.controller.begin()
    assert one.controller.openings() == {"right": pytest.approx(0.0, abs=1e-6)}
    assert one.finger(steps=5, state=JointState.INVALID) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("silent", ["", "joint_states has not reported finger_joint"])
def test_so_it_does_where_nothing_bounds_how_far_the_robot_is_from_its_commands(arm, silent):
    one = arm(blocked_at=0.03)
    one.controller.max_error = 0.0
    one.finger(0.0, 200)
    one.silent = silent
    assert one.finger(0.0, 5) == pytest.approx(0.0, abs=1e-6), (
        "nor does it matter then whether somebody tells"
    )
    one.silent = ""
    one.controller.begin()
    assert one.finger(steps=5) == pytest.approx(0.0, abs=1e-6)


def test_who_was_moved_meanwhile_begins_where_it_is(arm):
    one = arm(blocked_at=0.03)
    one.finger(0.0, 200)
    one.at[4] = 0.02  # somebody took out what it held
    one.controller.begin()
    assert one.controller.openings() == {"right": pytest.approx(0.5)}
    one.at[4] = 0.03  # and put it back
    one.controller.begin()
    assert one.controller.openings() == {"right": pytest.approx(0.0, abs=1e-6)}


def test_a_gripper_that_never_answered_does_not_open_at_the_next_engagement(arm):
    """As where its controller was started only after the operator had opened the hand in vain."""
    one = arm(finger=0.01, blocked_at=0.01, opens_to=0.01)
    assert one.finger(1.0, 100)[-1] == pytest.approx(0.04, abs=1e-6)
    for _ in range(2):  # where it is requested, and where it is engaged
        one.controller.begin()
    assert one.controller.openings() == {"right": pytest.approx(0.25)}
    assert one.finger(steps=5) == pytest.approx(0.01)


def test_what_is_held_from_inside_is_held_when_the_operator_engages_again(arm):
    one = arm(finger=0.01, opens_to=0.02)
    one.finger(1.0, 100)
    for _ in range(2):
        one.controller.begin()
        one.controller.begin()
        assert one.finger(steps=5) == pytest.approx(0.04, abs=1e-6)


def test_commands_while_nobody_tells_where_it_is_are_not_gone_on_from(arm):
    """A gripper that was off meanwhile would leap to them."""
    one = arm(blocked_at=0.04)
    one.controller.max_error = 0.0
    one.finger(1.0)
    one.silent = "joint_states has not reported finger_joint"
    assert one.finger(0.0, 100)[-1] == pytest.approx(0.0, abs=1e-6)
    one.silent = ""
    one.controller.begin()
    assert one.finger(steps=5) == pytest.approx(0.04)


def test_time_without_commands_is_not_made_up_for(arm):
    """As where the arm was too far from its commands to be sent any."""
    one = arm()
    before = one.finger(0.0, 20)[-1]
    assert 0.0 < before - one.finger(0.0, time_s=one.time_s + 0.2)[0] <= 0.1 * MAX_STEP_S + 1e-9


def test_after_a_pause_it_begins_at_rest(arm):
    one = arm()
    first = one.finger(0.0, 20)[-1]
    assert one.finger(0.0, time_s=one.time_s + 10.0)[0] == first
    assert 0.0 < first - one.finger(0.0)[0] <= 1.0 * DT * DT + 1e-12


def test_a_gripper_that_is_not_told_is_not_driven(arm):
    one = arm()
    one.silent = "joint_states has not reported finger_joint"
    assert one.controller.begin() == one.silent and one.controller.unknown() == one.silent
    with pytest.raises(RobotLostError, match="finger_joint"):
        one.send(0.0)
