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

"""The camera node: a video, webcam, photograph or synthetic figure as a ROS camera."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.parameter import Parameter

from frankmocap_ros.errors import SourceError
from frankmocap_ros.ros.camera.camera_loop import CameraLoop
from frankmocap_ros.ros.camera.camera_outputs import CameraOutputs, Stamps
from frankmocap_ros.ros.common.diagnostics_messages import diagnostics, status_message
from frankmocap_ros.ros.common.endpoints import Topic, advertise
from frankmocap_ros.ros.common.qos import HEALTH
from frankmocap_ros.ros.common.running import run_node
from frankmocap_ros.ros.common.settings_as_parameters import Parameters
from frankmocap_ros.runtime.malloc import keep_freed_memory
from frankmocap_ros.runtime.thread_pools import leave_cores_to_networks
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.settings.schema import differing, settings_of

NODE_NAME = "camera"
_DIAGNOSTICS_PERIOD_S = 1.0
_REOPENING = tuple(s.name for s in settings_of(CameraSettings) if not s.live)


class CameraNode(Node):
    """Publishes the images of one source.

    A thread of its own reads and publishes, so that parameters and signals are served whatever a driver does.
    Settings that a running source cannot apply reopen it.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(NODE_NAME, **kwargs)
        self._loop: CameraLoop | None = None
        self._outputs: CameraOutputs | None = None
        self._stamps = Stamps()
        self._settings = Parameters(self, CameraSettings, running=lambda: False, on_change=self._configured)
        self._config = self._settings.config
        self._failed = self.create_guard_condition(self._end)
        self._diagnostics = advertise(self, Topic(DiagnosticArray, "/diagnostics", HEALTH))
        self._timer = self.create_timer(
            _DIAGNOSTICS_PERIOD_S, self._diagnose, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )
        self._start()

    def set_parameters_atomically(self, parameter_list: list[Parameter]) -> SetParametersResult:
        """As in Node; a value of the wrong type is refused with its parameter's name."""
        return self._settings.wrong_type(parameter_list) or super().set_parameters_atomically(parameter_list)

    def destroy_node(self) -> None:
        """Stop the thread before the node goes."""
        self._stop()
        super().destroy_node()

    def _start(self) -> None:
        self._outputs = CameraOutputs(self, self._config, self._stamps)
        self._loop = CameraLoop(self, lambda: self._config, self._outputs, self._diagnose)
        self._loop.start()

    def _stop(self) -> None:
        if self._loop is not None:
            self._loop.stop()
            self._loop = None
        if self._outputs is not None:
            self._outputs.destroy()
            self._outputs = None

    def _configured(self, config: CameraSettings) -> None:
        """Bring changed settings into force."""
        old, self._config = self._config, config
        if differing(old, config, _REOPENING):
            self._stop()
            self._start()

    def _diagnose(self) -> None:
        """Publish the camera's health; called from both threads."""
        loop = self._loop
        if loop is None:
            return
        name = self.get_fully_qualified_name().lstrip("/")
        status = status_message(loop.health(time.perf_counter()), f"{name}: images", name)
        try:
            self._diagnostics.publish(diagnostics(self.get_clock().now().to_msg(), status))
        except Exception:
            if self.context.ok():
                raise  # else a signal took ROS away meanwhile
        if loop.failure:
            self._failed.trigger()

    def _end(self) -> None:
        """End the executor with the reason.

        Raises:
            SourceError: always.
        """
        raise SourceError(self._loop.failure if self._loop is not None else "")


def main(args: Sequence[str], settings: Mapping[str, Any]) -> int:
    """Run the node until SIGINT or SIGTERM; arguments and exit code as of ``run_node``."""
    keep_freed_memory()
    leave_cores_to_networks()
    return run_node(CameraNode, args, settings)
