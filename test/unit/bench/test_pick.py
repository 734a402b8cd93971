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

"""Picking with the simulated arm: the whole chain from an operator's keypoints to the cube, and its judge."""

import numpy as np
import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.bench.pick_judge import PickJudge
from frankmocap_ros.bench.pick_operator import PickGoal, PickOperator, Scene
from frankmocap_ros.bench.pick_sight import FINGERS, HAND
from frankmocap_ros.bench.pick_task import PickSettings, places, run_pick, twenty
from frankmocap_ros.teleop.simulation.scene_objects import ObjectPose

GOAL = np.array([0.4, 0.1])


@pytest.mark.parametrize(("seed", "lost"), [(0, ""), (1, FINGERS), (3, HAND)])
def test_the_cube_is_put_down_elsewhere_and_never_dropped(seed, lost):
    run = run_pick(PickSettings(seed, lost))
    assert run.verdict.success, run.words
    assert run.verdict.picked and not run.verdict.dropped and not run.verdict.flung
    assert run.verdict.off_goal_m <= 0.05 and run.carried_m >= 0.12
    assert run.refused == {}
    states = [name for _, name in run.states]
    assert ("HOLD" in states) is (lost == HAND), "a wrist that is lost is waited for"
    found = run.as_dict()
    assert found["success"] and found["verdict"]["dropped_s"] is None


def test_the_bench_loses_the_hand_in_half_of_its_runs():
    lost = [one.lost for one in twenty()]
    assert len(lost) == 20 and lost.count("") == 10 and lost.count(HAND) == lost.count(FINGERS) == 5
    for seed in range(20):
        start, goal, _ = places(seed)
        assert np.linalg.norm(goal - start) >= 0.12


@pytest.mark.parametrize("phase", ["shut", "open"])
def test_who_has_no_gripper_takes_it_over(phase):
    """Control began anew while the hand was shut and the gripper open, or the other way round."""
    operator = PickOperator(PickGoal(GOAL), 1.0, 0.2)
    operator.phase, operator.opening = phase, 0.0 if phase == "shut" else 1.0
    at, opening_m = np.array([0.4, 0.1, 0.02]), 0.08 if phase == "shut" else 0.04
    openings = []
    for tick in range(500):
        operator.see(Scene(0.01 * tick, True, at, opening_m, at))
        operator.move(0.01 * tick, 0.01)
        openings.append(operator.opening)
    assert min(openings) == 0.0 and max(openings) == 1.0


class Told:
    """Objects that are where a test puts them."""

    def __init__(self):
        self.at, self.speed, self.held = np.array([0.4, -0.1, 0.02]), 0.0, False

    def pose(self, name):
        return ObjectPose(self.at, np.array([0.0, 0.0, 0.0, 1.0]), self.speed)

    def touching(self, name):
        return frozenset({"left_finger"} if self.held else {"table"})


def judged(*steps):
    """The verdict on positions and whether the cube is held, half a second each."""
    told = Told()
    judge = PickJudge(told, "cube", frozenset({"left_finger"}), GOAL)
    for second, (position, held) in enumerate(steps):
        told.at, told.held = np.array(position), held
        for k in range(60):
            judge.look(0.6 * second + 0.01 * k)
    return judge.verdict


UP, OVER, THERE = (0.4, -0.1, 0.15), (0.4, 0.1, 0.15), (0.4, 0.12, 0.02)


def test_picked_carried_and_put_down_is_success():
    found = judged((UP, True), (OVER, True), (THERE, False))
    assert found.success and "put down 2.0 cm" in found.words


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        (((UP, True), (OVER, False), (THERE, False)), "dropped"),
        ((((0.4, -0.1, 0.04), True), (THERE, False)), "not picked up"),
        (((UP, True), ((0.4, 0.0, 0.02), False)), "10.0 cm from its goal"),
        (((UP, True), (OVER, True)), "not put down"),
    ],
)
def test_everything_else_is_not(steps, words):
    found = judged(*steps)
    assert not found.success and words in found.words


def test_what_is_flung_is_told():
    told = Told()
    judge = PickJudge(told, "cube", frozenset({"left_finger"}), GOAL)
    told.speed = 3.0
    judge.look(0.1)
    assert judge.verdict.flung and judge.verdict.words == "flung"
