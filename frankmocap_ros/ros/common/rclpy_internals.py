"""What this package needs of rclpy and rclpy does not document: all of it is here, and nowhere else.

Another rclpy may do it in another way. ``test/ros/test_rclpy_internals.py`` tells on which ones it was tried.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node

KNOWN_VERSIONS: Final = ("7.1", "9.1")
"""Of rclpy, major and minor, for which all of this is known to work: ROS 2 Jazzy's and Kilted's."""

Service = Callable[[Any, Any], Any]
"""A service's callback: from request and response to the response, or to an awaitable of it."""


def given_parameters(node: Node) -> Collection[str]:
    """Names of the parameters that a node was given by file, argument or constructor, declared or not.

    To declare all of them is rclpy's public way to learn them, and would let any name pass.
    """
    return tuple(node._parameter_overrides)


def ros_runs(node: Node) -> bool:
    """Like ``node.context.ok()``, but without the context's lock, whose holder may wait for this thread."""
    handle = node.context.handle
    return handle is not None and handle.ok()


def take_message(subscription: Any) -> Any | None:
    """The oldest message that a subscription has and nobody took; None where there is none.

    An executor must not serve the subscription. With ``raw`` it is the message's bytes.
    """
    found = take_with_info(subscription)
    return None if found is None else found[0]


def take_with_info(subscription: Any) -> tuple[Any, Mapping[str, Any]] | None:
    """As ``take_message``, with what the middleware says of the message.

    Returns:
        The message, and ``source_timestamp`` and ``received_timestamp`` [ns] by name; where rclpy tells them
        (9.1) also ``publication_sequence_number`` and ``publisher_gid``, whose ``data`` is bytes.

    Raises:
        rclpy.exceptions.InvalidHandle: the subscription was destroyed.
    """
    with subscription.handle:
        found = subscription.handle.take_message(subscription.msg_type, subscription.raw)
    return None if found is None else (found[0], found[1])


def wrap_services(
    node: Node, kind: type, wrap: Callable[[Service], Service], group: CallbackGroup | None = None
) -> None:
    """Put another callback in place of a node's own services, such as those that rclpy makes.

    Args:
        node: whose services they are.
        kind: their type.
        wrap: makes the new callback from the one there is.
        group: their callback group from now on; None leaves it.
    """
    for service in node.services:
        if service.srv_type is kind:
            if group is not None:
                service.callback_group = group
                group.add_entity(service)
            service.callback = wrap(service.callback)
