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

"""The commands of ``frankmocap_ros`` in one table; the module of a command is imported when it is chosen."""

import argparse
import importlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from frankmocap_ros.cli.ros_available import require_ros
from frankmocap_ros.runtime.fastdds_profile import transport_variables
from frankmocap_ros.settings.schema import add_flags, from_flags

_HELP: Final = frozenset({"-h", "--help"})


@dataclass(frozen=True)
class Command:
    """A command of ``frankmocap_ros``.

    Attributes:
        help: what it does, in one line.
        entry: ``module:function`` in this package; it takes the arguments and returns the exit code.
        needs_ros: whether it needs ROS and this package's messages for anything but its ``--help``.
    """

    help: str
    entry: str
    needs_ros: bool = False

    def run(self, name: str, args: Sequence[str]) -> int:
        """Run the command; returns the exit code.

        Args:
            name: of the command.
            args: of the command, without its name.

        Raises:
            MissingDependencyError: ROS or this package's messages are not there.
        """
        if self.needs_ros and not _HELP.intersection(args):
            require_ros(name)
        return int(_load(self.entry)(args))


@dataclass(frozen=True)
class NodeCommand:
    """A node as a command: its settings are flags, beside ``--ros-args``.

    Attributes:
        help: what it does, in one line.
        entry: ``module:function`` in this package; the function takes the arguments of ROS with the program's
            name in front, and values of settings by name.
        program: its executable for ``ros2 run``.
        settings: ``module:class`` of its settings in this package.
    """

    help: str
    entry: str
    program: str
    settings: str
    needs_ros: bool = True

    def run(self, name: str, args: Sequence[str]) -> int:
        """Run the node until SIGINT or SIGTERM, which may come while it is still imported.

        Images larger than 512 KB pass, unless the environment says how messages go (see ``fastdds_profile``).

        Args:
            name: of the command.
            args: flags, ``--ros-args``, or both.

        Raises:
            MissingDependencyError: ROS or this package's messages are not there.
            SettingError: the value of a flag is not allowed.
        """
        flags, ros_args = split_ros_args(args)
        try:
            given = self._given(flags)
            require_ros(name)
            os.environ.update(transport_variables(os.environ))
            return int(_load(self.entry)([self.program, *ros_args], given))
        except KeyboardInterrupt:
            return 0

    def _given(self, flags: Sequence[str]) -> Mapping[str, Any]:
        settings = _load(self.settings)
        parser = argparse.ArgumentParser(
            prog=self.program,
            description=f"{self.help} Its parameters are flags here, or ROS parameters: "
            "--ros-args -p NAME:=VALUE. A flag wins over both --ros-args and a parameter file.",
        )
        add_flags(parser, settings)
        given = parser.parse_args(flags)
        config = from_flags(settings, given)
        return {name: getattr(config, name) for name in vars(given)}


COMMANDS: Final[Mapping[str, Command | NodeCommand]] = {
    "demo": Command("Show a live table of the joints that a camera sees.", "cli.demo:main", needs_ros=True),
    "node": NodeCommand(
        "Run the mocap node: images in, bodies out.",
        "ros.mocap.mocap_node:main", "frankmocap_node", "settings.mocap:Settings",
    ),
    "camera": NodeCommand(
        "Run the camera node: publish a video, webcam, photograph or synthetic figure.",
        "ros.camera.camera_node:main", "camera_node", "settings.camera:CameraSettings",
    ),
    "gate": NodeCommand(
        "Run the gate node: bodies in, safe robot commands out.",
        "ros.gate.gate_node:main", "gate_node", "settings.gate:GateSettings",
    ),
    "robot": NodeCommand(
        "Run the simulated robot.",
        "ros.robot_sim.robot_sim_node:main", "robot_sim_node", "settings.robot_sim:RobotSimSettings",
    ),
    "view": NodeCommand(
        "Run the browser view.",
        "ros.view.view_node:main", "view_node", "settings.viewer:ViewerSettings",
    ),
    "record": NodeCommand(
        "Run the recorder: what nodes publish goes to rosbag2 episodes.",
        "ros.recorder.recorder_node:main", "recorder_node", "settings.recorder:RecorderSettings",
    ),
    "robot-map": Command("Write the map of a robot from its model, or check a map.", "cli.robot_map:main"),
    "compare": Command("Run estimators on the same images and compare them.", "cli.compare:main"),
    "accuracy": Command("Compare poses with the truth of a recording.", "cli.accuracy:main"),
    "replay": Command("Replay episodes on a simulated robot, and judge its safety.", "cli.replay:main"),
    "process": Command("Write the bodies in a video or images as JSON lines.", "cli.process:main"),
    "export": Command(
        "Write recorded episodes as a LeRobot dataset, Parquet or CSV.", "cli.export:main"
    ),
    "doctor": Command("Check the installation and print the next steps.", "cli.doctor:main"),
    "models": Command("List the default estimator's networks, or download missing ones.", "cli.models:main"),
    "convert": Command("Convert FrankMocap's files into the cache, safely and once.", "cli.convert:main"),
    "standin": Command("Write random weights in FrankMocap's formats, for trials.", "cli.standin:main"),
    "bench": Command("Measure speed on this machine, next to a reference in the same run.", "cli.bench:main"),
}  # fmt: skip


def split_ros_args(args: Sequence[str]) -> tuple[list[str], list[str]]:
    """Arguments of the program, and those of ROS: from each ``--ros-args`` to the next ``--`` or the end."""
    own: list[str] = []
    ros: list[str] = []
    inside = False
    for word in args:
        inside = inside or word == "--ros-args"
        (ros if inside else own).append(word)
        inside = inside and word != "--"
    return own, ros


def _load(entry: str) -> Any:
    module, _, name = entry.partition(":")
    return getattr(importlib.import_module(f"frankmocap_ros.{module}"), name)
