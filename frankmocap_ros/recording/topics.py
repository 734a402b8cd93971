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

"""What a recording knows of a topic."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_HISTORIES: Final = {"system_default": 0, "keep_last": 1, "keep_all": 2, "unknown": 3}
_RELIABILITIES: Final = {"system_default": 0, "reliable": 1, "best_effort": 2, "unknown": 3}
_DURABILITIES: Final = {"system_default": 0, "transient_local": 1, "volatile": 2, "unknown": 3}
_LIVELINESS: Final = {"system_default": 0, "automatic": 1, "manual_by_topic": 3, "unknown": 4}


@dataclass(frozen=True)
class OfferedQos:
    """The quality of service that a publisher offers; durations are seconds and nanoseconds, 0 for none.

    Attributes:
        reliability: reliable, best_effort or unknown.
        durability: transient_local, volatile or unknown.
        history: keep_last, keep_all or unknown.
        depth: of keep_last.
        deadline: longest time between messages.
        lifespan: how long a message counts.
        liveliness: automatic, manual_by_topic or unknown.
        lease: duration of liveliness.
    """

    reliability: str = "reliable"
    durability: str = "volatile"
    history: str = "keep_last"
    depth: int = 1
    deadline: tuple[int, int] = (0, 0)
    lifespan: tuple[int, int] = (0, 0)
    liveliness: str = "automatic"
    lease: tuple[int, int] = (0, 0)


def qos_text(offered: Iterable[OfferedQos]) -> str:
    """Offered profiles as rosbag2 writes them into bags of version 8: YAML with numbers for policies."""
    return "\n".join(
        f"- history: {_HISTORIES[qos.history]}\n"
        f"  depth: {qos.depth}\n"
        f"  reliability: {_RELIABILITIES[qos.reliability]}\n"
        f"  durability: {_DURABILITIES[qos.durability]}\n"
        f"{_duration('deadline', qos.deadline)}"
        f"{_duration('lifespan', qos.lifespan)}"
        f"  liveliness: {_LIVELINESS[qos.liveliness]}\n"
        f"{_duration('liveliness_lease_duration', qos.lease)}"
        f"  avoid_ros_namespace_conventions: false"
        for qos in offered
    )


def _duration(name: str, duration: tuple[int, int]) -> str:
    return f"  {name}:\n    sec: {duration[0]}\n    nsec: {duration[1]}\n"


@dataclass(frozen=True)
class Topic:
    """A topic of a recording.

    Attributes:
        name: in full, such as ``/frankmocap/bodies``.
        type_name: such as ``sensor_msgs/msg/Image``.
        type_hash: hash of the type's description, such as ``RIHS01_...``; empty where unknown.
        qos: what its publishers offered, as :func:`qos_text` has it; empty where unknown.
    """

    name: str
    type_name: str
    type_hash: str = ""
    qos: str = ""
