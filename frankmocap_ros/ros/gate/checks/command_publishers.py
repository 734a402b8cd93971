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

"""Whether another node publishes commands where the gate does."""

from collections import Counter
from collections.abc import Iterable, Sequence

from rclpy.node import Node

from frankmocap_ros.ros.common.publisher_nodes import publisher_nodes
from frankmocap_ros.ros.gate.checks.finding import Finding, Severity
from frankmocap_ros.ros.gate.command_topic import CommandTopic
from frankmocap_ros.teleop.followed_run import FORGOTTEN_S
from frankmocap_ros.teleop.wording import listed


class CommandPublishers:
    """A robot must not hear two who command it: it would jump between them.

    Args:
        node: the gate.
        topics: where it publishes, once for each of its publishers.
    """

    name = "command_publishers"

    def __init__(self, node: Node, topics: Sequence[CommandTopic]) -> None:
        self._node = node
        self._own = Counter(topic.name for topic in topics)
        self._kinds = {topic.name: topic.kind for topic in topics}

    def look(self) -> Iterable[Finding]:
        """See ``Check``."""
        topics: dict[tuple[str, ...], list[str]] = {}  # by who else publishes there
        for name, kind in self._kinds.items():
            others = self._others(name, kind)
            if others:
                topics.setdefault(others, []).append(name)
        for others, names in topics.items():
            yield Finding(
                f"another publisher of commands on {', '.join(names)}: {listed(others)}{self._same(others)}; "
                f"stop it, or remap one of the two (one that crashed is forgotten within {FORGOTTEN_S:g} s)",
                Severity.CONFLICT,
            )

    def _same(self, others: Sequence[str]) -> str:
        """That another node has this one's name, in words."""
        if self._node.get_fully_qualified_name() not in others:
            return ""
        return f", a second node of this name in ROS_DOMAIN_ID {self._node.context.get_domain_id()}"

    def _others(self, topic: str, kind: type) -> tuple[str, ...]:
        """Full names of the other nodes, one for each of their publishers."""
        if self._node.count_publishers(topic) <= self._own[topic]:  # costs less than to ask who they are
            return ()
        found = Counter(publisher_nodes(self._node, topic, kind))
        found.subtract({self._node.get_fully_qualified_name(): self._own[topic]})
        return tuple(found.elements())
