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

"""Quality of service of all topics; ``qos_overrides`` parameters can override it."""

from copy import copy

from rclpy.duration import Duration
from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    LivelinessPolicy,
    QoSPolicyKind,
    QoSProfile,
    ReliabilityPolicy,
)
from rclpy.qos_overriding_options import QoSOverridingOptions


def incoming(depth: int) -> QoSProfile:
    """For what comes in: best effort matches every publisher, reliable only those that are.

    A message can be lost, so that nothing may depend on a single one.

    Args:
        depth: how many of the newest messages are kept.
    """
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.VOLATILE,
    )


def incoming_from_all() -> tuple[QoSProfile, ...]:
    """For what comes in rarely, of which no message may be missed: one subscription for each profile.

    The first hears best-effort publishers, the second loses nothing of reliable ones, and the third
    gets what was latched before. Latched and reliable publishers are heard more than once.
    """
    reliable = copy(incoming(1))
    reliable.reliability = ReliabilityPolicy.RELIABLE
    latched = copy(reliable)
    latched.durability = DurabilityPolicy.TRANSIENT_LOCAL
    return incoming(1), reliable, latched


IMAGES = incoming(1)
"""Sensor data, but only the newest: for images and camera_info in."""

HEALTH = QoSProfile(depth=10)
"""For /diagnostics, as diagnostic_updater has it."""

RESULTS = QoSProfile(
    history=HistoryPolicy.KEEP_LAST,
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.VOLATILE,
    deadline=Duration(nanoseconds=200_000_000),
    liveliness=LivelinessPolicy.AUTOMATIC,
    liveliness_lease_duration=Duration(seconds=1),
)
"""For poses out: a subscriber may ask to be told when none came for 0.2 s, or the node died (1 s)."""

COMMANDS = QoSProfile(
    history=HistoryPolicy.KEEP_LAST,
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.VOLATILE,
    liveliness=LivelinessPolicy.MANUAL_BY_TOPIC,
    liveliness_lease_duration=Duration(nanoseconds=200_000_000),
)
"""For commands: whoever computes them asserts by hand that it is alive, so that a stuck one shows after 0.2
s."""

LATCHED = QoSProfile(
    history=HistoryPolicy.KEEP_LAST,
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
    liveliness=LivelinessPolicy.MANUAL_BY_TOPIC,
    liveliness_lease_duration=Duration(nanoseconds=200_000_000),
)
"""For a state that late subscribers receive too."""

EVENTS = QoSProfile(
    history=HistoryPolicy.KEEP_LAST,
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.VOLATILE,
)
"""For poses of people who come and go: no deadline."""

TRANSFORMS = QoSProfile(
    history=HistoryPolicy.KEEP_LAST,
    depth=100,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.VOLATILE,
)
"""For /tf, as tf2_ros has it."""

MODELS = QoSProfile(
    history=HistoryPolicy.KEEP_LAST,
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
"""For a description that late subscribers receive too."""

OVERRIDABLE = QoSOverridingOptions(
    [
        QoSPolicyKind.HISTORY,
        QoSPolicyKind.DEPTH,
        QoSPolicyKind.RELIABILITY,
        QoSPolicyKind.DURABILITY,
        QoSPolicyKind.DEADLINE,
        QoSPolicyKind.LIVELINESS,
        QoSPolicyKind.LIVELINESS_LEASE_DURATION,
    ]
)
