"""A velocity that goes out as TwistStamped, and ends with zeros."""

from collections.abc import Sequence

from builtin_interfaces.msg import Time
from geometry_msgs.msg import TwistStamped
from rclpy.node import Node

from frankmocap_ros.ros.gate.command_publisher import CommandPublisher

_ZERO = (0.0, 0.0, 0.0)


class TwistOutput:
    """One topic; for one thread.

    Attributes:
        publisher: of the topic.

    Args:
        node: what publishes.
        topic: its name.
        frame_id: frame of the velocities.
    """

    def __init__(self, node: Node, topic: str, frame_id: str) -> None:
        self.publisher = CommandPublisher(node, TwistStamped, topic)
        self._message = TwistStamped()
        self._message.header.frame_id = frame_id
        self._ended = True

    @property
    def publishers(self) -> tuple[CommandPublisher, ...]:
        """The one of the topic."""
        return (self.publisher,)

    def publish(self, linear: Sequence[float], angular: Sequence[float], stamp: Time) -> None:
        """Publish a velocity, three numbers each [m/s], [rad/s]."""
        self._ended = False
        self._send(linear, angular, stamp)

    def end(self, stamp: Time) -> None:
        """Publish zeros once, if anything else was published before."""
        if not self._ended:
            self._send(_ZERO, _ZERO, stamp)
            self._ended = True

    def _send(self, linear: Sequence[float], angular: Sequence[float], stamp: Time) -> None:
        message = self._message
        message.header.stamp = stamp
        v, w = message.twist.linear, message.twist.angular
        v.x, v.y, v.z = linear
        w.x, w.y, w.z = angular
        self.publisher.publish(message)
