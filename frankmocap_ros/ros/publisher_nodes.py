"""Which nodes publish on a topic, as ROS's graph tells."""

from rclpy.node import Node


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
    return tuple(sorted(f"{info.node_namespace.rstrip('/')}/{info.node_name}" for info in found))
