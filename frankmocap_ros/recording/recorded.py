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

"""Messages of an episode, sorted by what they are to an export."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from frankmocap_ros.body.message_fields import body_of, pose_numbers, xyz
from frankmocap_ros.body.pose import JointState
from frankmocap_ros.recording.roles import TRAJECTORY, Roles
from frankmocap_ros.recording.samples import Integers, NamedValues, Numbers, rate_of
from frankmocap_ros.sources.bag import BagMessage
from frankmocap_ros.sources.bag_pixels import image_stamp_ns

_POSE: Final = ("x", "y", "z", "qx", "qy", "qz", "qw")


@dataclass
class Recorded:
    """What an episode holds, over the time at which it came.

    Attributes:
        gate_ns: when each of the G states of the gate came [ns].
        gate_states: the states, as in GateState.
        bodies_ns: when each of the B messages of bodies came [ns].
        operators: the operator's id in each; 0 for none.
        operator: positions of the operator's joints, ``left_wrist.x`` and so on [m]; NaN where INVALID.
        operator_states: states of the operator's joints, as in JointPose.
        operator_frame: frame of the positions.
        state: measured positions of the robot's joints [rad] or [m].
        velocity: measured velocities, where they are told [rad/s] or [m/s].
        action: commanded positions of the robot's joints [rad] or [m].
        targets: commanded poses, ``left_wrist.x`` ... ``left_wrist.qw`` [m].
        base: commanded velocities of the base: ``x``, ``y`` [m/s], ``yaw`` [rad/s].
        grips: commanded openings, by side, 0 to 1.
        images_ns: when each image of a topic came [ns].
        stamps_ns: stamp of each image of a topic [ns].
    """

    gate_ns: list[int] = field(default_factory=list)
    gate_states: list[int] = field(default_factory=list)
    bodies_ns: list[int] = field(default_factory=list)
    operators: list[int] = field(default_factory=list)
    operator: NamedValues = field(default_factory=NamedValues)
    operator_states: NamedValues = field(default_factory=NamedValues)
    operator_frame: str = ""
    state: NamedValues = field(default_factory=NamedValues)
    velocity: NamedValues = field(default_factory=NamedValues)
    action: NamedValues = field(default_factory=NamedValues)
    targets: NamedValues = field(default_factory=NamedValues)
    base: NamedValues = field(default_factory=NamedValues)
    grips: NamedValues = field(default_factory=NamedValues)
    images_ns: dict[str, list[int]] = field(default_factory=dict)
    stamps_ns: dict[str, list[int]] = field(default_factory=dict)

    def image_times(self, topic: str) -> Integers:
        """When each image of a topic came, shape (N,) [ns]."""
        return np.array(self.images_ns.get(topic, []), np.int64)

    def image_rate(self, topic: str) -> int | None:
        """Rate of a topic's images [Hz], by their stamps, which do not depend on when somebody looked.

        By the times at which they came where a camera does not stamp; None where there are too few.
        """
        stamped = rate_of(np.array(self.stamps_ns.get(topic, []), np.int64))
        return stamped or rate_of(self.image_times(topic))


def recorded(messages: Iterable[BagMessage], roles: Roles) -> Recorded:
    """Sort the messages of an episode; of images only the times are kept.

    Args:
        messages: of the topics of the roles, in order of their log time.
        roles: of the topics.
    """
    found = Recorded()
    last_ns = 0
    for item in messages:
        last_ns = max(last_ns, item.log_time_ns)  # where one file ends and the next begins, times may overlap
        _take(found, item, last_ns, roles)
    return found


def _take(found: Recorded, item: BagMessage, at_ns: int, roles: Roles) -> None:
    topic, message = item.topic, item.message
    if topic in roles.images:
        found.images_ns.setdefault(topic, []).append(at_ns)
        found.stamps_ns.setdefault(topic, []).append(image_stamp_ns(message))
    elif topic == roles.state:
        _joints(found.state, at_ns, message.name, message.position)
        _joints(found.velocity, at_ns, message.name, message.velocity)
    elif topic == roles.action:
        if item.type_name == TRAJECTORY:
            if message.points:
                _joints(found.action, at_ns, message.joint_names, message.points[-1].positions)
        else:
            _joints(found.action, at_ns, message.name, message.position)
    elif topic in roles.targets:
        _target(found.targets, at_ns, roles.targets[topic], message.pose)
    elif topic == roles.gate:
        found.gate_ns.append(at_ns)
        found.gate_states.append(int(message.state))
    elif topic == roles.bodies:
        _bodies(found, at_ns, message)
    elif topic in roles.grips:
        found.grips.add(at_ns, (message.side,), (message.opening,))
    elif topic == roles.base:
        linear, angular = message.twist.linear, message.twist.angular
        found.base.add(at_ns, ("x", "y", "yaw"), (linear.x, linear.y, angular.z))


def _joints(values: NamedValues, at_ns: int, names: Sequence[str], numbers: Numbers) -> None:
    """Joints that a message names; drivers leave numbers out that they do not know."""
    if len(names) == len(numbers):
        values.add(at_ns, names, numbers)


def _target(values: NamedValues, at_ns: int, name: str, pose: Any) -> None:
    names = [f"{name}.{part}" for part in _POSE]
    values.add(at_ns, names, pose_numbers(pose))


def _bodies(found: Recorded, at_ns: int, message: Any) -> None:
    body = body_of(message)
    found.bodies_ns.append(at_ns)
    found.operators.append(0 if body is None else int(body.id))
    found.operator_frame = message.header.frame_id
    if body is None:
        return
    positions = np.array([xyz(joint.pose.position) for joint in body.joints]).reshape(-1, 3)
    states = np.array([joint.state for joint in body.joints])
    positions[states == JointState.INVALID] = np.nan
    names = [joint.name for joint in body.joints]
    found.operator.add(at_ns, [f"{name}.{axis}" for name in names for axis in "xyz"], positions.ravel())
    found.operator_states.add(at_ns, names, states)
