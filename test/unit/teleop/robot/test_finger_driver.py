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

"""Fingers of robot hands in postures: where they go while the operator's hand is seen, unsure, lost."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.bench.hand_motions import hand_motion, hand_shape
from frankmocap_ros.bench.operators import exercise
from frankmocap_ros.bench.robot_run import TICK_S, run_robot
from frankmocap_ros.body.pose import Hand, JointState
from frankmocap_ros.errors import RetargetError
from frankmocap_ros.teleop.command import Command
from frankmocap_ros.teleop.hands.palm_frame import palm_points
from frankmocap_ros.teleop.hands.robot_hand import RobotHand, load_hands
from frankmocap_ros.teleop.inverse_kinematics.ik_model import load_model
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter
from frankmocap_ros.teleop.robot.finger_driver import FingerDriver
from frankmocap_ros.teleop.robot_map.map_reading import load_map
from support.robot_hands import write_map


class Bend:
    """Both joints as far as a hand is shut, which its middle finger's tip tells; keeps what it was asked."""

    def __init__(self):
        self.asked, self.began = [], None

    def start(self, joints):
        self.began = joints.copy()

    def solve(self, points):
        self.asked.append(points)
        if len(self.asked) == 7:
            raise RetargetError("no posture of the hand is found: as the test wants")
        return np.full(2, 10.0 * points[12, 0])


def hand(fist=0.0, state=JointState.TRACKED, side="right"):
    return Hand(side, state, 1.0, hand_shape(fist, side=side))


@pytest.fixture
def driver():
    """A right and a left hand of two joints each, which began at 0.3; ``at`` drives them."""

    class Driver(FingerDriver):
        def __init__(self):
            self.solvers = {"right": Bend(), "left": Bend()}
            low, high, fast = np.full(2, 0.0), np.full(2, 1.5), np.full(2, 2.0)
            names = {"right": ("r1", "r2"), "left": ("l1", "l2")}
            super().__init__([RobotHand(s, names[s], low, high, fast, self.solvers[s]) for s in names])
            self.begin(np.full(4, 0.3))
            self.now_s = 0.0

        def at(self, *hands, ticks=1):
            for _ in range(ticks):
                self.now_s += TICK_S
                command = Command(self.now_s, np.zeros((1, 3)), np.zeros((1, 4)), False, hands=hands)
                found = self.targets(command)
            return found

    return Driver()


def test_nothing_is_asked_before_a_hand_is_seen(driver):
    neither = ("right_hand: hand not seen", "left_hand: hand not seen")
    assert np.isnan(driver.at()).all() and driver.limits() == neither, "nor where no hands are estimated"
    for state in (JointState.HELD, JointState.INVALID):
        assert np.isnan(driver.at(hand(1.0, state))).all()
        assert driver.limits() == neither
    assert driver.solvers["right"].began.tolist() == [0.3, 0.3]


def test_each_follows_the_operators_hand_of_its_side(driver):
    found = driver.at(hand(0.5))
    assert (found[:2] > 0.3).all() and np.isnan(found[2:]).all()
    assert driver.limits() == ("left_hand: hand not seen",)
    left = driver.at(hand(0.5, side="left"))[2:]
    assert left == pytest.approx(found[:2]), "and both alike"
    driver.at(hand(0.5), hand(0.5, side="left"))
    assert driver.limits() == ()


def test_a_hand_is_solved_once_and_one_in_a_command(driver):
    both = hand(0.5), hand(0.2, side="left")
    asked = driver.solvers["right"].asked, driver.solvers["left"].asked
    driver.at(*both)
    assert sorted(map(len, asked)) == [0, 1]
    driver.at(*both)
    assert sorted(map(len, asked)) == [1, 1]
    driver.at(*both, ticks=5)
    assert sorted(map(len, asked)) == [1, 1]
    for _ in range(4):  # a new image with each command: both get their turns
        driver.at(hand(0.5), hand(0.2, side="left"))
    assert abs(len(asked[0]) - len(asked[1])) <= 1


@pytest.mark.parametrize("state", [JointState.HELD, JointState.INVALID])
def test_a_lost_hand_has_the_fingers_brake_and_stay(driver, state):
    before = driver.at(hand(0.8))[:2]
    for _ in range(50):
        assert np.isnan(driver.at(hand(0.0, state))[:2]).all()
    assert driver.limits()[0] == "right_hand: hand not seen"
    assert np.isnan(driver.at()[:2]).all(), "nobody says anything of hands"
    again = driver.at(hand(0.0))[:2]
    assert np.isfinite(again).all() and again.tolist() != before.tolist(), "seen again"


def test_a_hand_seen_from_its_edge_moves_fingers_slowly(driver):
    sure = driver.at(hand(0.8))[0]
    before = sure
    for _ in range(20):
        now = driver.at(hand(0.0, JointState.PREDICTED))[0]
        assert now <= before and before - now <= 0.2 * 2.0 * TICK_S + 1e-9
        before = now
    assert before < sure - 0.05
    assert driver.limits()[0] == "right_hand: hand seen from its edge"


