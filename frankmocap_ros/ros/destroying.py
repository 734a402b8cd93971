"""Topics end in the executor's thread."""

from collections.abc import Callable
from typing import TypeVar

from rclpy.node import Node

T = TypeVar("T")


def destroy_in_executor(node: Node, destroy: Callable[[T], object], what: T) -> None:
    """Have a publisher or subscription of a node destroyed in the thread that spins it; at once without one.

    An executor lists what it waits for, and takes hold of that a moment later. Where another thread destroys
    it in between, ``spin`` raises InvalidHandle (rclpy 9.1), and the node's process ends. An executor that was
    shut down, or has let go of the node, takes no task any more: rclpy 9.1 forgets it, 7.1 raises.

    Args:
        node: whose it is.
        destroy: the node's method for such; must not raise.
        what: the publisher or subscription.
    """
    executor = node.executor
    if executor is not None and node in executor.get_nodes():
        executor.create_task(destroy, what)
    else:
        destroy(what)
