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

"""A publisher of commands: asserts that they would be computed, and knows whether somebody listens."""

from typing import Any

from rclpy.duration import Duration
from rclpy.node import Node

from frankmocap_ros.ros.common.endpoints import Topic, advertise
from frankmocap_ros.ros.common.qos import COMMANDS
from frankmocap_ros.ros.gate.command_topic import CommandTopic


class CommandPublisher:
    """One topic; for one thread.

    Attributes:
        topic: where commands go.
        is_heard: whether somebody listened when ``alive`` was called last.

    Args:
        node: what publishes.
        kind: type of the messages.
        name: of the topic, before remapping.
        joints: that each message names, in their order; empty for poses.
    """

    def __init__(self, node: Node, kind: type, name: str, joints: tuple[str, ...] = ()) -> None:
        self._publisher = advertise(node, Topic(kind, name, COMMANDS))
        self.topic = CommandTopic(self._publisher.topic_name, kind, joints)
        self.is_heard = False

    def alive(self) -> None:
        """Assert that commands would be computed, and look who listens."""
        self._publisher.assert_liveliness()
        self.is_heard = self._publisher.get_subscription_count() > 0

    def publish(self, message: Any) -> None:
        """Publish a command, whether or not somebody is known to listen."""
        self._publisher.publish(message)

    def wait(self, longest: Duration) -> None:
        """Wait until all has arrived, but not for longer."""
        self._publisher.wait_for_all_acked(longest)
