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

"""Subscriptions that are polled for the bytes of their messages, and match whatever publishers offer."""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rclpy.clock import ROSClock
from rclpy.duration import Duration
from rclpy.exceptions import InvalidHandle
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

from frankmocap_ros.errors import RecordingError
from frankmocap_ros.recording.message_queue import ReceivedMessage
from frankmocap_ros.recording.recorder import Recorder
from frankmocap_ros.recording.topics import OfferedQos, qos_text
from frankmocap_ros.ros.common.destroying import destroy_in_executor
from frankmocap_ros.ros.common.endpoints import Topic, subscribe
from frankmocap_ros.ros.common.polling import NeverServed
from frankmocap_ros.ros.common.publisher_nodes import UNKNOWN, node_name
from frankmocap_ros.ros.common.rclpy_internals import take_with_info

_LARGE: Final = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage", "sensor_msgs/msg/PointCloud2")
_LARGE_DEPTH: Final = 15  # half a second of images
_DEPTH: Final = 200  # two seconds of commands


@dataclass(eq=False)
class _Recorded:
    """A topic.

    Attributes:
        topic: name in full.
        type_name: of its messages.
        qos: what its subscription requests.
        subscription: rclpy's.
        numbers: the newest message of each publisher, as the middleware numbers them.
    """

    topic: str
    type_name: str
    qos: QoSProfile
    subscription: Any
    numbers: dict[bytes, int] = field(default_factory=dict)


class RecordedTopics:
    """All subscriptions of the recorder: the executor looks who is there, one other thread polls.

    Args:
        node: what subscribes.
        recorder: is told what publishers offer, and of messages that were lost on the way.
    """

    def __init__(self, node: Node, recorder: Recorder) -> None:
        self._node, self._recorder = node, recorder
        self._group = NeverServed()
        self._recorded: dict[str, _Recorded] = {}
        self._refused: set[str] = set()
        self._publishers: set[str] = set()

    @property
    def publishers(self) -> Sequence[str]:
        """Full names of the nodes that publish something that is recorded."""
        return sorted(self._publishers)

    @property
    def names(self) -> Sequence[str]:
        """Topics that are subscribed to."""
        return sorted(self._recorded)

    def look_around(self, wanted: Mapping[str, str]) -> None:
        """Subscribe to what is there, and again where publishers came that offer less.

        Args:
            wanted: types by name of the topics that are to be recorded.
        """
        publishers: set[str] = set()
        for topic, type_name in wanted.items():
            ends = self._node.get_publishers_info_by_topic(topic)
            ends = [end for end in ends if end.topic_type == type_name]
            if not ends or topic in self._refused:
                continue
            publishers.update(node_name(end) for end in ends if end.node_name != UNKNOWN)
            requested = _matching([end.qos_profile for end in ends], type_name)
            known = self._recorded.get(topic)
            if known is None or _asks_less(requested, known.qos):
                self._recorder.describe(topic, qos_text(_offered(end.qos_profile) for end in ends))
                self._subscribe(topic, type_name, requested)
        self._publishers = publishers

    def hear_latched_again(self) -> None:
        """Subscribe again to latched topics: an episode that begins gets what publishers keep."""
        for one in tuple(self._recorded.values()):
            if one.qos.durability == DurabilityPolicy.TRANSIENT_LOCAL:
                self._subscribe(one.topic, one.type_name, one.qos)

    def poll(self) -> list[ReceivedMessage]:
        """What has come, in the order in which it did; for the thread that polls."""
        clock = self._node.get_clock()
        by_arrival = not (isinstance(clock, ROSClock) and clock.ros_time_is_active)  # no simulated time
        found: list[ReceivedMessage] = []
        for one in tuple(self._recorded.values()):
            for _ in range(one.qos.depth):
                try:
                    taken = take_with_info(one.subscription)
                except InvalidHandle:  # it was subscribed to again
                    break
                if taken is None:
                    break
                cdr, info = taken
                received_ns = info["received_timestamp"] if by_arrival else 0
                message = ReceivedMessage(
                    one.topic,
                    one.type_name,
                    cdr,
                    received_ns or clock.now().nanoseconds,
                    info["source_timestamp"],
                )
                found.append(message)
                self._count_lost(one, info)
        found.sort(key=lambda message: message.log_time_ns)
        return found

    def _count_lost(self, one: _Recorded, info: Mapping[str, Any]) -> None:
        """Tell the recorder of numbers that are missing between a publisher's messages."""
        number, publisher = info.get("publication_sequence_number"), info.get("publisher_gid")
        if number is None or publisher is None:
            return  # rclpy 7.1 does not say whose message it is
        key = bytes(publisher["data"])
        before = one.numbers.get(key)
        one.numbers[key] = number
        if before is not None and number > before + 1 and self._recorder.wants_messages:
            self._recorder.lost(one.topic, one.type_name, number - before - 1)

    def _subscribe(self, topic: str, type_name: str, qos: QoSProfile) -> None:
        try:
            # neither events nor overrides: what is requested follows from what is offered
            asked = Topic(_message_type(type_name), topic, qos, overridable=False, events=False)
            subscription = subscribe(self._node, asked, lambda _: None, self._group, raw=True)
        except RecordingError as error:
            self._refused.add(topic)
            self._node.get_logger().error(f"{topic} is not recorded: {error}")
            return
        known = self._recorded.get(topic)
        self._recorded[topic] = _Recorded(topic, type_name, qos, subscription)
        if known is not None:
            destroy_in_executor(self._node, self._node.destroy_subscription, known.subscription)


