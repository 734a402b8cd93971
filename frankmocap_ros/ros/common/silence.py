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

"""Why nothing is heard on a topic, as far as ROS's graph and this machine tell."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rclpy.node import Node
from rclpy.utilities import get_rmw_implementation_identifier
from sensor_msgs.msg import CompressedImage, Image

from frankmocap_ros.ros.common.endpoints import mismatches
from frankmocap_ros.ros.common.publisher_nodes import node_name, type_name
from frankmocap_ros.runtime.fastdds_profile import DEFAULT_SEGMENT_BYTES, other_users, users_choice

_SHOWN: Final = 3
_UNREAD: Final = ("ffmpeg", "theora", "zstd", "compressedDepth", "foxglove", "draco")
"""Transports of image_transport, by the last part of their topics, that are not read here."""
_PROFILE: Final = "start camera and node with the package's transport profile (config/fastdds.xml)"


@dataclass(frozen=True)
class Silence:
    """Why nothing is heard.

    Attributes:
        offered: whether somebody publishes on the topic, of whatever type.
        words: the cause with the next step.
    """

    offered: bool
    words: str


def likely_cause(image_px: tuple[int, int] | None = None) -> str:
    """Why messages of a publisher that matches may not arrive.

    Args:
        image_px: size of the images that do not arrive, where small messages of the same publisher do.
    """
    fast_dds = get_rmw_implementation_identifier().startswith("rmw_fastrtps")
    if fast_dds and image_px is None and (others := other_users()):
        return (
            f"processes of another user ({', '.join(others)}) use Fast DDS's shared memory on this machine, "
            "which only their owner can write: run camera and node as one user and in one container, or both "
            "with FASTDDS_BUILTIN_TRANSPORTS=UDPv4"
        )
    width, height = image_px or (0, 0)
    large = image_px is None or 3 * width * height > DEFAULT_SEGMENT_BYTES
    if fast_dds and large and not users_choice(os.environ):
        size = f"images of {width}x{height}, whose camera_info comes," if image_px else "images"
        limit = f"{DEFAULT_SEGMENT_BYTES // 1024} KB"
        return f"{size} over {limit} do not fit Fast DDS's shared memory: {_PROFILE}"
    return "it sends nothing (a driver that is inactive, or waits for a trigger), or a firewall is between"


def why_silent(node: Node, subscription: Any, cause: Callable[[], str] = likely_cause) -> Silence:
    """Ask the graph why a subscription hears nothing.

    Args:
        node: whose subscription it is.
        subscription: the one.
        cause: why messages of a publisher that matches may not arrive.
    """
    topic, wanted = subscription.topic_name, type_name(subscription.msg_type)
    ends = node.get_publishers_info_by_topic(topic)
    if not ends:
        return Silence(False, f"nobody publishes it: {_elsewhere(node, topic, wanted)}")
    right = [end for end in ends if end.topic_type == wanted]
    if not right:
        types = ", ".join(sorted({end.topic_type for end in ends}))
        what = f"{_who(ends)} publishes {types} there, not {wanted}"
        return Silence(True, f"{what}: {_typed(topic, wanted, types)}")
    found = [(end, mismatches(end.qos_profile, subscription.qos_profile)) for end in right]
    matched = [end for end, policies in found if not policies]
    if matched:
        return Silence(
            True,
            f"{_who(matched)} publishes it, but nothing arrives; likely {cause()}; see whether it sends: "
            f"ros2 topic hz {topic}",
        )
    policies = sorted({policy for _, several in found for policy, _, _ in several})
    return Silence(
        True,
        f"the quality of service of {_who(right)} does not match in {', '.join(policies)}: change it there, "
        f"or here qos_overrides.{topic}.subscription.{policies[0]}",
    )


def _who(ends: Sequence[Any]) -> str:
    return _some(sorted({node_name(end) for end in ends}))


def _some(names: Sequence[str]) -> str:
    """Names in words, a few of them."""
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")


_IMAGE, _COMPRESSED = type_name(Image), type_name(CompressedImage)


def _typed(topic: str, wanted: str, types: str) -> str:
    """What to do where a topic carries something else."""
    if wanted == _IMAGE and types == _COMPRESSED:
        below = topic.endswith("/compressed")
        how = f"image to {topic.removesuffix('/compressed')}" if below else f"image/compressed to {topic}"
        return f"set image_transport: compressed and remap {how}"
    if wanted == _COMPRESSED and types == _IMAGE:
        return "set image_transport: raw"
    return "remap this topic to one of that type"


def _elsewhere(node: Node, topic: str, wanted: str) -> str:
    """What to do where nobody publishes."""
    own = node.get_fully_qualified_name().rstrip("/") + "/"
    topics = {name: types for name, types in node.get_topic_names_and_types() if not name.startswith(own)}
    raw = topic.removesuffix("/compressed")
    unread = next((t for t in _UNREAD if node.count_publishers(f"{raw}/{t}")), "")
    other, setting = (f"{topic}/compressed", "compressed") if wanted == _IMAGE else (raw, "raw")
    if wanted in (_IMAGE, _COMPRESSED) and other != topic and node.count_publishers(other):
        return f"{other} is published; set image_transport: {setting}"
    if wanted in (_IMAGE, _COMPRESSED) and unread:
        return (
            f"{raw}/{unread} is published, which this node does not read (it reads image_transport: raw | "
            f"compressed); let the driver publish one of them, or start: ros2 run image_transport republish "
            f"--ros-args -p in_transport:={unread} -p out_transport:=raw -r in/{unread}:={raw}/{unread} -r "
            f"out:={raw}"
        )
    alike = [
        name
        for name, types in sorted(topics.items())
        if wanted in types and name != topic and node.count_publishers(name)
    ]
    start = "start the camera, or remap this topic"
    return f"{start} to one that is published: {_some(alike)}" if alike else start
