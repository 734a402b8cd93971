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

"""What is counted as a violation: each kind, in a replay in which nothing else is wrong."""

import copy
import re
import shlex

import numpy as np
import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.cli.replay import parser
from frankmocap_ros.errors import SettingError
from frankmocap_ros.geometry.rotation import quat_from_rotvec, quat_multiply
from frankmocap_ros.recording.faults import FAULTS
from frankmocap_ros.recording.judging import judged
from frankmocap_ros.recording.limits import ALWAYS, Limits, ReplayLimits, judgement, read_limits
from frankmocap_ros.settings.schema import settings_of
from frankmocap_ros.teleop.inverse_kinematics.retargeter import load_retargeter
from frankmocap_ros.teleop.simulated_run import StateChange
from support.paths import ROOT
from support.replayed import replayed

AT = 100


@pytest.fixture(scope="module")
def torso():
    return load_retargeter("torso")


@pytest.fixture(scope="module")
def clean(torso):
    return replayed(torso)


@pytest.fixture(scope="module")
def figures(clean, torso):
    return judged(clean, torso)


def _leap(run, robot):
    run.commands[AT] = run.commands[AT] + 0.1


def _turn(run, robot):
    turned = run.sent[AT].orientations
    turned[:] = quat_multiply(quat_from_rotvec(np.array((0.5, 0.0, 0.0))), turned)


def _outside(run, robot):
    run.commands[AT] = run.commands[AT] + 5.0


def _fast_joint(run, robot):
    run.velocities[AT] = 2.0 * robot.ik_model.max_speed


def _leaping_joint(run, robot):
    run.joints[AT] = run.joints[AT] + 0.3


def _sudden_joint(run, robot):
    run.velocities[AT] = run.velocities[AT] + 0.02 * robot.max_acceleration


def _joint_out_of_range(run, robot):
    run.joints[AT] = robot.ik_model.upper + 0.01


def _colliding(run, robot):
    run.joints[AT] = _collision(robot)


def _robot_out_of_range(run, robot):
    run.robot[AT] = robot.ik_model.lower - 0.01


def _robot_leaps(run, robot):
    run.robot[AT] = run.robot[AT] + 0.5


def _robot_collides(run, robot):
    run.robot[AT] = _collision(robot)


def _old(run, robot):
    run.ages_s[AT] = 0.21


def _far(run, robot):
    run.moved[AT] = run.moved[AT] - 0.61


def _first(run, robot):
    run.moved[0] = run.moved[0] + 0.5


def _unasked(run, robot):
    at_s = run.times_s[AT]
    run.changes.insert(3, StateChange(at_s + 0.001, "DISENGAGED", "asked to"))


def _long_hold(run, robot):
    run.changes.insert(3, StateChange(run.times_s[AT], "HOLD", "not seen"))


def _fault(run, robot):
    run.changes.append(StateChange(run.ticks_s[-1], "FAULT", "it broke"))


def _collision(robot):
    random = np.random.default_rng(0)
    while True:
        posture = random.uniform(robot.lower, robot.upper)
        if robot.gaps(posture).min() < -0.01:
            return posture


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        (_leap, {"command_speed", "command_acceleration"}),
        (_turn, {"command_angular_speed", "command_angular_acceleration"}),
        (_outside, {"command_workspace"}),
        (_fast_joint, {"joint_speed"}),
        (_leaping_joint, {"joint_speed"}),
        (_sudden_joint, {"joint_acceleration"}),
        (_joint_out_of_range, {"joint_range"}),
        (_colliding, {"command_self_collision"}),
        (_robot_out_of_range, {"robot_range"}),
        (_robot_leaps, {"robot_speed"}),
        (_robot_collides, {"robot_self_collision"}),
        (_old, {"old_bodies"}),
        (_far, {"far_commands"}),
        (_first, {"first_commands"}),
        (_unasked, {"unasked_commands"}),
        (_long_hold, {"long_holds"}),
        (_fault, {"faults"}),
    ],
)
def test_each_violation_is_counted(clean, figures, torso, change, kinds):
    assert figures["violations_total"] == 0
    broken = copy.deepcopy(clean)
    change(broken.run, torso)
    found = {name for name, n in judged(broken, torso)["violations"].items() if n}
    assert kinds <= found


def test_every_kind_but_that_of_boxes_is_tested(figures):
    marks = test_each_violation_is_counted.pytestmark[0].args[1]
    tested = {kind for _, kinds in marks for kind in kinds}
    assert set(figures["violations"]) - tested == {"command_keep_out", "robot_keep_out"}


