"""A process that hears bodies and the gate on one computer of a test's network, and prints JSON lines.

Arguments: ``engage`` requests control whenever it is not there and bodies arrive; ``reliable`` takes bodies
reliable.
"""

import json
import sys
import time

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.qos import QoSProfile
from std_srvs.srv import SetBool

from frankmocap_ros.msg import BodyPoseArray, GateState, Latency
from frankmocap_ros.ros.common.qos import LATCHED, incoming

RELIABLE = QoSProfile(depth=10)


def say(**values):
    print(json.dumps({"time_s": time.time(), **values}), flush=True)


def main():
    rclpy.init()
    node = rclpy.create_node("network_observer")
    client = node.create_client(SetBool, "/gate/engage")
    state, asked_s = None, 0.0

    def on_bodies(msg):
        nonlocal asked_s
        now_s = time.time()
        stamp_s = msg.header.stamp.sec + 1e-9 * msg.header.stamp.nanosec
        say(
            stamp_s=stamp_s, age_ms=1e3 * (now_s - stamp_s), published_ms=msg.age_ms,
            sequence=msg.sequence, bodies=len(msg.bodies),
        )  # fmt: skip
        wanted = "engage" in sys.argv and state == GateState.DISENGAGED and now_s - asked_s > 1.0
        if wanted and client.service_is_ready():
            asked_s = now_s
            client.call_async(SetBool.Request(data=True))

    def on_state(msg):
        nonlocal state
        state = msg.state
        say(state=msg.state, reason=msg.reason)

    def on_latency(msg):
        say(dropped=msg.dropped, transport_ms=msg.transport)

    def on_diagnostics(msg):
        for status in msg.status:
            say(status=status.name, message=status.message)

    node.create_subscription(DiagnosticArray, "/diagnostics", on_diagnostics, 10)
    node.create_subscription(Latency, "/frankmocap/latency", on_latency, incoming(10))
    node.create_subscription(
        BodyPoseArray, "/frankmocap/bodies", on_bodies, RELIABLE if "reliable" in sys.argv else incoming(10)
    )
    node.create_subscription(GateState, "/gate/state", on_state, LATCHED)
    rclpy.spin(node)


if __name__ == "__main__":
    main()
