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

"""The table of commands: what `--help` says of each, and what runs it."""

import ast
import importlib.util
import os
import re
import sys
from pathlib import Path

import pytest

from frankmocap_ros.cli import commands
from frankmocap_ros.cli.commands import COMMANDS, NodeCommand, split_ros_args
from frankmocap_ros.cli.main import main
from frankmocap_ros.runtime.fastdds_profile import transport_variables
from frankmocap_ros.settings import camera, gate, mocap, recorder, robot_sim, viewer
from frankmocap_ros.settings.schema import settings_of

SETTINGS = {
    "node": mocap.Settings,
    "camera": camera.CameraSettings,
    "gate": gate.GateSettings,
    "record": recorder.RecorderSettings,
    "robot": robot_sim.RobotSimSettings,
    "view": viewer.ViewerSettings,
}


def helped(capsys, *words):
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


@pytest.fixture
def no_ros(monkeypatch):
    for name in ("rclpy", "frankmocap_ros.msg"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.parametrize("name", ["node", "camera", "gate", "robot", "view"])
def test_a_distribution_that_is_too_old_is_refused_with_those_that_work(name, capsys, monkeypatch):
    """Humble's nodes ended with AttributeError: 'MocapNode' object has no attribute 'add_pre_set_...'."""
    monkeypatch.setenv("ROS_DISTRO", "humble")
    assert main([name]) == 2
    told = capsys.readouterr().err
    assert f"`{name}` does not run on ROS humble" in told
    assert "source Jazzy, Kilted or Lyrical" in told


def test_help_has_a_line_for_each_command(capsys):
    text = helped(capsys)
    listed = re.findall(r"^  ([\w-]+)  +(\S.*)$", text, re.MULTILINE)
    assert [(name, line) for name, line in listed if name in COMMANDS] == [
        (name, command.help) for name, command in COMMANDS.items()
    ]
    assert max(map(len, text.splitlines())) <= 90


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_names_a_function(name):
    module, _, function = COMMANDS[name].entry.partition(":")
    spec = importlib.util.find_spec(f"frankmocap_ros.{module}")
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_without_ros(capsys, no_ros, name):
    assert re.match(r"usage: \w+", helped(capsys, name))


@pytest.mark.parametrize("name", [name for name, c in COMMANDS.items() if isinstance(c, NodeCommand)])
def test_the_help_of_a_node_has_all_its_settings(capsys, no_ros, name):
    text = helped(capsys, name)
    assert [s.name for s in settings_of(SETTINGS[name]) if f"--{s.name.replace('_', '-')}" not in text] == []
    assert COMMANDS[name].help in " ".join(text.split())


@pytest.mark.parametrize(
    ("words", "own", "ros"),
    [
        ("", "", ""),
        ("--loop --width 5", "--loop --width 5", ""),
        ("--ros-args -p a:=1", "", "--ros-args -p a:=1"),
        ("--loop --ros-args -p a:=1 -- --width 5", "--loop --width 5", "--ros-args -p a:=1 --"),
        (
            "--ros-args -p a:=1 -- --loop --ros-args -r b:=c",
            "--loop",
            "--ros-args -p a:=1 -- --ros-args -r b:=c",
        ),
    ],
)
def test_arguments_of_ros_are_told_apart(words, own, ros):
    assert split_ros_args(words.split()) == (own.split(), ros.split())


@pytest.mark.parametrize("name", SETTINGS)
def test_a_flag_that_is_not_there_is_refused(capsys, name):
    with pytest.raises(SystemExit) as ended:
        main([name, "--no-such-flag"])
    assert ended.value.code == 2
    assert "unrecognized arguments: --no-such-flag" in capsys.readouterr().err


@pytest.mark.parametrize(("chosen", "added"), [({}, 1), ({"FASTDDS_BUILTIN_TRANSPORTS": "UDPv4"}, 0)])
def test_a_node_lets_large_images_through(monkeypatch, chosen, added):
    """From ``ros2 run`` as well: by default Fast DDS loses most of them."""
    seen = {}
    entries = {"settings": camera.CameraSettings, "main": lambda args, given: seen.update(os.environ) or 0}
    monkeypatch.setattr(commands, "_load", entries.__getitem__)
    monkeypatch.setattr(commands, "require_ros", lambda name: None)
    monkeypatch.setattr(os, "environ", dict(chosen))
    assert NodeCommand("", "main", "camera_node", "settings").run("camera", []) == 0
    assert seen == chosen | transport_variables(chosen)
    assert len(seen) == len(chosen) + added


def test_a_value_that_is_not_allowed_is_refused(capsys):
    assert main(["gate", "--rate-hz", "5000"]) == 2
    assert "rate_hz: 5000.0 is out of range; allowed: 10 .. 500 Hz" in capsys.readouterr().err
