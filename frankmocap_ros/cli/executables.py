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

"""The nodes as programs for ``ros2 run``; each is a command of ``commands.py`` under its own name."""

import sys

from frankmocap_ros.cli.commands import COMMANDS, NodeCommand
from frankmocap_ros.cli.ending import ended


def _executable(name: str) -> int:
    command = COMMANDS[name]
    assert isinstance(command, NodeCommand)
    return ended(command.program, lambda: command.run(name, sys.argv[1:]))


def frankmocap_node() -> int:
    """The mocap node."""
    return _executable("node")


def camera_node() -> int:
    """The camera node."""
    return _executable("camera")


def gate_node() -> int:
    """The gate node."""
    return _executable("gate")


def robot_sim_node() -> int:
    """The simulated robot."""
    return _executable("robot")


def recorder_node() -> int:
    """The recorder."""
    return _executable("record")


def view_node() -> int:
    """The browser view."""
    return _executable("view")
