#!/usr/bin/env python3
"""A controller that listens to the gate: every pose that comes may be executed, and silence means stop."""

from contextlib import suppress

import rclpy
from geometry_msgs.msg import PoseStamped
from rclpy.duration import Duration
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, LivelinessPolicy, QoSProfile

from frankmocap_ros.msg import GateState

TIMEOUT_S = 0.1


class FollowGate(Node):
    """Hands the gate's poses to an arm, and stops it when they end."""

    def __init__(self):
        super().__init__("follow_gate")
        target = self.declare_parameter("target", "right_wrist").value
        # the gate's worker says by hand that it lives: one that is stuck is noticed after 0.2 s
        qos = QoSProfile(
            depth=1,
            liveliness=LivelinessPolicy.MANUAL_BY_TOPIC,
            liveliness_lease_duration=Duration(nanoseconds=300_000_000),
        )
        self.create_subscription(PoseStamped, f"gate/command/{target}", self.on_command, qos)
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self.create_subscription(GateState, "gate/state", self.on_state, latched)
        self.arm = self.create_publisher(PoseStamped, "arm/target", 1)
        self.moving, self.reason = False, ""
        self.watchdog = self.create_timer(TIMEOUT_S, self.on_silence)

    def on_command(self, msg):
        stamp_ns = msg.header.stamp.sec * 10**9 + msg.header.stamp.nanosec
        if self.get_clock().now().nanoseconds - stamp_ns > 1e9 * TIMEOUT_S:
            return  # late on its way: as if it had not come
        self.watchdog.reset()
        self.moving = True
        self.arm.publish(msg)

    def on_silence(self):
        if self.moving:
            self.moving = False
            self.get_logger().warning("no command: the arm stops where it is")

    def on_state(self, msg):
        if msg.reason != self.reason:
            self.reason = msg.reason
            self.get_logger().info(f"gate: {msg.reason}")


if __name__ == "__main__":
    rclpy.init()
    with suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(FollowGate())
