"""What the gate publishes: its state, poses for each target, and joints where there is a robot."""

import math
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped
from rclpy.duration import Duration
from rclpy.node import Node
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from frankmocap_ros.msg import GateState
from frankmocap_ros.ros.common.endpoints import Topic, advertise
from frankmocap_ros.ros.common.qos import COMMANDS, LATCHED
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.command import Command, Posture
from frankmocap_ros.teleop.controller import Controller


class _ControllerTopic:
    """What one of several controllers gets: a trajectory of its own joints.

    Attributes:
        is_heard: whether somebody listened when ``alive`` was called last.

    Args:
        node: what publishes.
        topic: where the controller listens.
        own: its joints.
        joints: all commanded joints, in their order.
    """

    def __init__(self, node: Node, topic: str, own: Sequence[str], joints: Sequence[str]) -> None:
        self.is_heard = False
        self._publisher = advertise(node, Topic(JointTrajectory, topic, COMMANDS))
        self._rows = [list(joints).index(name) for name in own]
        self._point = JointTrajectoryPoint()
        self._message = JointTrajectory(joint_names=list(own), points=[self._point])

    def alive(self) -> None:
        """Assert that commands would be computed, and look who listens."""
        self._publisher.assert_liveliness()
        self.is_heard = self._publisher.get_subscription_count() > 0

    def publish(self, whole: JointTrajectory, posture: Posture) -> None:
        """Publish its part of a trajectory of all joints."""
        point = whole.points[0]
        self._message.header.stamp = whole.header.stamp
        self._point.positions = array("d", posture.positions[self._rows].tobytes())
        has_velocities = len(point.velocities) > 0
        self._point.velocities = array(
            "d", posture.velocities[self._rows].tobytes() if has_velocities else b""
        )
        self._point.time_from_start = point.time_from_start
        self._publisher.publish(self._message)


class GateOutputs:
    """Publishers of the gate; their messages are reused. For one thread.

    Who listens is looked up with ``alive``, not for every message.

    Attributes:
        commands: how many commands went out.

    Args:
        node: what publishes.
        base_frame: frame of the commands.
        targets: names of the targets, in the commands' order.
        joints: names of the robot's joints; empty without a robot.
        controllers: topic -> joints of the controller that listens there.
    """

    def __init__(
        self,
        node: Node,
        base_frame: str,
        targets: Sequence[str],
        joints: Sequence[str],
        controllers: Mapping[str, Sequence[str]],
    ) -> None:
        self.commands = 0
        self._state = advertise(node, Topic(GateState, "~/state", LATCHED))
        self._poses = [advertise(node, Topic(PoseStamped, f"~/command/{name}", COMMANDS)) for name in targets]
        self._messages = [PoseStamped() for _ in targets]
        for message in self._messages:
            message.header.frame_id = base_frame
        self._joints = JointState(name=list(joints))
        self._point = JointTrajectoryPoint()
        self._trajectory = JointTrajectory(joint_names=list(joints), points=[self._point])
        self._lead_s = 0.0
        self._joint_publishers = []
        if joints:
            self._joint_publishers = [
                advertise(node, Topic(JointTrajectory, "~/joint_trajectory", COMMANDS)),
                advertise(node, Topic(JointState, "~/joint_commands", COMMANDS)),
            ]
        self._controllers = [_ControllerTopic(node, topic, own, joints) for topic, own in controllers.items()]
        self._heard: list[int] = []  # numbers of the targets that somebody listens to
        self._joints_heard: list[tuple[Any, Any]] = []  # the same, publishers and their messages
        self._message = GateState()
        self._message.header.frame_id = base_frame

    def alive(self) -> None:
        """Assert that commands would be computed, if there are any or not. Call it some times a second."""
        for publisher in (self._state, *self._poses, *self._joint_publishers):
            publisher.assert_liveliness()
        for controller in self._controllers:
            controller.alive()
        self._heard = [i for i, p in enumerate(self._poses) if p.get_subscription_count()]
        pairs = zip(self._joint_publishers, (self._trajectory, self._joints), strict=False)
        self._joints_heard = [(p, message) for p, message in pairs if p.get_subscription_count()]

    def poses(self, command: Command, stamp: Time) -> None:
        """Publish the command of each target."""
        self.commands += 1
        for i in self._heard:
            message = self._messages[i]
            message.header.stamp = stamp
            p, q = message.pose.position, message.pose.orientation
            p.x, p.y, p.z = command.positions[i].tolist()
            q.x, q.y, q.z, q.w = command.orientations[i].tolist()
            self._poses[i].publish(message)

    def joints(self, posture: Posture, config: GateSettings, stamp: Time) -> None:
        """Publish joint positions and velocities; a trajectory has the time that the robot needs, at least.

        Args:
            posture: what to publish.
            config: settings of the trajectory.
            stamp: when the positions are valid.
        """
        listening = [controller for controller in self._controllers if controller.is_heard]
        if not self._joints_heard and not listening:
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
        for publisher, message in self._joints_heard:
            publisher.publish(message)
        for controller in listening:
            controller.publish(self._trajectory, posture)

    def state(self, controller: Controller, time_s: float, stamp: Time) -> None:
        """Publish the gate's state, with what holds the robot back."""
        quality, message = controller.tracking_quality, self._message
        age_s = controller.age_s(time_s)
        message.header.stamp = stamp
        message.state, message.reason = int(controller.state), controller.reason
        message.operator_id = controller.operator_id
        message.arming_left_s = controller.arming_left_s(time_s)
        message.age_ms = 1e3 * age_s if math.isfinite(age_s) else -1.0
        message.limits = list(controller.limits_hit)
        message.lag_ms, message.jitter_mm = quality.lag_ms, quality.jitter_mm
        message.measured_jitter_mm = quality.measured_jitter_mm
        message.commands = self.commands
        message.ignored = sum(controller.ignored.values())
        self._state.publish(message)
