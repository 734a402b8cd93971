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

"""What this package needs of rclpy and rclpy does not document: all of it is here, and nowhere else.

Another rclpy may do it in another way. ``test/ros/test_rclpy_internals.py`` tells on which ones it was tried.
"""

from collections.abc import Callable, Collection, Generator, Mapping
from typing import Any, Final, Generic, TypeVar

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from rclpy.task import Future

T = TypeVar("T")

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


class LaterAnswer(Generic[T]):
    """What another thread will answer; a coroutine of the node awaits it beside the executor.

    It is None where the executor is shut down before.
    """

    def __init__(self, node: Node) -> None:
        self._future: Future = Future(executor=node.executor)
        self._future.add_done_callback(lambda _: None)  # wakes the executor, which goes on with the coroutine

    def give(self, answer: T) -> None:
        """Answer, from any thread; nobody hears it where the executor was shut down meanwhile.

        rclpy 7.1 (Jazzy) raises AttributeError then, for what would wake the executor is gone.
        """
        try:
            self._future.set_result(answer)
        except AttributeError:
            if not self._future.done():
                raise

    def __await__(self) -> Generator[Any, None, T | None]:
        """Wait for the answer."""
        return self._future.__await__()
