"""Whether ROS still runs, asked from a thread that others may wait for."""

from rclpy.node import Node


def ros_runs(node: Node) -> bool:
    """As ``node.context.ok()``, but without the context's lock, whose holder may wait for this thread."""
    handle = node.context.handle
    return handle is not None and handle.ok()
