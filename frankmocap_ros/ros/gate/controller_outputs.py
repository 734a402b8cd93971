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

"""What goes out for each of a robot's controllers, in the form that it takes."""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from builtin_interfaces.msg import Time
from rclpy.node import Node
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.ros.gate.command_publisher import CommandPublisher
from frankmocap_ros.teleop.command import Posture
from frankmocap_ros.teleop.robot_map.controller_map import POSITIONS, TRAJECTORY, VELOCITIES, ControllerMap


class ControllerOutput(Protocol):
    """A topic on which one controller listens; for one thread.

    Attributes:
        publisher: of the topic.
    """

    publisher: CommandPublisher

    def publish(self, whole: JointTrajectory, posture: Posture, time_s: float) -> None:
        """Publish its part.

        Args:
            whole: the trajectory of all joints.
            posture: what it leads to.
            time_s: when that is valid, on a steady clock [s].
        """


@dataclass(frozen=True, eq=False)
class ControllerJoints:
    """The joints of one controller.

    Attributes:
        topic: where it listens.
        names: its joints, in its order.
        rows: where they are among all commanded joints.
        max_acceleration: of each [rad/s^2] or [m/s^2].
    """

    topic: str
    names: tuple[str, ...]
    rows: tuple[int, ...]
    max_acceleration: Array


class TrajectoryOutput:
    """Trajectories of its own joints."""

    def __init__(self, node: Node, joints: ControllerJoints) -> None:
        self.publisher = CommandPublisher(node, JointTrajectory, joints.topic, joints.names)
        self._rows = list(joints.rows)
        self._point = JointTrajectoryPoint()
        self._message = JointTrajectory(joint_names=list(joints.names), points=[self._point])

    def publish(self, whole: JointTrajectory, posture: Posture, time_s: float) -> None:
        """Publish its part of a trajectory of all joints."""
        if not self.publisher.is_heard:
            return
        point = whole.points[0]
        self._message.header.stamp = whole.header.stamp
        self._point.positions = array("d", posture.positions[self._rows].tobytes())
        has_velocities = len(point.velocities) > 0
        self._point.velocities = array(
            "d", posture.velocities[self._rows].tobytes() if has_velocities else b""
        )
        self._point.time_from_start = point.time_from_start
        self.publisher.publish(self._message)


class PositionsOutput:
    """Positions of its joints, in the map's order."""

    def __init__(self, node: Node, joints: ControllerJoints) -> None:
        self.publisher = CommandPublisher(node, Float64MultiArray, joints.topic, joints.names)
        self._rows = list(joints.rows)
        self._message = Float64MultiArray()

    def publish(self, whole: JointTrajectory, posture: Posture, time_s: float) -> None:
        """Publish the positions of its joints."""
        if self.publisher.is_heard:
            self._message.data = array("d", posture.positions[self._rows].tobytes())
            self.publisher.publish(self._message)


class VelocitiesOutput:
    """Velocities of its joints, in the map's order: those with which the position commands move.

    A velocity controller repeats what it heard last. So there are zeros before every silence, and velocities
    are published whether or not anybody is known to listen: a controller that discovery loses for a moment
    would go on. After zeros the velocities rise within the joints' accelerations.
    """

    def __init__(self, node: Node, joints: ControllerJoints) -> None:
        self.publisher = CommandPublisher(node, Float64MultiArray, joints.topic, joints.names)
        self._rows = list(joints.rows)
        self._max_acceleration = joints.max_acceleration
        self._sent = self._rest = np.zeros(len(joints.rows))
        self._sent_s = 0.0
        self._ended = True
        self._message = Float64MultiArray()

    def publish(self, whole: JointTrajectory, posture: Posture, time_s: float) -> None:
        """Publish the velocities of its joints."""
        if self._ended:
            self._sent_s = time_s  # it begins at rest
        change = self._max_acceleration * (time_s - self._sent_s)
        wanted = posture.velocities[self._rows]
        self._sent = wanted.clip(self._sent - change, self._sent + change)
        self._sent_s = time_s
        self._ended = False
        self._send(self._sent)

    def end(self, stamp: Time) -> None:
        """Publish zeros once, if anything else was published before; an array has no stamp."""
        if not self._ended:
            self._send(self._rest)
            self._sent, self._ended = self._rest, True

    def _send(self, velocities: Array) -> None:
        self._message.data = array("d", velocities.tobytes())
        self.publisher.publish(self._message)


_OUTPUTS: Final[dict[str, Callable[[Node, ControllerJoints], ControllerOutput]]] = {
    TRAJECTORY: TrajectoryOutput,
    POSITIONS: PositionsOutput,
    VELOCITIES: VelocitiesOutput,
}


def controller_output(
    node: Node, topic: str, controller: ControllerMap, joints: Sequence[str], max_acceleration: Array
) -> ControllerOutput:
    """What one controller gets.

    Args:
        node: what publishes; logs the order of arrays.
        topic: where the controller listens.
        controller: what it takes.
        joints: all commanded joints, in their order.
        max_acceleration: of all of these [rad/s^2] or [m/s^2].
    """
    rows = tuple(list(joints).index(name) for name in controller.joints)
    if controller.kind != TRAJECTORY:
        order = ", ".join(controller.joints)
        node.get_logger().info(f"{topic}: {controller.kind} of {order}, in this order")
    own = ControllerJoints(topic, controller.joints, rows, max_acceleration[list(rows)])
    return _OUTPUTS[controller.kind](node, own)
