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
