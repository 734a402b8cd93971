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

"""Whether the controllers that listen would take the gate's commands, as their parameters say."""

from collections.abc import Callable, Iterable

from trajectory_msgs.msg import JointTrajectory

from frankmocap_ros.ros.gate.checks import servo, trajectory_controller
from frankmocap_ros.ros.gate.checks.finding import Finding
from frankmocap_ros.ros.gate.checks.listeners import Listeners
from frankmocap_ros.settings.gate import GateSettings


class ControllerParameters:
    """Holds what controllers expect against what the gate sends.

    Args:
        listeners: the controllers.
        config: tells the gate's settings.
    """

    name = "controller_parameters"

    def __init__(self, listeners: Listeners, config: Callable[[], GateSettings]) -> None:
        self._listeners, self._config = listeners, config

    def look(self) -> Iterable[Finding]:
        """See ``Check``."""
        config = self._config()
        for listener in self._listeners.controllers():
            node, topic, parameters = listener.node, listener.topic, listener.parameters
            if topic.kind is JointTrajectory and trajectory_controller.is_one(parameters):
                yield from trajectory_controller.findings(node, parameters, topic.joints, config)
            elif servo.is_one(parameters):
                yield from servo.findings(node, parameters, topic.kind, config)
