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

"""What goes out where the robot's joints are commanded: for all joints, and for each controller."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from builtin_interfaces.msg import Time
from rclpy.duration import Duration
from rclpy.node import Node
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.ros.gate.command_publisher import CommandPublisher
from frankmocap_ros.ros.gate.controller_outputs import VelocitiesOutput, controller_output
from frankmocap_ros.ros.gate.gripper_action import GripperAction
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.command import Command
from frankmocap_ros.teleop.robot_map.controller_map import ControllerMap
from frankmocap_ros.teleop.robot_map.gripper_map import GripperMap


@dataclass(frozen=True, eq=False)
class CommandedJoints:
    """The joints of a robot, and who takes their commands.

    Attributes:
        names: of the J joints, in the commands' order.
        max_acceleration: shape (J,) [rad/s^2] or [m/s^2].
        controllers: topic -> what the controller takes that listens there.
        apart: joints that only a controller of their own takes.
        actions: grippers whose controllers take goals.
    """

    names: Sequence[str]
    max_acceleration: Array
    controllers: Mapping[str, ControllerMap] = field(default_factory=dict)
    apart: frozenset[str] = frozenset()
    actions: Sequence[GripperMap] = ()


class JointOutputs:
    """``~/joint_trajectory``, ``~/joint_commands`` and the controllers' topics; for one thread.

    Attributes:
        publishers: of all topics.
        actions: clients of grippers, which take goals instead.

    Args:
        node: what publishes.
        joints: of the robot.

    Raises:
        MissingDependencyError: a gripper's action needs control_msgs, which is not installed.
    """

    def __init__(self, node: Node, joints: CommandedJoints) -> None:
        every = list(joints.names)
        names = [name for name in every if name not in joints.apart]
        self._rows = [row for row, name in enumerate(every) if name not in joints.apart]
        self._has_all = len(names) == len(every)
        self._joints = JointState(name=names)
        self._point = JointTrajectoryPoint()
        self._trajectory = JointTrajectory(joint_names=names, points=[self._point])
        self._lead_s = 0.0
        self._whole = (
            (CommandPublisher(node, JointTrajectory, "~/joint_trajectory", tuple(names)), self._trajectory),
            (CommandPublisher(node, JointState, "~/joint_commands", tuple(names)), self._joints),
        )
        self._controllers = [
            controller_output(node, topic, controller, every, joints.max_acceleration)
            for topic, controller in joints.controllers.items()
        ]
        self.actions = tuple(
            GripperAction(node, gripper, [every.index(joint) for joint in gripper.joints])
            for gripper in joints.actions
        )
        self.publishers = (
            *(publisher for publisher, _ in self._whole),
            *(controller.publisher for controller in self._controllers),
        )

    @property
    def velocities(self) -> tuple[VelocitiesOutput, ...]:
        """Those that have to end with zeros."""
        return tuple(output for output in self._controllers if isinstance(output, VelocitiesOutput))

    def publish(self, command: Command, config: GateSettings, stamp: Time) -> None:
        """Publish joint positions and velocities; a trajectory has the time that the robot needs, at least.

        Args:
            command: what to publish; nothing where it has no posture.
            config: settings of the trajectory.
            stamp: when the positions are valid.
        """
        posture = command.posture
        heard = [(publisher, message) for publisher, message in self._whole if publisher.is_heard]
        if posture is None:
            return
        for action in self.actions:
            action.publish(posture, command.time_s)
        if not (heard or self._controllers):
            return
        # arrays are taken as they are, lists are looked through number by number
        at, moves = posture.positions, posture.velocities
        if not self._has_all:
            at, moves = at[self._rows], moves[self._rows]
        positions, velocities = array("d", at.tobytes()), array("d", moves.tobytes())
        self._joints.header.stamp = self._trajectory.header.stamp = stamp
        self._joints.position = self._point.positions = positions
        self._joints.velocity = velocities
        self._point.velocities = velocities if config.trajectory_velocities else array("d")
        lead_s = posture.from_start_s(config.trajectory_lead_s, config.trajectory_velocities)
        if lead_s != self._lead_s:
            self._lead_s = lead_s
            self._point.time_from_start = Duration(seconds=self._lead_s).to_msg()
        for publisher, message in heard:
            publisher.publish(message)
        for controller in self._controllers:
            controller.publish(self._trajectory, posture, command.time_s)