def test_keep_out_boxes_are_judged_apart(tmp_path):
    """A box around a hand: everything outside is free of it, and the hand is not."""
    text = (ROOT / "frankmocap_ros/robots/torso.yaml").read_text()
    text = text.replace("model: torso.xml", f"model: {ROOT / 'frankmocap_ros/robots/torso.xml'}")
    path = tmp_path / "boxed.yaml"
    path.write_text(text + "keep_out:\n  - {name: wall, center: [0.8, 0.0, 1.0], size: [0.4, 2.0, 2.0]}\n")
    robot = load_retargeter(str(path))
    found = replayed(robot, seconds=1.0)
    assert judged(found, robot)["violations_total"] == 0
    random = np.random.default_rng(0)
    while True:
        posture = random.uniform(robot.lower, robot.upper)
        if robot.gaps(posture)[-robot.ik_model.boxes :].min() < -0.05:
            break
    found.run.joints[30] = found.run.robot[60] = posture
    violations = judged(found, robot)["violations"]
    assert violations["command_keep_out"] == 1 and violations["robot_keep_out"] == 1


def test_figures_are_those_of_the_run(clean, figures):
    following = figures["following"]
    assert following["commands"] == len(clean.run.times_s)
    assert following["followed_s"] == pytest.approx(0.01 * len(clean.run.times_s), abs=0.03)
    steps = [
        np.linalg.norm(b - a, axis=1).max()
        for a, b in zip(clean.run.commands, clean.run.commands[1:], strict=False)
    ]
    assert figures["steps"]["command_step_m"] == pytest.approx(max(steps), abs=1e-5)
    assert figures["steps"]["command_speed"] == pytest.approx(100.0 * max(steps), abs=1e-3)
    quality = figures["quality"]
    assert 50.0 < quality["age_ms"] < 90.0, "0.05 s to be seen, and half a period of images"
    assert 20.0 < quality["lag_ms"] < 150.0 and 0.0 < quality["robot_lag_ms"] < 30.0
    assert 0.0 < quality["jitter_mm"] < 3.0


# -- limits


def test_every_limit_has_its_figure(figures):
    """None is not known here but the time of the first HOLD, and each is judged both ways."""
    for s in settings_of(ReplayLimits):
        strict = s.minimum if s.name.startswith("max_") else s.maximum
        loose = s.maximum if s.name.startswith("max_") else s.minimum
        assert judgement(Limits({s.name: float(loose)}), figures)["passed"], s.name
        found = judgement(Limits({s.name: float(strict)}), figures)
        zero = s.name in ("max_violations", "max_holds", "max_refused_commands")
        assert found["passed"] is zero, s.name


def test_what_is_not_known_keeps_no_limit(figures):
    unknown = {**figures, "quality": {**figures["quality"], "lag_ms": None}}
    found = judgement(Limits({"max_lag_ms": 100.0}), unknown)
    assert found["failed"] == ["max_lag_ms: not known; allowed: at most 100"]


@pytest.mark.parametrize("name", ["limits.yaml", "limits.json"])
def test_limits_are_read(tmp_path, name):
    path = tmp_path / name
    path.write_text('{"max_lag_ms": 150, "min_engagements": 0}')
    assert read_limits(path) == Limits(
        {"max_violations": 0.0, "min_engagements": 0.0, "max_lag_ms": 150.0}, name
    )
    assert set(read_limits(None).values) == set(ALWAYS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max_lag: 1", r"unknown setting max_lag \(did you mean max_lag_ms\?\)"),
        ("max_lag_ms: fast", "max_lag_ms: expected a number, got 'fast'; allowed: 0 .. "),
        ("max_lag_ms: -1", "max_lag_ms: -1.0 is out of range"),
        ("[1, 2]", "expected names with values"),
        ("{", "cannot be read"),
    ],
)
def test_limits_that_are_wrong_are_refused(tmp_path, text, said):
    path = tmp_path / "limits.yaml"
    path.write_text(text)
    with pytest.raises(SettingError, match=rf"--limits .*limits.yaml: {said}"):
        read_limits(path)


# -- the page

PAGE = ROOT / "docs/source/replay.md"


def test_limits_violations_and_faults_are_documented(figures):
    text = PAGE.read_text(encoding="utf-8")
    assert [s.name for s in settings_of(ReplayLimits) if f"| `{s.name}` |" not in text] == []
    assert [name for name in figures["violations"] if f"`{name}`" not in text] == []
    rows = [f"| `{name}` | {kind.text} |" for name, kind in FAULTS.items()]
    assert [row for row in rows if row not in text] == []
    usual = [line.split("|")[-2].strip() for line in text.splitlines() if line.startswith(tuple(rows))]
    assert usual == [f"{kind.usual:g}" for kind in FAULTS.values()]


def test_commands_of_the_page_are_commands(tmp_path):
    """Their flags are known, and the limits in the page are limits."""
    text = PAGE.read_text(encoding="utf-8")
    commands = re.findall(r"(?:^|run: )frankmocap_ros replay (.*)$", text, flags=re.MULTILINE)
    assert len(commands) == 5
    for command in commands:
        parser().parse_args(shlex.split(command))
    limits = re.findall(r"```yaml\n((?:# .*\n)?(?:m(?:ax|in)_.*\n)+)```", text)
    assert len(limits) == 2
    for one in limits:
        (tmp_path / "limits.yaml").write_text(one)
        read_limits(tmp_path / "limits.yaml")