def _message_type(type_name: str) -> type:
    """The class of a type of messages.

    Raises:
        RecordingError: it is not installed here.
    """
    package, folder, name = type_name.split("/")
    try:
        kind: type = getattr(importlib.import_module(f"{package}.{folder}"), name)
        support: Any = kind
        support.__class__.__import_type_support__()
    except Exception as error:  # packages without Python's part fail in many ways
        raise RecordingError(
            f"{type_name} cannot be received here ({error}); install or source {package}"
        ) from error
    return kind


def _matching(offered: Sequence[QoSProfile], type_name: str) -> QoSProfile:
    """What hears all of these publishers and, where none of them is in the way, loses nothing of them."""
    reliable = all(qos.reliability == ReliabilityPolicy.RELIABLE for qos in offered)
    latched = all(qos.durability == DurabilityPolicy.TRANSIENT_LOCAL for qos in offered)
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=_LARGE_DEPTH if type_name in _LARGE else _DEPTH,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
    )


def _asks_less(new: QoSProfile, old: QoSProfile) -> bool:
    reliability = old.reliability == ReliabilityPolicy.RELIABLE != new.reliability
    durability = old.durability == DurabilityPolicy.TRANSIENT_LOCAL != new.durability
    return reliability or durability


def _offered(qos: QoSProfile) -> OfferedQos:
    return OfferedQos(
        reliability=_known(qos.reliability.name, ("RELIABLE", "BEST_EFFORT")),
        durability=_known(qos.durability.name, ("TRANSIENT_LOCAL", "VOLATILE")),
        history=_known(qos.history.name, ("KEEP_LAST", "KEEP_ALL")),
        depth=qos.depth,
        deadline=_duration(qos.deadline),
        lifespan=_duration(qos.lifespan),
        liveliness=_known(qos.liveliness.name, ("AUTOMATIC", "MANUAL_BY_TOPIC")),
        lease=_duration(qos.liveliness_lease_duration),
    )


def _known(name: str, names: Sequence[str]) -> str:
    return name.lower() if name in names else "unknown"


def _duration(duration: Duration) -> tuple[int, int]:
    seconds, nanoseconds = divmod(int(duration.nanoseconds), 1_000_000_000)
    return seconds, nanoseconds
