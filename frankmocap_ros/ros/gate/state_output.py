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

"""What the gate tells of itself."""

import math

from builtin_interfaces.msg import Time
from rclpy.node import Node

from frankmocap_ros.msg import GateState
from frankmocap_ros.ros.common.endpoints import Topic, advertise
from frankmocap_ros.ros.common.qos import LATCHED
from frankmocap_ros.teleop.controller import Controller


class StateOutput:
    """``~/state``; its message is reused. For one thread.

    Args:
        node: what publishes.
        base_frame: frame of the commands.
    """

    def __init__(self, node: Node, base_frame: str) -> None:
        self._publisher = advertise(node, Topic(GateState, "~/state", LATCHED))
        self._message = GateState()
        self._message.header.frame_id = base_frame

    def alive(self) -> None:
        """Assert that commands would be computed."""
        self._publisher.assert_liveliness()

    def publish(self, controller: Controller, commands: int, time_s: float, stamp: Time) -> None:
        """Publish the gate's state, with what holds the robot back and how many commands went out."""
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
        message.commands = commands
        message.ignored = sum(controller.reception.ignored.values())
        self._publisher.publish(message)
