"""Subscriptions that a worker asks at its own rate, in place of an executor that wakes for each message.

An executor of rclpy takes about a millisecond to wake and find out who is to be served. A worker that runs a
hundred times a second anyway finds out what has come in a few microseconds.
"""

from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from rclpy.qos import QoSProfile

from frankmocap_ros.ros.common.destroying import destroy_in_executor
from frankmocap_ros.ros.common.endpoints import Topic, subscribe
from frankmocap_ros.ros.common.rclpy_internals import take_message


class _NeverServed(CallbackGroup):
    """Keeps an executor's hands off subscriptions and their events.

    An executor that serves only the events is woken by every message and takes none: it never sleeps, and
    the worker gets 75 ms late.
    """

    def can_execute(self, entity: Any) -> bool:
        return False

    def beginning_execution(self, entity: Any) -> bool:
        return self.can_execute(entity)

    def ending_execution(self, entity: Any) -> None:
        pass


class Polling:
    """Subscriptions of one node, polled by one thread.

    Args:
        node: what subscribes.
        overridable: whether topics get ``qos_overrides`` parameters; see ``endpoints.Topic``. Where the
            polling thread subscribes they must not: rclpy's parameters are for the executor's thread alone.
    """

    def __init__(self, node: Node, overridable: bool = True) -> None:
        self._node = node
        self._overridable = overridable
        self._group = _NeverServed()
        self._subscriptions: list[tuple[Any, Callable[[Any, float], None], int, int]] = []
        self._polls = 0

    def subscribe(
        self, kind: type, topic: str, handle: Callable[[Any, float], None], qos: QoSProfile, every: int = 1
    ) -> None:
        """Subscribe.

        Args:
            kind: type of the messages.
            topic: name of the topic.
            handle: is given each message, and the time at which it was found [s].
            qos: quality of service; each poll takes as many messages as its depth at most.
            every: one poll in so many looks.
        """
        self._add(self._create(kind, topic, qos, raw=False), handle, every)

    def subscribe_raw(
        self, kind: type, topic: str, handle: Callable[[bytes, float], None], qos: QoSProfile
    ) -> None:
        """As ``subscribe``, but ``handle`` is given the bytes of each message."""
        self._add(self._create(kind, topic, qos, raw=True), handle, 1)

    def _create(self, kind: type, topic: str, qos: QoSProfile, raw: bool) -> Any:
        told = Topic(kind, topic, qos, self._overridable)
        return subscribe(self._node, told, lambda _: None, self._group, raw)

    def _add(self, subscription: Any, handle: Callable[[Any, float], None], every: int) -> None:
        depth = max(1, subscription.qos_profile.depth)  # as parameters say
        # a new list: the other thread may be going through the old one
        self._subscriptions = [*self._subscriptions, (subscription, handle, depth, every)]

    def close(self) -> None:
        """Hear nothing any more; for the thread that polls."""
        old, self._subscriptions = self._subscriptions, []
        for subscription, *_ in old:
            destroy_in_executor(self._node, self._node.destroy_subscription, subscription)

    def poll(self, time_s: float) -> None:
        """Hand over what has come."""
        self._polls += 1
        for subscription, handle, depth, every in self._subscriptions:
            if self._polls % every:
                continue
            for _ in range(depth):
                message = take_message(subscription)
                if message is None:
                    break
                handle(message, time_s)
