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

"""The node of the browser view: subscribes while a browser is connected, and sets parameters."""

import threading
import time
import traceback
from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from rcl_interfaces.msg import SetParametersResult
from rclpy.client import Client
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_srvs.srv import SetBool, Trigger

from frankmocap_ros.errors import RobotError
from frankmocap_ros.ros.common.rclpy_internals import ros_runs
from frankmocap_ros.ros.common.robot_description import robot_model
from frankmocap_ros.ros.common.running import run_node
from frankmocap_ros.ros.common.settings_as_parameters import Parameters
from frankmocap_ros.ros.view.record_client import RecordClient
from frankmocap_ros.ros.view.remote_parameters import RemoteParameters
from frankmocap_ros.ros.view.view_inputs import ViewInputs
from frankmocap_ros.settings.viewer import ViewerSettings
from frankmocap_ros.tracking.size_calibration import POSTURE
from frankmocap_ros.viewer.gate_signal import GateSignal
from frankmocap_ros.viewer.grip_bars import grip_bars
from frankmocap_ros.viewer.panel import Panel
from frankmocap_ros.viewer.scene import Scene
from frankmocap_ros.viewer.texts import STAGES, GateHeard, gate_text, status_text
from frankmocap_ros.viewer.web import Web
from frankmocap_ros.viewer.widgets import widget_of

if TYPE_CHECKING:
    from frankmocap_ros.viewer.robot import DrawnRobot

NODE_NAME = "frankmocap_view"
_IDLE_S: Final = 0.2  # how soon it is noticed that somebody looks
_TEXT_S: Final = 0.5
_TICK_S: Final = 0.5
_RETRY_S: Final = 1.0


