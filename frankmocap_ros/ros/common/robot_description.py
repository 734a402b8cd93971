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

"""A robot's model from a topic, as robot_state_publisher offers it."""

import time
from typing import Any, Final

from rclpy.exceptions import NameValidationException
from rclpy.node import Node
from std_msgs.msg import String

from frankmocap_ros.errors import RobotError
from frankmocap_ros.ros.common.endpoints import Topic, refused, subscribe
from frankmocap_ros.ros.common.qos import MODELS
from frankmocap_ros.ros.common.rclpy_internals import ros_runs, take_message
from frankmocap_ros.settings.robot_model import FROM_TOPIC, topic_of
from frankmocap_ros.teleop.robot_model.model_source import ReceivedModel
from frankmocap_ros.teleop.robot_model.xml_source import MAX_BYTES, shortened

PATIENCE_S: Final = 30.0
"""How long a description is waited for [s]."""

_LOOK_S: Final = 0.05
_SILENT_S: Final = 1.0  # before the log says what is waited for


def robot_model(node: Node, setting: str, patience_s: float = PATIENCE_S) -> str | ReceivedModel:
    """The model that the setting ``robot_model`` means: where it names a topic, what is published there.

    For the constructor of a node: nothing spins it while this waits.

    Args:
        node: that listens.
        setting: ``topic``, ``topic:NAME``, or a file, which is returned as it is.
        patience_s: how long the topic is waited for [s].

    Raises:
        RobotError: nothing came in time, or what came is too large; says what to do.
    """
    name = topic_of(setting)
    if not name:
        return setting
    topic = Topic(String, name, MODELS, overridable=False, events=False)
    try:
        subscription = subscribe(node, topic, lambda _: None)
    except NameValidationException as error:
        raise RobotError(f"robot_model {setting!r}: no name of a topic: {shortened(error)}") from error
    full = subscription.topic_name
    try:
        text = _text(node, subscription, topic, patience_s)
        others = len(node.get_publishers_info_by_topic(full)) - 1
    finally:
        node.destroy_subscription(subscription)
    if others > 0:
        node.get_logger().warning(f"{full}: it has {others + 1} publishers; what came first is taken")
    return ReceivedModel(f"topic {full}", text)


def _text(node: Node, subscription: Any, topic: Topic, patience_s: float) -> str:
    """What is published on a topic that the node has subscribed to."""
    full = subscription.topic_name
    start_s, told = time.monotonic(), False
    while ros_runs(node):
        message = take_message(subscription)
        if message is not None:
            size = len(message.data)
            if size > MAX_BYTES:
                raise RobotError(f"{full}: it has {size / 2**20:.0f} MiB; allowed: {MAX_BYTES // 2**20}")
            if not message.data.strip():
                raise RobotError(f"{full}: it is empty; publish a URDF there, as robot_state_publisher does")
            return str(message.data)
        waited_s = time.monotonic() - start_s
        if waited_s >= patience_s:
            why = "; ".join(refused(node, topic, topic.qos, incoming=True)) or "nobody has published there"
            raise RobotError(
                f"no model of the robot on {full} within {patience_s:g} s: {why}. Start "
                f"robot_state_publisher in this ROS domain, remap {topic.name} to its topic (or set "
                f"robot_model: {FROM_TOPIC}:/NAME), or give a file as robot_model"
            )
        if not told and waited_s >= _SILENT_S:
            told = True
            node.get_logger().info(f"waiting for the robot's model on {full} ({patience_s:g} s at most)")
        time.sleep(_LOOK_S)
    raise RobotError(f"{full}: interrupted while it was waited for")
