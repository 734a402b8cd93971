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

"""Two commands of ``ros2`` as they are published, for command lines of the documentation; run as a program.

``topic echo --once --field`` prints the field and a line of dashes (ros2cli, Humble to Rolling).
``run robot_state_publisher`` declares that node's parameters and topics (robot_state_publisher 3.x), tells as
a line of JSON what it was given, and ends with the first joint states.
"""

import argparse
import json
import sys

import rclpy
from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy, qos_profile_sensor_data
from sensor_msgs.msg import JointState
from std_msgs.msg import String

SECONDS = 20.0


def echo(words: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("topic_name")
    parser.add_argument("message_type", choices=["std_msgs/msg/String"])
    parser.add_argument("--once", action="store_true", required=True)
    parser.add_argument("--field", choices=["data"], required=True)
    parser.add_argument("--qos-durability", choices=["volatile", "transient_local"], default="volatile")
    parser.add_argument("--qos-reliability", choices=["reliable", "best_effort"], default="reliable")
    asked = parser.parse_args(words)
    rclpy.init()
    node, future = rclpy.create_node("echo"), rclpy.Future()
    qos = QoSProfile(
        depth=1,
        durability=getattr(QoSDurabilityPolicy, asked.qos_durability.upper()),
        reliability=getattr(QoSReliabilityPolicy, asked.qos_reliability.upper()),
    )
    node.create_subscription(
        String, asked.topic_name, lambda msg: future.done() or future.set_result(msg), qos
    )
    rclpy.spin_until_future_complete(node, future, timeout_sec=SECONDS)
    print(future.result().data, end="\n---\n")


def robot_state_publisher(words: list[str]) -> None:
    rclpy.init(args=["robot_state_publisher", *words])
    node, future = rclpy.create_node("robot_state_publisher"), rclpy.Future()
    known = {
        "robot_description": "",
        "publish_frequency": 20.0,
        "frame_prefix": "",
        "ignore_timestamp": False,
    }
    values = {name: node.declare_parameter(name, default).value for name, default in known.items()}
    description = node.create_publisher(
        String, "robot_description", QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
    )
    states = node.create_subscription(
        JointState,
        "joint_states",
        lambda msg: future.done() or future.set_result(msg),
        qos_profile_sensor_data,
    )
    rclpy.spin_until_future_complete(node, future, timeout_sec=SECONDS)
    told = {
        "node": node.get_fully_qualified_name(),
        "topics": [description.topic_name, states.topic_name],
        "joints": list(future.result().name),
    }
    print(json.dumps({**told, **values}))


if __name__ == "__main__":
    if sys.argv[1:3] == ["topic", "echo"]:
        echo(sys.argv[3:])
    elif sys.argv[1:4] == ["run", "robot_state_publisher", "robot_state_publisher"]:
        robot_state_publisher(sys.argv[4:])
    else:
        sys.exit(f"not stood in for: ros2 {' '.join(sys.argv[1:])}")
