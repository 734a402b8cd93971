"""A process that hears bodies and the gate on one computer of a test's network, and prints JSON lines.

Arguments: ``engage`` requests control as soon as bodies arrive, again until it is there.
"""

import json
import sys
import time

import rclpy
from std_srvs.srv import SetBool

from frankmocap_ros.msg import BodyPoseArray, GateState
from frankmocap_ros.ros.common.qos import LATCHED, RESULTS


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
            bodies=len(msg.bodies),
        )  # fmt: skip
        wanted = "engage" in sys.argv and state == GateState.DISENGAGED and now_s - asked_s > 1.0
        if wanted and client.service_is_ready():
            asked_s = now_s
            client.call_async(SetBool.Request(data=True))

    def on_state(msg):
        nonlocal state
        state = msg.state
        say(state=msg.state, reason=msg.reason)

    node.create_subscription(BodyPoseArray, "/frankmocap/bodies", on_bodies, RESULTS)
    node.create_subscription(GateState, "/gate/state", on_state, LATCHED)
    rclpy.spin(node)


if __name__ == "__main__":
    main()