class ViewNode(Node):
    """Serves the view. A thread of its own draws; the executor serves parameters and answers."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(NODE_NAME, **kwargs)
        self._running = False
        self._settings = Parameters(
            self, ViewerSettings, running=lambda: self._running, on_change=lambda _: None
        )
        config = self._settings.config
        self._robot: DrawnRobot | None = None
        self._told: tuple[str, ...] = ()
        if config.robot:
            from frankmocap_ros.viewer import robot

            self._robot = robot.DrawnRobot(config.robot, robot_model(self, config.robot_model))
            self._told = self._robot.notes
            for note in self._told:
                self.get_logger().warning(note)
        self._web = Web(config.host, config.port)
        self._panel = Panel(self._web.server, config.robot_image)
        self._signal = GateSignal()
        self._scene = Scene(self._web.server, self._robot)
        self._inputs = ViewInputs(self, config)
        self._remote = RemoteParameters(self, self.resolve_topic_name(config.node))
        self._engage: Client = self.create_client(SetBool, f"{config.gate}/engage")
        self._calibrate: Client = self.create_client(Trigger, f"{config.node}/calibrate")
        self._record = RecordClient(self, config.recorder)
        self._sizes: deque[str] = deque()  # what came of calibrations, in words
        self._answers: deque[tuple[bool, str]] = deque()  # whether granted, and in words
        self.create_timer(_TICK_S, self._remote.tick, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._running = True
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="view", daemon=True)
        # before the thread: the first line of a process's log takes long
        self.get_logger().info(f"the view of {config.node} is at {self._web.address}")
        self._thread.start()

    def set_parameters_atomically(self, parameter_list: list[Parameter]) -> SetParametersResult:
        """As in Node; a value of the wrong type is refused with its parameter's name."""
        return self._settings.wrong_type(parameter_list) or super().set_parameters_atomically(parameter_list)

    def destroy_node(self) -> None:
        """Stop the thread and the server before the node goes."""
        if self._running:
            self._running = False
            self._stop.set()
            self._thread.join()
            if self._robot is not None:
                self._robot.close()
            self._web.stop()
        super().destroy_node()

    def _run(self) -> None:
        """Draw while a browser is connected."""
        looking, text_s = False, 0.0
        while not self._stop.is_set():
            start_s = time.perf_counter()
            config = self._settings.config
            try:
                now = self._web.viewers > 0
                if now != looking:
                    self._inputs.open() if now else self._inputs.close()
                    self._signal = GateSignal()  # what was, while nobody looked, is no news
                    looking = now
                if looking:
                    self._serve()
                    self._draw(config)
                    if start_s - text_s >= _TEXT_S:
                        text_s = start_s
                        self._write()
            except Exception:  # whatever a message or a browser does, the next picture gets its chance
                if not ros_runs(self):
                    return  # a signal took ROS away meanwhile
                self.get_logger().error(traceback.format_exc(), throttle_duration_sec=_RETRY_S)
                self._stop.wait(_RETRY_S)
            period_s = 1.0 / config.rate_hz if looking else _IDLE_S
            self._stop.wait(max(0.0, period_s - (time.perf_counter() - start_s)))
        self._inputs.close()

    def _draw(self, config: ViewerSettings) -> None:
        panel, scene, inputs = self._panel, self._scene, self._inputs
        inputs.want(panel.wants_image, panel.wants_mesh, panel.wants_robot_image)
        inputs.poll(config)
        scene.axes, scene.ellipsoids = panel.wants_axes, panel.wants_ellipsoids
        scene.place(config, inputs.bodies)
        scene.people(inputs.bodies)
        if inputs.image is not None or not panel.wants_image:
            scene.image(inputs.image, inputs.camera)
        if inputs.robot_image is not None or not inputs.robot_sees:
            panel.robot_image(inputs.robot_image)
        self._tell(inputs.gate)
        panel.grips(grip_bars(inputs.grips(), inputs.gate.limits if inputs.gate is not None else ()))
        scene.mesh(inputs.mesh)
        scene.ghost(inputs.commands())
        self._draw_robot()

    def _draw_robot(self) -> None:
        try:
            self._scene.robot(self._inputs.joints, self._inputs.objects)
        except RobotError as error:
            self.get_logger().error(f"{error}; links stay capsules")
        if self._robot is not None and self._robot.notes != self._told:
            for note in self._robot.notes:
                self.get_logger().warning(note)
            self._told = self._robot.notes

    def _tell(self, gate: GateHeard | None) -> None:
        """What the operator must notice of the gate."""
        self._signal.hear(gate)
        self._panel.bar.show(self._signal.shown)
        for tone in self._signal.tones()[-1:]:  # the newest counts
            self._panel.bar.play(tone)

    def _write(self) -> None:
        """Texts and plots, twice a second."""
        panel, inputs = self._panel, self._inputs
        inputs.look_around()
        panel.status(status_text(inputs.heard, self._remote.there))
        history = list(inputs.history)
        if history:
            last_s = history[-1][0]
            times_s = [s - last_s for s, _, _ in history]
            panel.plot("age at publication [ms]", times_s, {"age": [age for _, age, _ in history]})
            stages = zip(STAGES, zip(*(stages for _, _, stages in history), strict=True), strict=True)
            panel.plot("stages [ms]", times_s, dict(stages))
        panel.can_calibrate(self._calibrate.service_is_ready())
        there = self._engage.service_is_ready()
        panel.gate(gate_text(inputs.gate if there else None), there)
        self._record.show(panel.record, inputs.recorder)

    def _serve(self) -> None:
        """What people ask for, and what became of it."""
        panel, remote = self._panel, self._remote
        while not panel.asked.empty():
            asked = panel.asked.get()
            if asked.what == "set":
                remote.set(asked.name, asked.value)
            elif asked.what == "wrong":
                panel.refused(str(asked.value))
            elif asked.what == "calibrate":
                self._ask_for_size()
            else:
                self._ask_gate(bool(asked.value))
        described = remote.described()
        if described is not None:
            widgets = [w for d in described.values() if (w := widget_of(d)) is not None]
            panel.parameters(widgets)
        for name, reason in remote.refusals():
            panel.refused(reason if name in reason or not reason else f"{name}: {reason}")
        for name, value in remote.changes():
            panel.value(name, value)
        self._record.serve(panel.record)
        while self._sizes:
            panel.size(self._sizes.popleft())
        while self._answers:
            granted, words = self._answers.popleft()
            panel.answer(words if granted else f"**Refused.** {words}")
            if not granted:
                self._signal.refused(words)

    def _ask_for_size(self) -> None:
        if not self._calibrate.service_is_ready():
            self._panel.size("The node is not running.")
            return

        def answered(future: Any) -> None:
            answer = future.result()
            if answer is not None:
                words = str(answer.message)
                self._sizes.append(words if answer.success else f"**Not calibrated.** {words}")

        self._panel.size(f"Now {POSTURE}.")
        self._calibrate.call_async(Trigger.Request()).add_done_callback(answered)

    def _ask_gate(self, engage: bool) -> None:
        if not self._engage.service_is_ready():
            self._panel.answer("The gate is not running.")
            return

        def answered(future: Any) -> None:
            answer = future.result()
            if answer is not None:
                self._answers.append((bool(answer.success), str(answer.message)))

        self._engage.call_async(SetBool.Request(data=engage)).add_done_callback(answered)


def main(args: Sequence[str], settings: Mapping[str, Any]) -> int:
    """Run the node until SIGINT or SIGTERM; arguments and exit code as of ``run_node``."""
    return run_node(ViewNode, args, settings)
