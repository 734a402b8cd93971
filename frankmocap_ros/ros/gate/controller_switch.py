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

"""Deactivates controllers of ros2_control when the gate is in FAULT."""

from typing import Any

from rclpy.node import Node
from rclpy.task import Future

from frankmocap_ros.ros.common.transforms import need_package
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.gate import State
from frankmocap_ros.teleop.robot_stop import Stop

_TIMEOUT_S = 2  # of the controller manager, for the switch


class ControllerSwitch:
    """Asks the controller manager, and logs its answer; a ``RobotStop`` of the gate, which never stops it.

    For the worker's thread, which sends the request and does not wait: the answer is the executor's.

    Attributes:
        status: what has come of the last request, in words.

    Args:
        node: has the client.
        config: settings, with ``on_fault: deactivate``.

    Raises:
        MissingDependencyError: controller_manager_msgs is not installed.
    """

    def __init__(self, node: Node, config: GateSettings) -> None:
        need_package("controller_manager_msgs.srv", "on_fault: deactivate", "on_fault: nothing")
        from controller_manager_msgs.srv import SwitchController

        self._log = node.get_logger()
        self._names = config.fault_controllers
        self._service = node.resolve_service_name(f"{config.controller_manager}/switch_controller")
        self._client: Any = node.create_client(SwitchController, self._service)
        request = SwitchController.Request()
        request.deactivate_controllers = list(self._names)
        # one that is inactive already must not keep the others active
        request.strictness = SwitchController.Request.BEST_EFFORT
        request.timeout.sec = _TIMEOUT_S
        self._request = request
        self._was = State.DISENGAGED
        self.status = "not asked"

    def configure(self, config: GateSettings) -> None:
        """Nothing: its settings do not change."""

    def refusal(self, time_s: float) -> str:
        """Why a request is refused now: nobody could deactivate anything."""
        if self._client.service_is_ready():
            return ""
        return (
            f"on_fault: deactivate, but there is no service {self._service}: start the controller manager, "
            "correct controller_manager, or set on_fault: nothing"
        )

    def stop(self, time_s: float) -> Stop | None:
        """None."""

    def state_is(self, state: State) -> None:
        """Take the gate's state; deactivates where it becomes FAULT."""
        was, self._was = self._was, state
        if state is State.FAULT and was is not State.FAULT:
            self._deactivate()

    def _deactivate(self) -> None:
        """Ask, and do not wait. Nothing is raised: the gate is breaking already."""
        try:
            if not self._client.service_is_ready():
                self._failed(f"there is no service {self._service}")
                return
            self._told("asked", f"FAULT: {self._service} is asked to deactivate {', '.join(self._names)}")
            self._client.call_async(self._request).add_done_callback(self._on_answer)
        except Exception as error:
            self._failed(f"{type(error).__name__}: {error}")

    def _on_answer(self, future: Future) -> None:
        try:
            answer: Any = future.result()
        except Exception as error:
            self._failed(f"{type(error).__name__}: {error}")
            return
        if answer is None:
            self._failed("the request was cancelled")
        elif answer.ok:
            self._told("deactivated", f"{', '.join(self._names)}: deactivated")
        else:
            # older releases answer without words
            self._failed(getattr(answer, "message", "") or f"{self._service} refused")

    def _told(self, status: str, text: str) -> None:
        self.status = status
        self._log.warning(text)

    def _failed(self, why: str) -> None:
        self.status = f"not deactivated: {why}"
        self._log.error(f"{', '.join(self._names)}: not deactivated: {why}; stop the robot by its own means")
