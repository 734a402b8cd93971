"""Which nodes publish on a topic, as ROS's graph tells."""

from typing import Any, Final

from rclpy.node import Node

_UNKNOWN: Final = "_NODE_NAME_UNKNOWN_"  # a publisher is discovered before its node


def publisher_nodes(node: Node, topic: str, kind: type) -> tuple[str, ...]:
    """Full names of the nodes that publish messages of a type on a topic, in order; one for each publisher.

    Args:
        node: who asks.
        topic: full name of the topic.
        kind: type of the messages, generated from its definition; who publishes another type is not heard.
    """
    package, folder, _ = kind.__module__.split(".")
    type_name = f"{package}/{folder}/{kind.__name__}"
    found = [info for info in node.get_publishers_info_by_topic(topic) if info.topic_type == type_name]
    return tuple(sorted(_name(info) for info in found))


def _name(info: Any) -> str:
    if info.node_name == _UNKNOWN:
        return "a node whose name is not yet known"
    return f"{info.node_namespace.rstrip('/')}/{info.node_name}"
