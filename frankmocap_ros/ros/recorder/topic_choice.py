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

"""Which topics of the graph an episode holds."""

from collections.abc import Mapping
from typing import Final

from rclpy.node import Node

from frankmocap_ros.ros.common.camera_topics import camera_topics
from frankmocap_ros.settings.recorder import RecorderSettings

_ALWAYS: Final = (
    "joint_states", "joint_trajectory", "robot_description", "/diagnostics", "/parameter_events", "/tf",
    "/tf_static",
)  # fmt: skip
_OF_MOCAP: Final = ("bodies", "latency")
_NOT_OF_GATE: Final = ("twist/", "gmr", "grip_markers")
"""Computed from the commands, and for subscribers only."""


class TopicChoice:
    """The topics to record, as they come and go.

    Args:
        node: whose namespace and remappings names are resolved by.
        config: what is to be recorded.
    """

    def __init__(self, node: Node, config: RecorderSettings) -> None:
        self._node = node
        resolve = node.resolve_topic_name
        self._gate, self._objects = resolve(config.gate), resolve(f"{config.simulation}/objects") + "/"
        own = [resolve(f"{config.node}/{name}") for name in _OF_MOCAP]
        camera = camera_topics(node)
        self._either = (camera.image, camera.compressed) if config.images == "h264" else None
        images = {"as_published": [camera.image], "compressed": [camera.compressed]}.get(config.images, [])
        self._named = [resolve(name) for name in config.topics]
        if config.images == "compressed":
            self._named += images  # not every camera has them
        others = (f"{self._gate}/state", camera.camera_info)
        self._exact = {*map(resolve, _ALWAYS), *own, *others, *images, *self._named}

    def wanted(self) -> Mapping[str, str]:
        """Name and type of each topic that is there and to be recorded; for the executor's thread."""
        there = {name: types[0] for name, types in self._node.get_topic_names_and_types() if types}
        by_publisher = self._of_gate() | self._encoded()
        return {
            name: kind
            for name, kind in there.items()
            if name in self._exact or name in by_publisher or name.startswith(self._objects)
        }

    def missing(self) -> tuple[str, ...]:
        """Topics that the settings name and nobody publishes."""
        return tuple(name for name in self._named if not self._node.count_publishers(name))

    def _encoded(self) -> set[str]:
        """The camera's images that are encoded: the raw ones where somebody publishes them."""
        if self._either is None:
            return set()
        raw, compressed = self._either
        only_compressed = self._node.count_publishers(compressed) and not self._node.count_publishers(raw)
        return {compressed if only_compressed else raw}

    def _of_gate(self) -> set[str]:
        """Everything the gate publishes, commands to controllers of any name among it."""
        folder, _, name = self._gate.rpartition("/")
        try:
            topics = self._node.get_publisher_names_and_types_by_node(name, folder or "/")
        except Exception:  # rclpy's own, where there is no such node
            return set()
        left_out = tuple(f"{self._gate}/{start}" for start in _NOT_OF_GATE)
        return {topic for topic, _ in topics if topic != "/rosout" and not topic.startswith(left_out)}
