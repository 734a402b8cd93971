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

"""Which grippers a robot has: what moves them, and who takes their commands."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from frankmocap_ros.teleop.robot_map.controller_map import POSITIONS, TRAJECTORY, ControllerMap, is_topic
from frankmocap_ros.teleop.robot_map.map_values import MapValues

PARALLEL_ACTION: Final = "parallel_gripper_action"
ACTION: Final = "gripper_action"
GRIPPER_TYPES: Final = (TRAJECTORY, POSITIONS, PARALLEL_ACTION, ACTION)

_KEYS: Final = ("joints", "open", "shut", "max_speed", "max_acceleration", "max_effort", "controller")
_TO_SPEED_S: Final = 0.1
"""A gripper without an acceleration of its own is at its speed after so long."""


@dataclass(frozen=True)
class DrivenJoint:
    """A joint that is driven to positions of its own, beside the inverse kinematics.

    Attributes:
        name: in the robot's model.
        max_speed: above 0 [rad/s] or [m/s].
        max_acceleration: above 0 [rad/s^2] or [m/s^2].
        key: which part of the map names it.
        ends: positions that it is driven to, which must be in its range [rad] or [m].
    """

    name: str
    max_speed: float
    max_acceleration: float
    key: str
    ends: tuple[float, ...] = ()


@dataclass(frozen=True)
class GripperController:
    """Who takes the commands of one gripper alone.

    Attributes:
        kind: one of ``GRIPPER_TYPES``.
        topic: where it listens; of an action its name.
    """

    kind: str
    topic: str

    @property
    def is_action(self) -> bool:
        """Whether it takes goals rather than messages."""
        return self.kind in (PARALLEL_ACTION, ACTION)


@dataclass(frozen=True)
class GripperMap:
    """One gripper that follows one hand of the operator. G joints.

    Attributes:
        side: ``left`` or ``right``, the robot's; the operator's, too, unless the gate mirrors.
        joints: of the robot's model; joints that only mimic these are not named.
        open, shut: position of each joint where the gripper is open and shut [rad] or [m].
        max_speed: of each joint, above 0 [rad/s] or [m/s].
        max_acceleration: of each joint, above 0 [rad/s^2] or [m/s^2].
        max_effort: that an action's goal allows [Nm] or [N]; infinite for what the controller allows.
        controller: takes its commands; None where its joints go with all others: in ``~/joint_trajectory``,
            and to the map's controllers.
    """

    side: str
    joints: tuple[str, ...]
    open: tuple[float, ...]
    shut: tuple[float, ...]
    max_speed: tuple[float, ...]
    max_acceleration: tuple[float, ...]
    max_effort: float = math.inf
    controller: GripperController | None = None

    @property
    def driven(self) -> tuple[DrivenJoint, ...]:
        """Its joints, as what they are to the gate."""
        each = zip(self.joints, self.max_speed, self.max_acceleration, self.open, self.shut, strict=True)
        key = f"grippers.{self.side}"
        return tuple(DrivenJoint(name, v, a, key, (opened, shut)) for name, v, a, opened, shut in each)


def read_grippers(reader: MapValues) -> tuple[GripperMap, ...]:
    """The grippers of a map; none where it names none.

    Raises:
        RobotError: something is wrong; names the key, and what is allowed.
    """
    found: list[GripperMap] = []
    owners: dict[str, str] = {}
    for side, value in reader.sides("grippers", "joints").items():
        key = f"grippers.{side}"
        gripper = _gripper(reader.inner(key, value, _KEYS), side)
        for joint in gripper.joints:
            if joint in owners:
                raise reader.wrong(
                    f"{key}.joints", f"{joint} is in {owners[joint]}, too; a joint is of one gripper"
                )
            owners[joint] = key
        found.append(gripper)
    return tuple(found)


def _gripper(reader: MapValues, side: str) -> GripperMap:
    joints = reader.names("joints")
    if not joints:
        raise reader.wrong("joints", "names no joint; expected a list of the joints that open and shut it")
    if len(set(joints)) < len(joints):
        raise reader.wrong("joints", f"names a joint twice: {', '.join(joints)}")
    opened, shut = _of_each(reader, "open", joints), _of_each(reader, "shut", joints)
    for joint, at, other in zip(joints, opened, shut, strict=True):
        if at == other:
            raise reader.wrong(
                "shut", f"{joint} is at {at:g} where it is open, too; expected another position"
            )
    speed = _of_each(reader, "max_speed", joints, above=0.0)
    quick = tuple(v / _TO_SPEED_S for v in speed)
    has_acceleration = "max_acceleration" in reader.values
    return GripperMap(
        side=side,
        joints=joints,
        open=opened,
        shut=shut,
        max_speed=speed,
        max_acceleration=_of_each(reader, "max_acceleration", joints, 0.0) if has_acceleration else quick,
        max_effort=_above(reader, "max_effort", reader.values["max_effort"], 0.0)
        if "max_effort" in reader.values
        else math.inf,
        controller=_controller(reader, joints) if "controller" in reader.values else None,
    )


def _above(reader: MapValues, key: str, value: object, above: float) -> float:
    number = reader.as_number(key, value)
    if number <= above:
        raise reader.wrong(key, f"expected a number above {above:g}, got {number:g}")
    return number


def _of_each(
    reader: MapValues, key: str, joints: Sequence[str], above: float = -math.inf
) -> tuple[float, ...]:
    """One number for all joints, or a list with one for each."""
    value = reader.values.get(key)
    if value is None:
        raise reader.wrong(key, f"is missing; expected a number, or one for each of {', '.join(joints)}")
    if not isinstance(value, list | tuple):
        return (_above(reader, key, value, above),) * len(joints)
    if len(value) != len(joints):
        raise reader.wrong(key, f"has {len(value)} numbers for {len(joints)} joints: {', '.join(joints)}")
    return tuple(_above(reader, key, number, above) for number in value)


def _controller(reader: MapValues, joints: Sequence[str]) -> GripperController:
    own = reader.inner("controller", reader.values["controller"], ("type", "topic"))
    kind, topic = own.choice("type", GRIPPER_TYPES), own.text("topic")
    if not is_topic(topic):
        raise own.wrong("topic", "expected the name of a topic or an action, such as /gripper/gripper_cmd")
    if kind == ACTION and len(joints) > 1:
        raise own.wrong(
            "type",
            f"{ACTION} has one position for {len(joints)} joints; name one joint, or use {PARALLEL_ACTION}",
        )
    return GripperController(kind, topic)


def with_grippers(
    reader: MapValues, controllers: Mapping[str, ControllerMap], grippers: Sequence[GripperMap]
) -> dict[str, ControllerMap]:
    """The map's controllers with those of its grippers; each gripper joint has one of them, if any has.

    Raises:
        RobotError: a gripper joint has two controllers, or none where the other joints have some.
    """
    found = dict(controllers)
    owned = {joint: topic for topic, one in controllers.items() for joint in one.joints}
    for gripper in grippers:
        key, own = f"grippers.{gripper.side}.controller", gripper.controller
        twice = [joint for joint in gripper.joints if joint in owned]
        without = [joint for joint in gripper.joints if joint not in owned]
        if own is None and owned and without:
            raise reader.wrong(
                "controllers",
                f"none has {without[0]} of grippers.{gripper.side}; give it one, there or as {key}",
            )
        if own is not None and twice:
            raise reader.wrong(key, f"{twice[0]} is in {owned[twice[0]]}, too; a joint has one controller")
        if own is not None and own.topic in found:
            raise reader.wrong(key, f"{own.topic} is another controller's; name a topic of its own")
        if own is not None and not own.is_action:
            found[own.topic] = ControllerMap(gripper.joints, own.kind)
    return found
