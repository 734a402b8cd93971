"""What the demo tells the gate and the simulated robot."""

from itertools import pairwise

import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.cli.demo_robot import RobotDemo
from frankmocap_ros.errors import SettingError


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


def test_the_robots_model_goes_to_both(mobile_robot):
    path = mobile_robot()
    gate, robot = (parameters(c) for c in RobotDemo(str(path), str(path.with_name("arm.urdf"))).commands())
    assert gate["robot_model"] == robot["robot_model"] == f'"{path.with_name("arm.urdf")}"'


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("max_speed", "expected NAME=VALUE"),
        ("speed=1", "unknown setting speed"),
        ("max_speed=fast", "max_speed: expected float, got str"),
        ("max_speed=50", "max_speed: 50.0 is out of range"),
        ("max_speed=[", "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_setting_is_said(told, words):
    with pytest.raises(SettingError, match=words):
        RobotDemo("torso", gate=[told])
