#!/usr/bin/env python3
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

"""A controller for the gate: reports where the arm is, executes commands, and stops without them."""

from contextlib import suppress

import rclpy
from geometry_msgs.msg import PoseStamped
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

from frankmocap_ros.msg import GateState

TIMEOUT_S = 0.1


class FollowGate(Node):
    """Hands the gate's poses to an arm, and stops it when they end."""

    def __init__(self):
        super().__init__("follow_gate")
        target = self.declare_parameter("target", "right_wrist").value
        self.create_subscription(PoseStamped, f"gate/command/{target}", self.on_command, 1)
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self.create_subscription(GateState, "gate/state", self.on_state, latched)
        self.arm = self.create_publisher(PoseStamped, "arm/target", 1)
        self.reference = self.create_publisher(PoseStamped, f"gate/reference/{target}", 1)
        self.create_subscription(PoseStamped, "arm/pose", self.on_arm, 1)
        self.at, self.moving = None, False
        self.watchdog = self.create_timer(TIMEOUT_S, self.on_silence)

    def on_command(self, msg):
        stamp_ns = msg.header.stamp.sec * 10**9 + msg.header.stamp.nanosec
        if self.get_clock().now().nanoseconds - stamp_ns > 1e9 * TIMEOUT_S:
            return  # too late: as if it had not arrived
        self.watchdog.reset()
        self.moving = True
        self.arm.publish(msg)

    def on_state(self, msg):
        self.get_logger().info(f"gate: {msg.reason}", throttle_duration_sec=1.0)

    def on_arm(self, msg):
        self.at = msg
        self.reference.publish(msg)  # no command is far from there

    def on_silence(self):
        if self.moving and self.at is not None:
            self.get_logger().warning("no command: the arm stops where it is")
            self.arm.publish(self.at)  # not the last command: the arm may not have reached it
        self.moving = False


if __name__ == "__main__":
    rclpy.init()
    with suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(FollowGate())
