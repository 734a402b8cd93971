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

"""What goes out for each target: its pose, and the velocity with which it moves."""

from collections.abc import Sequence

from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped
from rclpy.node import Node

from frankmocap_ros.ros.common.conversions import write_pose
from frankmocap_ros.ros.gate.command_publisher import CommandPublisher
from frankmocap_ros.ros.gate.twist_output import TwistOutput
from frankmocap_ros.teleop.command import Command


class TargetOutputs:
    """``~/command/<target>`` and ``~/twist/<target>``, for those that somebody listens to; for one thread.

    Attributes:
        twists: of the targets.
        publishers: of all topics.

    Args:
        node: what publishes.
        base_frame: frame of the commands.
        targets: their names, in the commands' order.
    """

    def __init__(self, node: Node, base_frame: str, targets: Sequence[str]) -> None:
        self._poses = [CommandPublisher(node, PoseStamped, f"~/command/{name}") for name in targets]
        self._messages = [PoseStamped() for _ in targets]
        for message in self._messages:
            message.header.frame_id = base_frame
        self.twists = tuple(TwistOutput(node, f"~/twist/{name}", base_frame) for name in targets)
        self.publishers = (*self._poses, *(twist.publisher for twist in self.twists))

    def publish(self, command: Command, stamp: Time) -> None:
        """Publish the command of each target."""
        for i, publisher in enumerate(self._poses):
            if not publisher.is_heard:
                continue
            message = self._messages[i]
            message.header.stamp = stamp
            write_pose(message.pose, command.positions[i], command.orientations[i])
            publisher.publish(message)
        if command.twists is None:
            return
        for i, output in enumerate(self.twists):
            if output.publisher.is_heard:
                linear, angular = command.twists[:, i].tolist()
                output.publish(linear, angular, stamp)
