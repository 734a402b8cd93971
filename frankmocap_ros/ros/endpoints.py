"""Subscriptions and publishers as every node of the package makes them.

Each has a copy of its quality of service for itself (rclpy writes overrides into what it is given),
``qos_overrides`` parameters, and a line in the log about every endpoint at the other end that does not match,
with both sides' policies.
"""

import math
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import Any, Final

from rclpy.callback_groups import CallbackGroup
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

from frankmocap_ros.ros.qos import OVERRIDABLE

_FOREVER_NS: Final = 2**63 - 1


@dataclass(frozen=True, eq=False)
class Topic:
    """A topic as a node publishes or hears it.

    Attributes:
        kind: type of the messages.
        name: before remapping; may be relative or begin with ``~``.
        qos: quality of service where no parameter says otherwise.
        overridable: whether there are ``qos_overrides`` parameters for it. They stay for as long as the node
            does: not for names without end, such as one for each person.
    """

    kind: type
    name: str
    qos: QoSProfile
    overridable: bool = True


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
    events = SubscriptionEventCallbacks(
        incompatible_qos=lambda event: _tell(node, topic, qos, event.last_policy_kind, incoming=True)
    )
    return node.create_subscription(
        topic.kind,
        topic.name,
        callback,
        qos,
        callback_group=group,
        event_callbacks=events,
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
    events = PublisherEventCallbacks(
        incompatible_qos=lambda event: _tell(node, topic, qos, event.last_policy_kind, incoming=False)
    )
    return create(
        topic.kind,
        topic.name,
        qos,
        event_callbacks=events,
        qos_overriding_options=OVERRIDABLE if topic.overridable else None,
    )


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


def _tell(node: Node, topic: Topic, qos: QoSProfile, kind: Any, incoming: bool) -> None:
    """Log who does not match, with both sides' policies; in the executor's thread."""
    name = node.resolve_topic_name(topic.name)
    ends = node.get_publishers_info_by_topic if incoming else node.get_subscriptions_info_by_topic
    told = False
    for end in ends(name):
        theirs = end.qos_profile
        found = mismatches(theirs, qos) if incoming else mismatches(qos, theirs)
        if not found:
            continue
        told = True
        who = f"{end.node_namespace.rstrip('/')}/{end.node_name}"
        node.get_logger().warning(_words(name, who, found, incoming) + _advice(name, topic, found, incoming))
    if not told:  # it is gone again, or the graph does not know it yet
        other = "publisher" if incoming else "subscription"
        policy = qos_policy_name_from_kind(kind).lower()
        node.get_logger().warning(
            f"{name}: a {other} does not match in {policy}; see both sides with: "
            f"ros2 topic info --verbose {name}"
        )


def _words(name: str, who: str, found: list[tuple[str, str, str]], incoming: bool) -> str:
    """What does not match."""
    policies = ", ".join(
        f"{policy}: {offered} is offered there, {requested} requested here"
        if incoming
        else f"{policy}: {offered} is offered here, {requested} requested there"
        for policy, offered, requested in found
    )
    return f"{name}: {'nothing is received from' if incoming else 'nothing is sent to'} {who} ({policies}); "


def _advice(name: str, topic: Topic, found: list[tuple[str, str, str]], incoming: bool) -> str:
    """What to do about it."""
    if not topic.overridable:
        return "change the other side"
    side = "subscription" if incoming else "publisher"
    return f"change the other side, or here qos_overrides.{name}.{side}.{found[0][0]}"
