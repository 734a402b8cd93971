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

"""Which nodes publish on a topic, or listen there, as ROS's graph tells."""

from typing import Any, Final

from rclpy.node import Node

UNKNOWN: Final = "_NODE_NAME_UNKNOWN_"  # a publisher is discovered before its node


def publisher_nodes(node: Node, topic: str, kind: type) -> tuple[str, ...]:
    """Full names of the nodes that publish messages of a type on a topic, in order; one for each publisher.

    Args:
        node: who asks.
        topic: full name of the topic.
        kind: type of the messages, generated from its definition; who publishes another type is not heard.
    """
    name = type_name(kind)
    found = [info for info in node.get_publishers_info_by_topic(topic) if info.topic_type == name]
    return tuple(sorted(node_name(info) for info in found))


def subscriber_nodes(node: Node, topic: str, kind: type) -> tuple[str, ...]:
    """Full names of the nodes that receive messages of a type on a topic, in order, each once.

    Args:
        node: who asks.
        topic: full name of the topic.
        kind: type of the messages, generated from its definition.
    """
    name = type_name(kind)
    found = [info for info in node.get_subscriptions_info_by_topic(topic) if info.topic_type == name]
    return tuple(sorted({node_name(info) for info in found}))


def type_name(kind: type) -> str:
    """What ROS's graph calls a type of messages, such as ``sensor_msgs/msg/Image``."""
    package, folder, _ = kind.__module__.split(".")
    return f"{package}/{folder}/{kind.__name__}"


def node_name(info: Any) -> str:
    """Full name of the node that an endpoint of the graph belongs to."""
    if info.node_name == UNKNOWN:
        return "a node whose name is not yet known"
    return f"{info.node_namespace.rstrip('/')}/{info.node_name}"
