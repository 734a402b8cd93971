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

"""Subscriptions and publishers as every node of the package makes them.

Each has a copy of its quality of service for itself (rclpy writes overrides into what it is given),
``qos_overrides`` parameters, and a line in the log about every endpoint at the other end that does not match,
with both sides' policies. An executor hears of those by an event; who polls asks ``refused`` now and then.
"""

import math
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from rclpy.callback_groups import CallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.duration import Duration
from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
from rclpy.lifecycle import LifecycleNode
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import (
    DurabilityPolicy,
    LivelinessPolicy,
    QoSProfile,
    ReliabilityPolicy,
    qos_policy_name_from_kind,
)
from rclpy.timer import Timer

from frankmocap_ros.ros.common.qos import OVERRIDABLE

_FOREVER_NS: Final = 2**63 - 1
_NAMES_KNOWN_S: Final = 1.0


@dataclass(frozen=True, eq=False)
class Topic:
    """A topic as a node publishes or hears it.

    Attributes:
        kind: type of the messages.
        name: before remapping; may be relative or begin with ``~``.
        qos: quality of service where no parameter says otherwise.
        overridable: whether there are ``qos_overrides`` parameters for it. They stay for as long as the node
            does: not for names without end, such as one for each person.
        events: whether the executor logs who does not match it.
    """

    kind: type
    name: str
    qos: QoSProfile
    overridable: bool = True
    events: bool = True


def subscribe(
    node: Node,
    topic: Topic,
    callback: Callable[[Any], None],
    group: CallbackGroup | None = None,
    raw: bool = False,
) -> Any:
    """Subscribe to a topic.

    Args:
        node: what subscribes.
        topic: what it hears.
        callback: is given each message, or its bytes with ``raw``.
        group: group of the callback; None takes the node's own.
        raw: whether messages stay bytes.
    """
    qos = copy(topic.qos)
    teller = _Teller(node, topic, qos, incoming=True) if topic.events else None
    return node.create_subscription(
        topic.kind,
        topic.name,
        callback,
        qos,
        callback_group=group,
        event_callbacks=SubscriptionEventCallbacks(incompatible_qos=teller, use_default_callbacks=False),
        qos_overriding_options=OVERRIDABLE if topic.overridable else None,
        raw=raw,
    )


def advertise(node: Node, topic: Topic) -> Any:
    """A publisher of a topic."""
    return _advertise(node, topic, node.create_publisher)


def advertise_managed(node: LifecycleNode, topic: Topic) -> Any:
    """A publisher of a topic that publishes while the node is active."""
    return _advertise(node, topic, node.create_lifecycle_publisher)


def _advertise(node: Node, topic: Topic, create: Callable[..., Publisher]) -> Any:
    qos = copy(topic.qos)
    events = PublisherEventCallbacks(incompatible_qos=_Teller(node, topic, qos, incoming=False))
    return create(
        topic.kind,
        topic.name,
        qos,
        event_callbacks=events,
        qos_overriding_options=OVERRIDABLE if topic.overridable else None,
    )


def refused(node: Node, topic: Topic, qos: QoSProfile, incoming: bool) -> list[str]:
    """A line of text about each endpoint at the other end of a topic that does not match.

    Args:
        node: whose subscription or publisher it is.
        topic: its topic.
        qos: its quality of service, overrides included.
        incoming: whether it is a subscription.
    """
    name = node.resolve_topic_name(topic.name)
    ends = node.get_publishers_info_by_topic if incoming else node.get_subscriptions_info_by_topic
    lines = set()
    for end in ends(name):
        theirs = end.qos_profile
        found = mismatches(theirs, qos) if incoming else mismatches(qos, theirs)
        if found:
            who = f"{end.node_namespace.rstrip('/')}/{end.node_name}"
            lines.add(_words(name, who, found, incoming) + _advice(name, topic, found, incoming))
    return sorted(lines)


def mismatches(offered: QoSProfile, requested: QoSProfile) -> list[tuple[str, str, str]]:
    """The policies for which a publisher and a subscription do not match.

    Returns:
        For each: its name as in ``qos_overrides``, what is offered, and what is requested.
    """
    found = []
    if (offered.reliability, requested.reliability) == (
        ReliabilityPolicy.BEST_EFFORT,
        ReliabilityPolicy.RELIABLE,
    ):
        found.append(("reliability", offered.reliability.name, requested.reliability.name))
    if (offered.durability, requested.durability) == (
        DurabilityPolicy.VOLATILE,
        DurabilityPolicy.TRANSIENT_LOCAL,
    ):
        found.append(("durability", offered.durability.name, requested.durability.name))
    if (offered.liveliness, requested.liveliness) == (
        LivelinessPolicy.AUTOMATIC,
        LivelinessPolicy.MANUAL_BY_TOPIC,
    ):
        found.append(("liveliness", offered.liveliness.name, requested.liveliness.name))
    for name in ("deadline", "liveliness_lease_duration"):
        ours_s, theirs_s = (_seconds(getattr(qos, name)) for qos in (offered, requested))
        if ours_s > theirs_s:
            found.append((name, f"{ours_s:g} s", f"{theirs_s:g} s"))
    return found


def _seconds(duration: Duration) -> float:
    """A policy's duration [s]: zero and the largest number both stand for forever."""
    nanoseconds = int(duration.nanoseconds)
    return 1e-9 * nanoseconds if 0 < nanoseconds < _FOREVER_NS else math.inf


class _Teller:
    """Logs who does not match one subscription or publisher, with both sides' policies.

    All of it is for the executor's thread.

    Args:
        node: whose it is.
        topic: its topic.
        qos: its quality of service, in which rclpy writes overrides.
        incoming: whether it is a subscription.
    """

    def __init__(self, node: Node, topic: Topic, qos: QoSProfile, incoming: bool) -> None:
        self._node, self._topic, self._qos, self._incoming = node, topic, qos, incoming
        self._timer: Timer | None = None

    def __call__(self, event: Any) -> None:
        """Take an event about a new endpoint that does not match."""
        if self._timer is None:  # names of nodes come a little after their endpoints
            clock = Clock(clock_type=ClockType.STEADY_TIME)
            self._timer = self._node.create_timer(_NAMES_KNOWN_S, partial(self._tell, event), clock=clock)

    def _tell(self, event: Any) -> None:
        node = self._node
        if self._timer is not None:
            node.destroy_timer(self._timer)
            self._timer = None
        policy = qos_policy_name_from_kind(event.last_policy_kind).lower()
        name = node.resolve_topic_name(self._topic.name)
        gone = f"{name}: an endpoint that is gone did not match in {policy}"
        for line in refused(node, self._topic, self._qos, self._incoming) or [gone]:
            node.get_logger().warning(line)


def _words(name: str, who: str, found: list[tuple[str, str, str]], incoming: bool) -> str:
    """What does not match."""
    policies = ", ".join(
        f"{policy}: {offered} offered there, {requested} requested here"
        if incoming
        else f"{policy}: {offered} offered here, {requested} requested there"
        for policy, offered, requested in found
    )
    return f"{name}: {'receives nothing from' if incoming else 'sends nothing to'} {who} ({policies}); "


def _advice(name: str, topic: Topic, found: list[tuple[str, str, str]], incoming: bool) -> str:
    """What to do about it."""
    if not topic.overridable:
        return "change the other side"
    side = "subscription" if incoming else "publisher"
    return f"change the other side, or here qos_overrides.{name}.{side}.{found[0][0]}"
