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

"""Who listens to the gate's commands, with the parameters that say how."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node

from frankmocap_ros.ros.common.node_parameters import NodeParameters
from frankmocap_ros.ros.common.publisher_nodes import subscriber_nodes
from frankmocap_ros.ros.gate.checks import servo, trajectory_controller
from frankmocap_ros.ros.gate.command_topic import CommandTopic

USE_SIM_TIME = "use_sim_time"


def is_wanted(name: str) -> bool:
    """Whether a check looks at a parameter of this name."""
    return name == USE_SIM_TIME or trajectory_controller.is_wanted(name) or servo.is_wanted(name)


@dataclass(frozen=True)
class Listener:
    """A controller that listens.

    Attributes:
        node: its full name.
        topic: where it listens.
        parameters: values by name, of those that checks look at.
    """

    node: str
    topic: CommandTopic
    parameters: Mapping[str, Any]


class Listeners:
    """Controllers that listen to the gate's commands, as far as they can be asked what they are.

    A recorder, or RViz, listens as well and is no controller: only nodes with the parameters of one count.

    Args:
        node: the gate.
        topics: where it publishes.
        parameters: asks nodes.
    """

    def __init__(self, node: Node, topics: Sequence[CommandTopic], parameters: NodeParameters) -> None:
        self._node, self._topics, self._parameters = node, tuple(topics), parameters

    def controllers(self) -> Iterable[Listener]:
        """The controllers that listen now."""
        for topic in self._topics:
            for name in subscriber_nodes(self._node, topic.name, topic.kind):
                values = self._parameters.of(name)
                if values and (trajectory_controller.is_one(values) or servo.is_one(values)):
                    yield Listener(name, topic, values)
