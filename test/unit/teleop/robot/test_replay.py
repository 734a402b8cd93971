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

"""What leaves the gate can be done by a real arm: makers' robots, on a clock that is late."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.errors import RetargetError
from frankmocap_ros.settings.schema import updated
from frankmocap_ros.teleop.gate import State
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter, load_retargeter
from frankmocap_ros.teleop.robot_map.map_reading import load_map
from support.replay import CONFIG, PERIOD_S, Findings, Replay, Restless, Waving
from support.robots import FOLDER, ROBOTS, silent, write_map

needs_robots = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"makers' robots are not part of a clone; they are looked for in {FOLDER}"
)
ROUNDING = 1e-6


def arm_like(acceleration=10.0, speed=3.0):
    """The built-in robot with joints as those of a real arm."""
    map_ = load_map("torso")
    slow = replace(map_, speeds={}, default_speed=speed, accelerations={}, default_acceleration=acceleration)
    return Retargeter(slow)


@pytest.fixture(scope="module")
def slow():
    return arm_like()


def check(run, seconds=5.0):
    """Nothing that was sent was too fast, too sudden or out of range, and nothing trembled."""
    robot, found = run.robot, Findings(run.robot, run.sent)
    print(
        f"acceleration {found.acceleration.max():.1f} speed {(found.speed / robot.max_speed).max():.2f} "
        f"reversals {found.reversals:.1f}/s, stuck {run.stuck_s:.1f} s, {found.seconds:.0f} s"
    )
    assert found.seconds > seconds
    assert (found.acceleration <= (1.0 + ROUNDING) * robot.max_acceleration).all()
    assert (found.speed <= (1.0 + ROUNDING) * robot.max_speed).all()
    assert found.out_of_range <= ROUNDING
    assert found.chatter == 0
    assert run.stuck_s <= 2.0
    return found


@needs_robots
@pytest.mark.parametrize("name", ROBOTS)
def test_robots_of_others(name, tmp_path):
    robot = load_retargeter(str(write_map(name, tmp_path, silent)))
    run = Replay(robot, Restless(seed=1), seed=1)
    run.here = lambda time_s: not 6.0 < time_s < 6.4
    run.run(12.0)
    assert any(command.held for command in run.sent)
    check(run)
    check(Replay(robot, Waving(), seed=2).run(10.0))


@pytest.mark.parametrize("seed", range(4))
def test_pairs_stay_apart_where_they_have_to_be_braked(slow, seed):
    """Two arms that move anywhere, slower than their operator's, beside a body."""
    run = Replay(slow, Restless(seed), seed).run(12.0)
    check(run)
    gaps, more = [], []
    for command in run.sent:
        slow._put(command.joints)
        gaps.append(slow._clearance.gaps().min())
        more.append(slow._clearance.rows()[0].min(initial=np.inf))
    assert min(gaps) > slow.robot_map.minimum_distance_m - 1e-6
    assert min(more) < 0.01, "they came together"


def test_a_robot_that_is_quick_is_as_quick_as_before():
    """The built-in robot's joints accelerate as its map says."""
    robot = load_retargeter("torso")
    found = check(Replay(robot, Restless(seed=0)).run(10.0))
    assert found.acceleration.max() > 100.0


def fast(run, least=1.0):
    """Go on until a joint is fast."""
    while not (run.sent and np.abs(run.sent[-1].velocities).max() > least):
        run.run(PERIOD_S)
        assert run.now_s < 30.0
    return len(run.sent) - 1


def test_hold_brakes_as_gently_as_everything_else(slow):
    run = Replay(slow, Restless(seed=3), config=updated(CONFIG, {"hold_s": 1.0})).run(4.0)
    run.here = lambda time_s, until_s=run.now_s: time_s < until_s
    while run.controller.state is State.ENGAGED:
        run.tick()
    run.run(0.95)
    held = [command for command in run.sent if command.held]
    assert np.abs(held[0].velocities).max() > 0.5
    assert not held[-1].velocities.any()
    check(run, seconds=3.0)


def fails(*_):
    raise RetargetError("no posture of the robot is found")


def test_without_a_posture_the_joints_brake(slow, monkeypatch):
    run = Replay(slow, Restless(seed=3), config=updated(CONFIG, {"hold_s": 1.0})).run(4.0)
    begin = fast(run)
    monkeypatch.setattr(slow, "solve", fails)
    run.run(0.9)
    held = [command for command in run.sent[begin:] if command.held]
    speeds = [np.abs(command.velocities).max() for command in held]
    assert speeds[0] > 0.5, "it does not stand at once"
    assert not held[-1].velocities.any()
    assert (np.diff(speeds) <= 0.0).all()
    check(run, seconds=3.0)


def test_after_a_pause_the_joints_begin_at_rest(slow):
    """Longer than a robot's watchdog waits: it has stopped."""
    run = Replay(slow, Restless(seed=3), config=updated(CONFIG, {"max_age_s": 1.0})).run(4.0)
    begin = fast(run)
    run.now_s += 0.3
    run.tick()
    assert not run.sent[-1].velocities.any()
    assert (run.sent[-1].joints == run.sent[begin].joints).all()
    run.run(2.0)
    check(run)


# -- an arm whose shoulder has turned over


def wound_from(robot, moment_s, seconds=3.5):
    """A robot that follows somebody, and is in another posture at once: its shoulder has turned over."""
    posture = robot.home.copy()
    for name, angle in (("pitch", -2.9), ("roll", -2.9), ("yaw", 1.8)):
        posture[robot.joint_names.index(f"right_shoulder_{name}")] = angle
    run = Replay(robot, Waving(moment_s)).run(seconds)
    assert run.controller.state is State.ENGAGED
    robot.start(posture)
    run.past.clear()
    run.past.append((run.now_s, posture))
    run.sent.clear()
    return run


def test_a_shoulder_that_has_turned_over_comes_back(slow):
    """Its arm hangs as the operator's, but the hand cannot be where it is to be."""
    run = wound_from(slow, -1.5).run(10.0)
    assert f"right_wrist{': another posture is needed'}" in run.said
    assert "right_wrist: on its way to the operator's posture" in run.said
    pitch = slow.joint_names.index("right_shoulder_pitch")
    joints = np.array([command.joints for command in run.sent])
    assert joints[:, pitch].min() < -2.5
    assert joints[-1, pitch] > -1.2
    check(run)


def test_a_robot_that_is_only_late_is_not_led():
    run = Replay(arm_like(acceleration=4.0), Waving()).run(12.0)
    assert any(words.endswith(": not reached") for words in run.said)
    assert not any(words.endswith("posture is needed") for words in run.said)


def test_what_nobody_could_reach_is_not_led_anywhere(slow):
    """The hand is sent through the body."""
    run = Replay(slow, Waving(2.0)).run(4.0)
    back = run.controller._robot._recovery
    goals = run.sent[-1].goals.copy()
    goals[1] = (-0.6, 0.3, 1.2)
    turns = slow.poses(run.sent[-1].joints).orientations
    for k in range(400):
        slow.solve(goals, turns, 0.01)
        back.watch(goals, turns, 0.01 * k)
        assert back.lead(0.01 * k) == 0.0
    assert not back.off.any()
