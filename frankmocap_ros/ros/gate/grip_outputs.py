"""How far each gripper is to be open."""

from builtin_interfaces.msg import Time
from rclpy.node import Node

from frankmocap_ros.body.skeleton import SIDES
from frankmocap_ros.msg import Grip
from frankmocap_ros.ros.gate.command_publisher import CommandPublisher
from frankmocap_ros.teleop.command import Command


class GripOutputs:
    """``~/grip/left`` and ``~/grip/right``, for those that somebody listens to; for one thread.

    Attributes:
        publishers: of both topics.

    Args:
        node: what publishes.
    """

    def __init__(self, node: Node) -> None:
        self._outputs = {side: CommandPublisher(node, Grip, f"~/grip/{side}") for side in SIDES}
        self._message = Grip()
        self.publishers = tuple(self._outputs.values())

    def publish(self, command: Command, stamp: Time) -> None:
        """Publish the command's grips."""
        for grip in command.grips:
            publisher = self._outputs[grip.side]
            if not publisher.is_heard:
                continue
            message = self._message
            message.header.stamp = stamp
            message.side, message.state = grip.side, int(grip.state)
            message.opening, message.confidence = grip.opening, grip.confidence
            publisher.publish(message)
