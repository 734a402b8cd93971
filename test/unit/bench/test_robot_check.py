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

"""How well a robot follows: the figures of runs that are known, and what is said of them."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.bench.operators import STILL_S, exercise
from frankmocap_ros.bench.robot_advice import advice
from frankmocap_ros.bench.robot_figures import figures
from frankmocap_ros.bench.robot_run import TICK_S, motion_scale, run_robot
from frankmocap_ros.cli.robot_map import main
from frankmocap_ros.errors import RobotError
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter
from frankmocap_ros.teleop.robot_map.map_reading import load_map


@pytest.fixture(scope="module")
def torso():
    robot = load_map("torso")
    return robot, Retargeter(robot)


@pytest.fixture(scope="module")
def seen():
    return exercise(12.0)


@pytest.fixture(scope="module")
def run(torso, seen):
    return run_robot(*torso, seen)


def copied(run):
    """A run that a test may change."""
    return replace(run, missed=list(run.missed), velocities=list(run.velocities), moved=list(run.moved),
                   joints=list(run.joints))  # fmt: skip


def test_the_operator_moves_both_arms_from_a_standstill(seen):
    def at(name):
        return np.array([one.positions[one.names.index(name)] for one in seen])

    still = round(STILL_S * 30.0)
    for side in ("left", "right"):
        wrist = at(f"{side}_wrist") - at(f"{side}_shoulder")
        assert np.ptp(wrist[:still], axis=0).max() < 0.01
        assert np.ptp(wrist, axis=0).min() > 0.2, "on every axis"
    assert np.abs(np.diff(at("left_wrist"), axis=0)).max() * 30.0 < 2.5, "no faster than people [m/s]"


def test_the_built_in_robot_passes(torso, seen, run):
    robot, retargeter = torso
    found = figures(run, seen, retargeter)
    assert found.engaged > 0.8 and found.reasons == () and found.refused == {}
    for side in ("left", "right"):
        wrist = found.targets[f"{side}_wrist"]
        assert wrist.error_m < 0.03 and wrist.correlation > 0.95 and wrist.stuck_s < 1.0
    assert found.violations == 0 and found.step_ms_p50 > 0.0
    assert advice(found, robot) == ()


def striking(seen):
    """Somebody who strikes to and fro, six times a second, at 24 images a second."""
    order = [*range(90), *((90, 105)[n // 4 % 2] + n % 3 for n in range(198))]
    return [seen[row].at_time(n / 24.0) for n, row in enumerate(order)]


def test_the_built_in_robots_own_limits_in_simulation_make_it_quicker(torso, seen):
    """It lags 140 ms behind who strikes, and 190 ms within the limits of other simulated robots."""
    robot, retargeter = torso
    strikes, lags_s = striking(seen), []
    for limits in (robot.simulation_limits, {}):
        run = run_robot(replace(robot, simulation_limits=limits), retargeter, strikes)
        found = figures(run, strikes, retargeter)
        assert found.violations == 0
        lags_s.append(max(found.targets[f"{side}_wrist"].lag_s for side in ("left", "right")))
    assert lags_s[0] < lags_s[1] - 0.03


def test_late_ticks_are_among_them(run):
    gaps = np.diff(run.times_s)
    assert gaps.max() > 2.5 * TICK_S and np.isclose(np.median(gaps), TICK_S)


def test_what_does_not_follow_is_told(torso, seen, run):
    robot, retargeter = torso
    stuck = copied(run)
    for n, moved in enumerate(run.moved):
        stuck.moved[n] = retargeter.home if n > 300 else moved
        stuck.missed[n] = ("right_wrist",) if n > 300 else ()
    found = figures(stuck, seen, retargeter)
    wrist = found.targets["right_wrist"]
    assert wrist.error_m > 0.1 and wrist.stuck_s > 2.0 and found.targets["left_wrist"].stuck_s < 1.0
    said = advice(found, robot)
    assert any("right_wrist: stuck for" in text and "posture_costs" in text for text in said)
    assert any("right_wrist: " in text and "cm from its commands (at most 6)" in text for text in said)
    without = replace(robot, targets=tuple(t for t in robot.targets if "elbow" not in t.name))
    assert any("add an elbow target" in text for text in advice(found, without))


def test_a_robot_that_is_never_commanded_is_told_why_and_nothing_else(torso, seen):
    robot, retargeter = torso
    never = run_robot(robot, retargeter, seen[:90], workspace_min=(1.5, -2.0, -2.0))
    found = figures(never, seen[:90], retargeter)
    assert not found.commanded and found.step_ms_p50 is None
    (said,) = advice(found, robot)
    assert "the robot is outside the workspace: left_wrist is at x " in said and "allowed 1.5 .. 2" in said


def test_reversals_speeds_and_accelerations_are_counted(torso, seen, run):
    robot, retargeter = torso
    shaking = copied(run)
    fast = 0.9 * retargeter.max_speed
    for n in range(400, 500):
        shaking.velocities[n] = fast * (-1.0) ** n
    found = figures(shaking, seen, retargeter)
    assert found.reversals_per_s > 50.0
    assert found.peak_acceleration > 1.7 * retargeter.max_speed.max() / TICK_S
    assert found.violations >= 98, "each of its turns is too sudden, but those into ticks that are late"
    assert "raise damping" in " ".join(advice(found, robot))


def test_one_command_that_is_too_fast_is_counted(torso, seen, run):
    """It is too fast itself, and too sudden from the one before it and to the one after."""
    robot, retargeter = torso
    assert figures(run, seen, retargeter).violations == 0
    jumping = copied(run)
    jumping.velocities[600] = 12.0 * retargeter.max_speed
    found = figures(jumping, seen, retargeter)
    assert found.violations == 3
    assert "3 commands or steps beyond a limit" in " ".join(advice(found, robot))


def test_a_robot_that_never_engages_is_told_why(torso, seen):
    robot, retargeter = torso
    run = run_robot(robot, retargeter, seen, calm_speed=0.001)
    found = figures(run, seen, retargeter)
    assert found.engaged == 0.0 and found.step_ms_p50 is None
    assert advice(found, robot)[0].startswith("followed 0 % of the time only")


def test_a_table_arm_is_moved_within_its_reach(mobile_robot):
    arm = Retargeter(load_map(str(mobile_robot("table_arm: true\n"))))
    assert 0.25 < motion_scale(arm) < 0.5, "its reach is 0.7 m"
    assert motion_scale(Retargeter(load_map("torso"))) == 1.0


def test_the_command_gives_a_picture_and_figures(tmp_path, capsys):
    picture = tmp_path / "torso.png"
    assert main(["check", "torso", "--seconds", "8", "-o", str(picture), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    run = found["runs"]["synthetic operator"]
    assert run["advice"] == [] and run["targets"]["left_wrist"]["error_m"] < 0.03
    image = cv2.imread(str(picture))
    assert image.shape == (640, 1440, 3), "home, rest pose and reach"
    for panel in np.hsplit(image, 3):
        assert (panel == (200, 120, 40)).all(axis=-1).sum() > 500, "the robot"
        assert (panel == (150, 150, 150)).all(axis=-1).sum() > 200, "the operator"
    assert main(["check", "torso", "--seconds", "8", "-o", str(picture)]) == 0
    out = capsys.readouterr().out
    assert "left_wrist" in out and "passes" in out
    with pytest.raises(RobotError, match="cannot be written; say -o"):
        main(["check", "torso", "--seconds", "1", "-o", str(tmp_path / "none/torso.png")])


def test_a_map_that_does_not_pass_ends_with_1(mobile_robot, tmp_path, capsys):
    path = mobile_robot()
    path.write_text(path.read_text().replace("default: 1.0", "default: 0.02"))
    assert main(["check", str(path), "--seconds", "8", "-o", str(tmp_path / "arm.png")]) == 1
    assert "change: right_wrist: " in capsys.readouterr().out
