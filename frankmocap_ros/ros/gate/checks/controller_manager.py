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

"""Whether ros2_control's manager runs the controllers that the gate's trajectories are for.

``controller_manager_msgs`` comes with ros2_control; without it nothing is asked.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from rclpy.node import Node
from trajectory_msgs.msg import JointTrajectory

from frankmocap_ros.ros.common.cached_service import CachedService
from frankmocap_ros.ros.gate.checks.finding import Finding
from frankmocap_ros.ros.gate.checks.listeners import Listeners
from frankmocap_ros.ros.gate.command_topic import CommandTopic

ACTIVE = "active"


class ActiveControllers:
    """Asks the managers in the controllers' namespaces, under ros2_control's usual name.

    Args:
        node: the gate.
        topics: where it publishes.
        listeners: the controllers.
    """

    name = "controller_manager"

    def __init__(self, node: Node, topics: Sequence[CommandTopic], listeners: Listeners) -> None:
        self._node, self._listeners = node, listeners
        self._topics = tuple(topic for topic in topics if topic.kind is JointTrajectory)
        self._own = node.get_fully_qualified_name() + "/"
        self._managers: dict[str, CachedService] = {}
        self._service = _service()

    def look(self) -> Iterable[Finding]:
        """See ``Check``."""
        if self._service is None:
            return
        listening = {(one.topic.name, one.node) for one in self._listeners.controllers()}
        for topic in self._topics:
            nodes = sorted(node for name, node in listening if name == topic.name)
            for node in nodes or self._missing(topic):
                namespace, _, controller = node.rpartition("/")
                states = self._states(f"{namespace}/controller_manager")
                if states:
                    yield from findings(controller, topic, states, f"{namespace}/controller_manager")

    def _missing(self, topic: CommandTopic) -> tuple[str, ...]:
        """The controller that a topic is named after, where nobody listens and it is not the gate's own."""
        node = topic.name.rpartition("/")[0]
        return (node,) if node and not topic.name.startswith(self._own) and self._unheard(topic) else ()

    def _unheard(self, topic: CommandTopic) -> bool:
        return self._node.count_subscribers(topic.name) == 0

    def _states(self, manager: str) -> Sequence[Any]:
        """The state of each controller that a manager knows; nothing where it cannot be asked, or not yet."""
        if self._service is None:
            return ()
        if manager not in self._managers:
            self._managers[manager] = CachedService(self._node, self._service, f"{manager}/list_controllers")
        service = self._managers[manager]
        service.ask(self._service.Request())
        return service.answer.controller if service.answer is not None else ()


def findings(controller: str, topic: CommandTopic, states: Sequence[Any], manager: str) -> Iterable[Finding]:
    """What is wrong with one controller.

    Args:
        controller: its name.
        topic: where the gate sends it trajectories.
        states: ``ControllerState`` of each controller that the manager knows.
        manager: full name of the manager.
    """
    told = {state.name: state for state in states}
    own = told.get(controller)
    if own is None:
        names = ", ".join(f"{name} ({state.state})" for name, state in sorted(told.items()))
        yield Finding(
            f"nobody listens on {topic.name}, and {manager} knows no controller {controller}; it has "
            f"{names}: name one of these in controllers: of the robot's map, or start it with ros2 run "
            f"controller_manager spawner {controller}"
        )
    elif own.state != ACTIVE:
        others = sorted(
            name
            for name, state in told.items()
            if state.state == ACTIVE and _joints(state.claimed_interfaces) & set(topic.joints)
        )
        off = f"--deactivate {' '.join(others)} " if others else ""
        step = (
            f"ros2 control switch_controllers {off}--activate {controller}"
            if own.state == "inactive"
            else f"ros2 run controller_manager spawner {controller}"
        )
        claimed = f", and {', '.join(others)} commands its joints" if others else ""
        yield Finding(f"the controller {controller} is {own.state}, not active{claimed}; call {step}")
    else:
        joints = _joints(own.claimed_interfaces)
        loose = [name for name in topic.joints if name not in joints]
        if joints and loose:
            yield Finding(
                f"the controller {controller} does not command {', '.join(loose)}: it claims "
                f"{', '.join(own.claimed_interfaces)}; leave these out of the robot's map (joints:, "
                "controllers:), or add them to the controller"
            )


def _joints(interfaces: Sequence[str]) -> set[str]:
    """Joints of interfaces such as ``elbow/position``, or ``other_controller/elbow/position`` in a chain."""
    return {parts[-2] for interface in interfaces if len(parts := interface.split("/")) > 1}


def _service() -> Any | None:
    """The type of the manager's service; None where it is not installed."""
    try:
        from controller_manager_msgs.srv import ListControllers
    except ImportError:
        return None
    return ListControllers
