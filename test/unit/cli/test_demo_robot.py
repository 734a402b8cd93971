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

"""What the demo tells the gate and the simulated robot."""

from itertools import pairwise

import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.cli.demo_robot import RobotDemo
from frankmocap_ros.errors import SettingError
from frankmocap_ros.ros.clients.robot_watcher import Teleoperation
from frankmocap_ros.teleop.hands.grip import Grip


def parameters(command):
    """Parameters of a node's command line."""
    pairs = [text.partition(":=") for flag, text in pairwise(command) if flag == "-p"]
    return {name: value for name, _, value in pairs}


def test_every_setting_of_the_gate_is_a_flag():
    demo = RobotDemo("torso", gate=["max_speed=0.5", "mirror=true", "workspace-min=[-1, -1, 0]"])
    gate, robot = (parameters(command) for command in demo.commands())
    assert (gate["max_speed"], gate["mirror"], gate["workspace_min"]) == ("0.5", "true", "[-1.0, -1.0, 0.0]")
    assert gate["align_s"] == "2.0" and gate["robot_controllers"] == "false", "as of a simulated robot"
    assert robot["robot"] == '"torso"' and "robot_model" not in robot


def test_a_map_says_how_quick_its_simulated_robot_is():
    gate, _ = (parameters(command) for command in RobotDemo("torso").commands())
    assert (gate["max_speed"], gate["max_acceleration"]) == ("3.0", "200.0")
    gate, _ = (parameters(c) for c in RobotDemo("torso", gate=["max_acceleration=5"]).commands())
    assert gate["max_acceleration"] == "5.0", "what is told wins"


@pytest.mark.parametrize(
    ("robot", "gate", "needed"),
    [
        ("arm", [], False),
        ("arm", ["grip=pinch"], True),
        ("arm", ["grip=joy"], False),
        ("torso", ["grip=hand"], True),
    ],
)
def test_hands_are_looked_for_where_they_grip(robot, gate, needed):
    assert RobotDemo(robot, gate=gate).needs_hands is needed


def test_the_robots_model_goes_to_both(mobile_robot):
    path = mobile_robot()
    model = path.with_name("arm.urdf").rename(path.with_name("Übung 😀.urdf"))
    gate, robot = (parameters(c) for c in RobotDemo(str(path), str(model)).commands())
    assert gate["robot_model"] == robot["robot_model"] == f'"{model}"'


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("max_speed", "expected NAME=VALUE"),
        ("speed=1", "unknown setting speed"),
        ("max_speed=fast", "max_speed: expected a number, got 'fast'; allowed: 0.001 .. 20 m/s"),
        ("max_speed=50", "max_speed: 50.0 is out of range"),
        ("max_speed=[", "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_setting_is_said(told, words):
    with pytest.raises(SettingError, match=words):
        RobotDemo("torso", gate=[told])


class HeardWatcher:
    """Tells what a test wants to have been heard."""

    def __init__(self, **heard):
        self._heard = Teleoperation(commands={}, **heard)

    def heard(self):
        return self._heard


def demo_that_heard(**heard):
    demo = RobotDemo("torso")
    demo._watcher = HeardWatcher(**heard)
    return demo


def grips(*openings, state=JointState.TRACKED, start_s=1.0):
    return [(start_s + 0.01 * n, Grip("left", opening, state=state)) for n, opening in enumerate(openings)]


def test_the_line_tells_the_grippers_while_they_are_commanded():
    heard = {"left": grips(0.1, 0.42), "right": []}
    for state, limits, told in (
        ("ENGAGED", (), "; left gripper: 42% open, tracked"),
        ("HOLD", ("left_grip: nobody is followed",), "; left gripper: 42% open, tracked: nobody is followed"),
        ("DISENGAGED", (), ""),
    ):
        text = demo_that_heard(grips=heard, states=[(0.0, state)], limits=limits).text()
        assert text.endswith(f"(); 0 commands{told}"), "a gripper's reason is told once"


def test_figures_of_the_grippers():
    left = [
        *grips(0.0, 0.05, 0.15), *grips(0.9, start_s=5.0),  # another engagement is no jump
        *grips(0.0, state=JointState.INVALID, start_s=9.0),
    ]  # fmt: skip
    found = demo_that_heard(grips={"left": left, "right": []}).summary()["robot"]["grips"]
    assert found == {
        "left": {
            "commands": 5, "opening_min": 0.0, "opening_max": 0.9, "max_step": 0.1,
            "states": {"INVALID": 0.2, "TRACKED": 0.8},
        }
    }  # fmt: skip


def test_a_gripper_that_was_never_measured_has_no_figures():
    heard = {"left": grips(0.0, state=JointState.INVALID), "right": []}
    found = demo_that_heard(grips=heard).summary()["robot"]["grips"]["left"]
    assert (found["opening_min"], found["opening_max"], found["max_step"]) == (None, None, 0.0)
