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

"""A process that hears bodies and the gate on one computer of a test's network, and prints JSON lines.

Arguments: ``engage`` requests control every second while it is not there; ``reliable`` takes bodies
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
    asked_s = 0.0

    def on_bodies(msg):
        now_s = time.time()
        stamp_s = msg.header.stamp.sec + 1e-9 * msg.header.stamp.nanosec
        say(
            stamp_s=stamp_s, age_ms=1e3 * (now_s - stamp_s), published_ms=msg.age_ms,
            sequence=msg.sequence, bodies=len(msg.bodies),
        )  # fmt: skip

    def on_state(msg):
        nonlocal asked_s
        say(state=msg.state, reason=msg.reason)
        wanted = "engage" in sys.argv and msg.state == GateState.DISENGAGED and time.time() - asked_s > 1.0
        if wanted and client.service_is_ready():
            asked_s = time.time()
            asked = client.call_async(SetBool.Request(data=True))
            asked.add_done_callback(lambda done: say(answer=done.result().message))

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
