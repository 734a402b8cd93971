"""What goes out for each target: its pose, and the velocity with which it moves."""

from collections.abc import Sequence

from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped
from rclpy.node import Node

from frankmocap_ros.ros.common.endpoints import Topic, advertise
from frankmocap_ros.ros.common.qos import COMMANDS
from frankmocap_ros.ros.gate.command_topic import CommandTopic
from frankmocap_ros.ros.gate.twist_output import TwistOutput
from frankmocap_ros.teleop.command import Command


class TargetOutputs:
    """``~/command/<target>`` and ``~/twist/<target>``, for those that somebody listens to; for one thread.

    Attributes:
        twists: of the targets.
        topics: where commands go.

    Args:
        node: what publishes.
        base_frame: frame of the commands.
        targets: their names, in the commands' order.
    """

    def __init__(self, node: Node, base_frame: str, targets: Sequence[str]) -> None:
        self._poses = [advertise(node, Topic(PoseStamped, f"~/command/{name}", COMMANDS)) for name in targets]
        self._messages = [PoseStamped() for _ in targets]
        for message in self._messages:
            message.header.frame_id = base_frame
        self.twists = tuple(TwistOutput(node, f"~/twist/{name}", base_frame) for name in targets)
        self.topics = (
            *(CommandTopic(publisher.topic_name, PoseStamped) for publisher in self._poses),
            *(topic for twist in self.twists for topic in twist.topics),
        )
        self._heard: list[int] = []  # numbers of the targets whose poses somebody listens to

    def alive(self) -> None:
        """Assert that commands would be computed, and look who listens."""
        for publisher in self._poses:
            publisher.assert_liveliness()
        for twist in self.twists:
            twist.alive()
        self._heard = [i for i, p in enumerate(self._poses) if p.get_subscription_count()]

    def publish(self, command: Command, stamp: Time) -> None:
        """Publish the command of each target."""
        for i in self._heard:
            message = self._messages[i]
            message.header.stamp = stamp
            p, q = message.pose.position, message.pose.orientation
            p.x, p.y, p.z = command.positions[i].tolist()
            q.x, q.y, q.z, q.w = command.orientations[i].tolist()
            self._poses[i].publish(message)
        if command.twists is None:
            return
        for i, output in enumerate(self.twists):
            if output.is_heard:
                linear, angular = command.twists[:, i].tolist()
                output.publish(linear, angular, stamp)
