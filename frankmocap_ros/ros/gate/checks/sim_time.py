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

"""Whether the gate, the mocap node and the controllers go by the same time: simulated or not."""

from collections.abc import Callable, Iterable
from functools import partial

from rclpy.node import Node

from frankmocap_ros.ros.common.node_parameters import NodeParameters
from frankmocap_ros.ros.gate.checks.finding import Finding
from frankmocap_ros.ros.gate.checks.listeners import USE_SIM_TIME, Listeners


class MixedSimTime:
    """Asks for ``use_sim_time`` of all who are in the chain from camera to robot.

    Args:
        node: the gate.
        bodies_from: tells full names of the nodes that publish bodies.
        listeners: the controllers.
        parameters: asks nodes.
    """

    name = "sim_time"

    def __init__(
        self,
        node: Node,
        bodies_from: Callable[[], Iterable[str]],
        listeners: Listeners,
        parameters: NodeParameters,
    ) -> None:
        self._own = partial(node.get_parameter, USE_SIM_TIME)
        self._name = node.get_fully_qualified_name()
        self._bodies_from, self._listeners, self._parameters = bodies_from, listeners, parameters

    def look(self) -> Iterable[Finding]:
        """See ``Check``."""
        found = {self._name: bool(self._own().value)}
        for name in self._bodies_from():
            values = self._parameters.of(name) or {}
            if USE_SIM_TIME in values:
                found[name] = bool(values[USE_SIM_TIME])
        for listener in self._listeners.controllers():
            if USE_SIM_TIME in listener.parameters:
                found[listener.node] = bool(listener.parameters[USE_SIM_TIME])
        if len(set(found.values())) > 1:
            sides = {
                side: ", ".join(n for n, v in sorted(found.items()) if v is side) for side in (True, False)
            }
            yield Finding(
                f"use_sim_time is mixed: true for {sides[True]}, false for {sides[False]}; start all of them "
                "with the same value"
            )
