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
