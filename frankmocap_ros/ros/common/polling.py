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

"""Subscriptions that a worker asks at its own rate, in place of an executor that wakes for each message.

An executor of rclpy takes about a millisecond to wake and find out who is to be served. A worker that runs a
hundred times a second anyway finds out what has come in a few microseconds.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from rclpy.qos import QoSProfile

from frankmocap_ros.ros.common.destroying import destroy_in_executor
from frankmocap_ros.ros.common.endpoints import Topic, refused, subscribe
from frankmocap_ros.ros.common.qos import incoming_from_all
from frankmocap_ros.ros.common.rclpy_internals import take_message

_REFUSED_S: Final = 2.0
"""Between two questions who does not match a topic; each takes some 0.05 ms."""


class NeverServed(CallbackGroup):
    """Keeps an executor's hands off subscriptions and their events.

    An executor that serves only the events is woken by every message and takes none: it never sleeps, and
    the worker gets 75 ms late. ``Polling`` asks who does not match instead.
    """

    def can_execute(self, entity: Any) -> bool:
        """Never."""
        return False

    def beginning_execution(self, entity: Any) -> bool:
        """Never."""
        return self.can_execute(entity)

    def ending_execution(self, entity: Any) -> None:
        """Nothing began."""


@dataclass(frozen=True, eq=False)
class _Polled:
    """A subscription.

    Attributes:
        topic: its topic.
        subscription: rclpy's.
        handle: is given each message, and the time at which it was found [s].
        depth: messages that one poll takes at most.
        every: one poll in this many looks.
    """

    topic: Topic
    subscription: Any
    handle: Callable[[Any, float], None]
    depth: int
    every: int


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
        self._group = NeverServed()
        self._polled: list[_Polled] = []
        self._polls = 0
        self._asked = 0
        self._ask_s = time.monotonic() + _REFUSED_S
        self._told: set[str] = set()
        self._matched: frozenset[str] = frozenset()  # topics of which some subscription matches everybody

    def subscribe(
        self, kind: type, topic: str, handle: Callable[[Any, float], None], qos: QoSProfile, every: int = 1
    ) -> None:
        """Subscribe.

        Args:
            kind: type of the messages.
            topic: name of the topic.
            handle: is given each message, and the time at which it was found [s].
            qos: quality of service; each poll takes as many messages as its depth at most.
            every: one poll in this many looks.
        """
        self._add(self._topic(kind, topic, qos), handle, every, raw=False)

    def subscribe_raw(
        self, kind: type, topic: str, handle: Callable[[bytes, float], None], qos: QoSProfile
    ) -> None:
        """As ``subscribe``, but ``handle`` is given the bytes of each message."""
        self._add(self._topic(kind, topic, qos), handle, every=1, raw=True)

    def subscribe_to_all(self, kind: type, topic: str, handle: Callable[[Any, float], None]) -> None:
        """Subscribe so that every publisher is heard, whatever its quality of service, and what it latched.

        ``handle`` gets messages more than once. There are no ``qos_overrides`` parameters.

        Args:
            kind: type of the messages.
            topic: name of the topic.
            handle: is given each message, and the time at which it was found [s].
        """
        for qos in incoming_from_all():
            self._add(Topic(kind, topic, qos, overridable=False, events=False), handle, 1, raw=False)
        self._matched |= {topic}

    def _topic(self, kind: type, name: str, qos: QoSProfile) -> Topic:
        return Topic(kind, name, qos, self._overridable, events=False)

    def _add(self, topic: Topic, handle: Callable[[Any, float], None], every: int, raw: bool) -> None:
        subscription = subscribe(self._node, topic, lambda _: None, self._group, raw)
        depth = max(1, subscription.qos_profile.depth)  # as parameters say
        # a new list: the other thread may be going through the old one
        self._polled = [*self._polled, _Polled(topic, subscription, handle, depth, every)]

    def close(self) -> None:
        """Hear nothing any more; for the thread that polls."""
        old, self._polled = self._polled, []
        for polled in old:
            destroy_in_executor(self._node, self._node.destroy_subscription, polled.subscription)

    def poll(self, time_s: float) -> None:
        """Hand over what has come, and log publishers that do not match."""
        self._polls += 1
        for polled in self._polled:
            if self._polls % polled.every:
                continue
            for _ in range(polled.depth):
                message = take_message(polled.subscription)
                if message is None:
                    break
                polled.handle(message, time_s)
        if time.monotonic() >= self._ask_s and self._polled:
            self._asked += 1
            self._tell_refused(self._polled[self._asked % len(self._polled)])
            self._ask_s = time.monotonic() + _REFUSED_S / len(self._polled)

    def _tell_refused(self, polled: _Polled) -> None:
        if polled.topic.name in self._matched:
            return
        qos = polled.subscription.qos_profile
        for line in refused(self._node, polled.topic, qos, incoming=True):
            if line not in self._told:
                self._told.add(line)
                self._node.get_logger().warning(line)