def test_what_cannot_be_solved_holds_and_is_said(driver):
    for _ in range(6):
        held = driver.at(hand(0.8))
    assert driver.at(hand(0.1)).tolist()[:2] == held.tolist()[:2]
    assert driver.limits()[0] == "right_hand: no posture of the hand is found: as the test wants"
    nothing = replace(hand(), points=np.zeros((21, 3)))
    assert driver.at(nothing).tolist()[:2] == held.tolist()[:2]
    assert "its palm is 0 m long" in driver.limits()[0]


def test_a_new_engagement_knows_nothing_of_the_last_one(driver):
    driver.at(hand(0.8))
    driver.begin(np.full(4, 0.7))
    assert np.isnan(driver.at()).all()
    assert driver.solvers["right"].began.tolist() == [0.7, 0.7]


def seen(states, motion=hand_motion, seconds=9.0):
    """An operator whose right hand opens, shuts and pinches, with states over time."""

    def hand_at(time_s, wrist):
        return Hand("right", states(time_s), 1.0, motion(time_s) + wrist)

    return [
        replace(one, state=replace(one.state, hands=(hand_at(one.time_s, one.positions[21]),)))
        for one in exercise(seconds)
    ]


@pytest.fixture(scope="module")
def robot(tmp_path_factory):
    return load_map(write_map(tmp_path_factory.mktemp("robot")))


def test_a_simulated_robots_fingers_follow_within_all_limits(robot):
    retargeter = Retargeter(robot)
    run = run_robot(robot, retargeter, seen(lambda time_s: JointState.TRACKED), motion_scale=0.3)
    driven, limits = np.array(run.driven), retargeter.driven
    assert len(driven) > 500 and run.refused == {} and run.violations == 0
    assert driven[0] == pytest.approx(limits.home, abs=1e-3), "they start where the robot is"
    assert (driven >= limits.lower).all() and (driven <= limits.upper).all()
    dt = np.diff(run.times_s)
    speeds = np.diff(driven, axis=0) / dt[:, None]
    assert (np.abs(speeds) <= limits.max_speed + 1e-6).all()
    even_s = 0.5 * (dt[1:] + dt[:-1])
    gains = np.abs(np.diff(speeds, axis=0)) / even_s[:, None]
    assert (gains <= limits.max_acceleration * 1.5 + 1e-6).all(), "1.5: where ticks are late"
    (of,) = load_hands(robot, load_model(robot))
    off = []
    for k in range(300, len(driven)):
        tips = of.solver.tips(driven[k])
        off.append(np.linalg.norm(tips - of.solver.wanted(hand_motion(run.times_s[k] - 0.15)), axis=1))
    assert 1e3 * np.median(off) < 10.0, "0.15 s late: 0.05 s to be seen, and acceleration"


def test_one_image_of_a_hand_that_is_none_changes_nothing_after_it(robot):
    """Points as if the hand were larger than any: its size would be taken for the operator's, and a fist
    would open the robot's hand for seconds."""
    (of,) = load_hands(robot, load_model(robot))
    flat, fist = (palm_points(hand_shape(shut, side="right"), "right") for shut in (0.0, 1.0))

    def shuts(wrong):
        of.solver.start(0.5 * (of.lower + of.upper))
        for _ in range(20):
            of.solver.solve(flat)
        for points in wrong:
            with pytest.raises(RetargetError, match=r"palm is|from the wrist"):
                of.solver.solve(palm_points(points, "right"))
        for _ in range(20):
            found = of.solver.solve(fist)
        return found

    far = hand_shape(0.0, side="right")
    far[8] += 5.0
    wrong = [k * hand_shape(0.0, side="right") for k in (10.0, 1e3, 1e20, 1e30)]
    assert np.allclose(shuts([*wrong, far]), shuts([]), atol=1e-9)


def test_fingers_of_a_hand_that_is_lost_never_open(robot):
    """It is shut, then lost for good: what the points say from then on is an open hand."""

    def states(time_s):
        return JointState.TRACKED if time_s < 4.0 else JointState.HELD if time_s < 5.0 else JointState.INVALID

    retargeter = Retargeter(robot)
    run = run_robot(
        robot,
        retargeter,
        seen(states, lambda time_s: hand_shape(1.0 if time_s < 4.0 else 0.0), 8.0),
        motion_scale=0.3,
    )
    times_s, driven = np.array(run.times_s), np.array(run.driven)
    bases = [retargeter.driven.names.index(f"{f}_base") for f in ("index", "middle", "ring", "pinky")]
    assert (driven[times_s > 3.9][:, bases] > 0.8).all(), "shut, and so it stays"
    assert np.ptp(driven[times_s > 4.5], axis=0).max() < 1e-6


def test_fingers_stay_where_they_are_for_who_has_no_hands(robot):
    run = run_robot(robot, Retargeter(robot), exercise(4.0), motion_scale=0.3)
    assert len(run.driven) > 100 and np.ptp(np.array(run.driven), axis=0).max() == 0.0
