"""What goes out where the robot's joints are commanded: for all joints, and for each controller."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from builtin_interfaces.msg import Time
from rclpy.duration import Duration
from rclpy.node import Node
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.ros.common.endpoints import Topic, advertise
from frankmocap_ros.ros.common.qos import COMMANDS
from frankmocap_ros.ros.gate.command_topic import CommandTopic
from frankmocap_ros.ros.gate.controller_outputs import VelocitiesOutput, controller_output
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.command import Command
from frankmocap_ros.teleop.robot_map.controller_map import ControllerMap


@dataclass(frozen=True, eq=False)
class CommandedJoints:
    """The joints of a robot, and who takes their commands.

    Attributes:
        names: of the J joints, in the commands' order.
        max_acceleration: shape (J,) [rad/s^2] or [m/s^2].
        controllers: topic -> what the controller takes that listens there.
    """

    names: Sequence[str]
    max_acceleration: Array
    controllers: Mapping[str, ControllerMap]


class JointOutputs:
    """``~/joint_trajectory``, ``~/joint_commands`` and the controllers' topics; for one thread.

    Attributes:
        topics: where commands go.

    Args:
        node: what publishes.
        joints: of the robot.
    """

    def __init__(self, node: Node, joints: CommandedJoints) -> None:
        names = list(joints.names)
        self._joints = JointState(name=names)
        self._point = JointTrajectoryPoint()
        self._trajectory = JointTrajectory(joint_names=names, points=[self._point])
        self._lead_s = 0.0
        self._publishers = [
            advertise(node, Topic(JointTrajectory, "~/joint_trajectory", COMMANDS)),
            advertise(node, Topic(JointState, "~/joint_commands", COMMANDS)),
        ]
        self._controllers = [
            controller_output(node, topic, controller, names, joints.max_acceleration)
            for topic, controller in joints.controllers.items()
        ]
        self.topics = (
            *(CommandTopic(p.topic_name, p.msg_type, tuple(names)) for p in self._publishers),
            *(controller.topic for controller in self._controllers),
        )
        self._heard: list[tuple[Any, Any]] = []  # publishers that somebody listens to, and their messages

    @property
    def velocities(self) -> tuple[VelocitiesOutput, ...]:
        """Those that have to end with zeros."""
        return tuple(output for output in self._controllers if isinstance(output, VelocitiesOutput))

    def alive(self) -> None:
        """Assert that commands would be computed, and look who listens."""
        for publisher in self._publishers:
            publisher.assert_liveliness()
        for controller in self._controllers:
            controller.alive()
        pairs = zip(self._publishers, (self._trajectory, self._joints), strict=True)
        self._heard = [(p, message) for p, message in pairs if p.get_subscription_count()]

    def publish(self, command: Command, config: GateSettings, stamp: Time) -> None:
        """Publish joint positions and velocities; a trajectory has the time that the robot needs, at least.

        Args:
            command: what to publish; nothing where it has no posture.
            config: settings of the trajectory.
            stamp: when the positions are valid.
        """
        posture = command.posture
        if posture is None or not (self._heard or self._controllers):
            return
        # arrays are taken as they are, lists are looked through number by number
        positions = array("d", posture.positions.tobytes())
        velocities = array("d", posture.velocities.tobytes())
        self._joints.header.stamp = self._trajectory.header.stamp = stamp
        self._joints.position = self._point.positions = positions
        self._joints.velocity = velocities
        self._point.velocities = velocities if config.trajectory_velocities else array("d")
        lead_s = posture.from_start_s(config.trajectory_lead_s, config.trajectory_velocities)
        if lead_s != self._lead_s:
            self._lead_s = lead_s
            self._point.time_from_start = Duration(seconds=self._lead_s).to_msg()
        for publisher, message in self._heard:
            publisher.publish(message)
        for controller in self._controllers:
            controller.publish(self._trajectory, posture, command.time_s)
