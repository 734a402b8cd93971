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

"""Which controllers a robot has: the topics they listen on, what they take, and which joints they own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from frankmocap_ros.errors import shown
from frankmocap_ros.teleop.robot_map.map_values import MapValues

TRAJECTORY: Final = "trajectory"
POSITIONS: Final = "positions"
VELOCITIES: Final = "velocities"
TYPES: Final = (TRAJECTORY, POSITIONS, VELOCITIES)

_TOPIC: Final = re.compile(r"/?[A-Za-z][A-Za-z0-9_]*(/[A-Za-z][A-Za-z0-9_]*)*")
_FORM: Final = "a list of joints, or {type: trajectory | positions | velocities, joints: [...]}"


@dataclass(frozen=True)
class ControllerMap:
    """What one controller takes.

    Attributes:
        joints: its joints; an array of numbers has their order.
        kind: one of ``TYPES``.
    """

    joints: tuple[str, ...]
    kind: str = TRAJECTORY


def is_topic(name: str) -> bool:
    """Whether it can be the name of a topic, or of an action."""
    return _TOPIC.fullmatch(name) is not None


def controllers(reader: MapValues) -> dict[str, ControllerMap]:
    """Topic -> what the controller takes that listens there; empty for one controller of all joints.

    Raises:
        RobotError: a topic is no topic's name, a controller has another form, or a joint has several.
    """
    value = reader.values.get("controllers", {})
    if not isinstance(value, Mapping):
        raise reader.wrong("controllers", f"expected a mapping from topic to joints, got {shown(value)}")
    found: dict[str, ControllerMap] = {}
    owners: dict[str, str] = {}
    for topic, entry in value.items():
        key = f"controllers.{topic}"
        if not isinstance(topic, str) or not is_topic(topic):
            raise reader.wrong(key, "expected the name of a topic, such as /left_arm/joint_trajectory")
        found[topic] = _controller(reader, key, entry)
        for joint in found[topic].joints:
            if joint in owners:
                raise reader.wrong(key, f"{joint} is in {owners[joint]}, too; a joint has one controller")
            owners[joint] = topic
    return found


def _controller(reader: MapValues, key: str, entry: object) -> ControllerMap:
    if isinstance(entry, Mapping):
        own = reader.inner(key, entry, ("type", "joints"))
        kind, joints = own.choice("type", TYPES), own.names("joints")
    elif isinstance(entry, list | tuple) and all(isinstance(name, str) for name in entry):
        kind, joints = TRAJECTORY, tuple(entry)
    else:
        raise reader.wrong(key, f"expected {_FORM}, got {shown(entry)}")
    if not joints:
        raise reader.wrong(key, f"names no joint; expected {_FORM}")
    return ControllerMap(joints, kind)
