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

"""Parameters that a node is given and does not have: rclpy passes over them without a word."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Final

from rclpy.node import Node

from frankmocap_ros.ros.common.rclpy_internals import given_parameters
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.recorder import RecorderSettings
from frankmocap_ros.settings.robot_sim import RobotSimSettings
from frankmocap_ros.settings.schema import settings_of
from frankmocap_ros.settings.viewer import ViewerSettings

_QOS: Final = "qos_overrides."  # declared when their topics are, which may be later
_NODES: Final = {
    "frankmocap": Settings,
    "camera": CameraSettings,
    "gate": GateSettings,
    "robot_sim": RobotSimSettings,
    "recorder": RecorderSettings,
    "frankmocap_view": ViewerSettings,
}


@cache
def _owners() -> Mapping[str, str]:
    """Name of every setting of the package -> names of the nodes that have it."""
    owners: dict[str, str] = {}
    for node, cls in _NODES.items():
        for s in settings_of(cls):
            owners[s.name] = f"{owners[s.name]}, {node}" if s.name in owners else node
    return owners


def tell_unknown(node: Node, own: Collection[str]) -> None:
    """Log the parameters that a node was given, by file, argument or constructor, and does not have.

    One that is no parameter of any node of the package is a mistake: a warning names the nearest. One of
    another node is none, because a file may be for all of them: a line says that it is not used here.

    Args:
        node: with all its parameters declared beside those of QoS.
        own: names of its settings.
    """
    unknown = [
        name for name in given_parameters(node) if not (node.has_parameter(name) or name.startswith(_QOS))
    ]
    log = node.get_logger()
    for name in unknown:
        if name not in _owners():
            log.warning(_mistake(name, own, node.get_fully_qualified_name()))
    others = [f"{name} ({_owners()[name]})" for name in unknown if name in _owners()]
    if others:
        log.info(f"parameters of other nodes are ignored here: {', '.join(others)}")


def _mistake(name: str, own: Collection[str], node: str) -> str:
    """What to say about a name that no node of the package has."""
    near = get_close_matches(name, _owners(), n=1)
    if not near:
        return f"parameter {name!r} does not exist and is ignored; list those that do: ros2 param list {node}"
    whose = "" if near[0] in own else f" of {_owners()[near[0]]}"
    return f"parameter {name!r} does not exist and is ignored; did you mean {near[0]!r}{whose}?"
