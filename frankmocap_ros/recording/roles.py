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

"""What each topic of an episode is to an export: the robot's state, its commands, the gate, the operator."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from frankmocap_ros.body.message_fields import BODIES_TYPE
from frankmocap_ros.errors import RecordingError
from frankmocap_ros.sources.bag_pixels import IMAGE, IMAGES

GATE_STATE: Final = "frankmocap_ros/msg/GateState"
GRIP: Final = "frankmocap_ros/msg/Grip"
JOINT_STATE: Final = "sensor_msgs/msg/JointState"
TRAJECTORY: Final = "trajectory_msgs/msg/JointTrajectory"
POSE: Final = "geometry_msgs/msg/PoseStamped"
TWIST: Final = "geometry_msgs/msg/TwistStamped"

_STATE_NAME: Final = "joint_states"
_ALLOWED: Final[Mapping[str, tuple[str, ...]]] = {  # what a user may name for a role, by type
    "gate": (GATE_STATE,),
    "bodies": (BODIES_TYPE,),
    "state": (JOINT_STATE,),
    "action": (JOINT_STATE, TRAJECTORY),
    "images": IMAGES,
}
_NO_CAMERA: Final = ("depth", "annotated")  # parts of topics whose images are not what a camera sees
_CAMERA: Final = re.compile(r"/?[\w.-]+(/[\w.-]+)*")
_LONGEST: Final = 200  # [bytes] of a topic, of which a file's name has 255
_PLAIN: Final = ("h264", "compressed", "image", "image_raw", "image_color", "image_rect", "image_rect_color")


@dataclass(frozen=True)
class AskedTopics:
    """Topics that the user names, each in place of what would be taken.

    Attributes:
        gate: of the gate's state.
        bodies: of the operator.
        state: of the measured joints.
        action: of the commanded joints.
        images: of cameras; None for all, empty for none.
    """

    gate: str | None = None
    bodies: str | None = None
    state: str | None = None
    action: str | None = None
    images: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Roles:
    """Topics by what they are; None and empty for what the episode does not have.

    Attributes:
        gate: of the gate's state.
        bodies: of the operator.
        state: of the measured joints.
        action: of the commanded joints.
        targets: topics of commanded poses, and the target's name.
        base: of the commanded base.
        grips: of the commanded grips.
        images: topics of images, and the camera's name in the export.
    """

    gate: str | None = None
    bodies: str | None = None
    state: str | None = None
    action: str | None = None
    targets: Mapping[str, str] = field(default_factory=dict)
    base: str | None = None
    grips: tuple[str, ...] = ()
    images: Mapping[str, str] = field(default_factory=dict)

    @property
    def topics(self) -> frozenset[str]:
        """All of them."""
        single = (self.gate, self.bodies, self.state, self.action, self.base)
        named = {topic for topic in single if topic is not None}
        return frozenset(named | {*self.targets, *self.grips, *self.images})


def roles_of(topics: Mapping[str, str], asked: AskedTopics) -> Roles:
    """The role of each topic.

    Args:
        topics: type of each topic that has messages.
        asked: what the user names.

    Raises:
        RecordingError: a named topic is not there or of another type, several could have a role, or the name
            of an image's topic is none of ROS.
    """
    gate = _one("gate", asked.gate, topics, (t for t, kind in topics.items() if kind == GATE_STATE))
    bodies = _one("bodies", asked.bodies, topics, (t for t, kind in topics.items() if kind == BODIES_TYPE))
    state = _one("state", asked.state, topics, _measured(topics))
    below = gate.rpartition("/")[0] if gate else None
    commands = [f"{below}/joint_commands", f"{below}/joint_trajectory"] if below is not None else []
    there = [topic for topic in commands if topics.get(topic) in _ALLOWED["action"]]
    return Roles(
        gate,
        bodies,
        state,
        _one("action", asked.action, topics, there[:1]),
        {} if below is None else _targets(topics, f"{below}/command/"),
        f"{below}/base_command" if topics.get(f"{below}/base_command") == TWIST else None,
        tuple(sorted(topic for topic, kind in topics.items() if kind == GRIP)),
        _images(topics, asked.images),
    )


def _one(role: str, asked: str | None, topics: Mapping[str, str], found: Iterable[str]) -> str | None:
    """The topic of a role: the one that is asked for, else the only one."""
    if asked is not None:
        _check(role, asked, topics)
        return asked
    names = sorted(found)
    if len(names) > 1:
        raise RecordingError(
            f"several topics could be the {role}: {', '.join(names)}; choose one: --{role} TOPIC"
        )
    return names[0] if names else None


def _check(role: str, topic: str, topics: Mapping[str, str]) -> None:
    allowed = _ALLOWED[role]
    fitting = sorted(name for name, kind in topics.items() if kind in allowed) or ["none"]
    if topic not in topics:
        raise RecordingError(f"--{role} {topic}: no messages of it; of this type are: {', '.join(fitting)}")
    if topics[topic] not in allowed:
        raise RecordingError(
            f"--{role} {topic}: it is of the type {topics[topic]}, not {' or '.join(allowed)}; of this type "
            f"are: {', '.join(fitting)}"
        )


def _measured(topics: Mapping[str, str]) -> list[str]:
    """Topics of a robot's measured joints; those of people (REP 155) have the same name."""
    return [
        topic
        for topic, kind in topics.items()
        if kind == JOINT_STATE and topic.rpartition("/")[2] == _STATE_NAME and "/humans/" not in topic
    ]


def _targets(topics: Mapping[str, str], below: str) -> dict[str, str]:
    found = (topic for topic, kind in topics.items() if kind == POSE and topic.startswith(below))
    return {topic: topic.removeprefix(below) for topic in sorted(found)}


def _images(topics: Mapping[str, str], asked: Sequence[str] | None) -> dict[str, str]:
    """Topics of cameras and their names: the topic's, without what says only that it is an image."""
    if asked is None:
        chosen = sorted(
            topic
            for topic, kind in topics.items()
            if kind in IMAGES and not any(word in topic for word in _NO_CAMERA)
        )
        # a camera that was recorded both ways is one camera
        raw = {camera_name(topic) for topic in chosen if topics[topic] == IMAGE}
        chosen = [topic for topic in chosen if topics[topic] == IMAGE or camera_name(topic) not in raw]
    else:
        for topic in asked:
            _check("images", topic, topics)
        chosen = list(dict.fromkeys(asked))
    for topic in chosen:
        if not _CAMERA.fullmatch(topic) or len(topic.encode()) > _LONGEST:  # it names files and columns
            raise RecordingError(
                f"images: {topic[:_LONGEST]!a} cannot name a camera; allowed: letters, digits, _ . - "
                f"and /, {_LONGEST} bytes at most; name the other ones: --images TOPIC ..."
            )
    names = [camera_name(topic) for topic in chosen]
    if len(set(names)) < len(names):
        names = [topic.strip("/").replace("/", "_") for topic in chosen]
    return dict(zip(chosen, names, strict=True))


def camera_name(topic: str) -> str:
    """Name of a camera in exports, such as ``wrist`` of ``/wrist/image_raw/compressed``."""
    parts = topic.strip("/").split("/")
    while len(parts) > 1 and parts[-1] in _PLAIN:
        parts.pop()
    return "_".join(parts)
