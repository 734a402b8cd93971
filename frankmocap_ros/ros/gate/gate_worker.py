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

"""The gate's one worker: takes what has come, lets time pass at the commands' rate, publishes."""

import threading
import traceback
from collections import deque
from collections.abc import Callable

from builtin_interfaces.msg import Time
from rclpy.node import Node

from frankmocap_ros.ros.common.node_clocks import Clocks, steady_s
from frankmocap_ros.ros.common.polling import Polling
from frankmocap_ros.ros.common.rclpy_internals import ros_runs
from frankmocap_ros.ros.common.steady_stamps import SteadyStamps
from frankmocap_ros.ros.gate.gate_outputs import GateOutputs
from frankmocap_ros.runtime.gc_control import Collector
from frankmocap_ros.runtime.timing import RollingPercentiles
from frankmocap_ros.teleop.command import Command
from frankmocap_ros.teleop.controller import Controller

STATE_PERIOD_S = 0.05
_STANDS_S = 0.1
"""Commands have ended where nothing could be published for longer, as ROS time stood still."""
_QUEUED = 256
"""Most events that wait; a worker that is further behind is stuck, and its liveliness shows that."""

Event = Callable[[float], None]


class GateWorker:
    """Runs a controller in a thread of its own, which polls messages; requests are handed over as events.

    Attributes:
        late_ms: how late the ticks begin [ms].
        busy_ms: how long they take [ms].

    Args:
        node: whose logger it uses.
        controller: gate, limits and all.
        polling: tells what has come.
        outputs: what it publishes.
        clocks: what it goes by.
    """

    def __init__(
        self, node: Node, controller: Controller, polling: Polling, outputs: GateOutputs, clocks: Clocks
    ) -> None:
        self._node = node
        self._controller = controller
        self._polling = polling
        self._outputs = outputs
        self._clocks = clocks
        self._period_s = 1.0 / controller.config.rate_hz
        self._stamps = SteadyStamps(clocks)
        self._events: deque[Event] = deque(maxlen=_QUEUED)
        self._stopping = threading.Event()
        self._collector = Collector()
        self._stated_s = 0.0
        self._stamp_ns = 0
        self._published_s = 0.0
        self._ticked_s = self._now_s()
        self.late_ms = RollingPercentiles(1000)
        self.busy_ms = RollingPercentiles(1000)
        self._thread = threading.Thread(target=self._run, name="gate")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; waits for a tick that is under way, and until what takes velocities is told to stand still."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def watch(self) -> None:
        """Tell what takes velocities to stand still while the worker is stuck; for the executor's thread."""
        if self._now_s() - self._ticked_s > self._controller.config.max_age_s:
            self._outputs.end_unless_busy(_time(self._clocks.ros_ns()))

    def hand_over(self, event: Event) -> None:
        """Let the worker call something at its next tick, with the time [s]."""
        self._events.append(event)

    def changed(self) -> None:
        """Publish the gate's state as it is now; for the worker's own thread."""
        self._node.get_logger().info(f"{self._controller.state.name}: {self._controller.reason}")
        self._state(self._now_s())

    def _now_s(self) -> float:
        return steady_s(self._clocks)

    def _run(self) -> None:
        self._collector.start()
        try:
            self._go_on()
        finally:
            self._collector.stop()
            if ros_runs(self._node):
                self._end()
                self._outputs.wait()

    def _go_on(self) -> None:
        due_s = self._now_s()
        while not self._stopping.is_set():
            due_s += self._period_s
            wait_s = due_s - self._now_s()
            if wait_s > 0.0:
                self._clocks.sleep(wait_s)
            elif wait_s < -self._period_s:
                due_s = self._now_s()  # what was missed is not made up for
            try:
                self._tick(due_s)
            except Exception:
                if not ros_runs(self._node):
                    return
                self._break(traceback.format_exc())

    def _tick(self, due_s: float) -> None:
        now_s = self._ticked_s = self._now_s()
        self._polling.poll(now_s)
        while self._events:
            self._events.popleft()(now_s)
        command = self._controller.tick(now_s)
        if command is not None:
            self._publish(command)
        if command is None:
            self._published_s = now_s  # nothing waits to be sent
            self._outputs.end(_time(self._clocks.ros_ns()))
        elif command.time_s - self._published_s > _STANDS_S:
            self._outputs.end(_time(self._clocks.ros_ns()))
            self._controller.unsent()
            self._give_up(command.time_s)
        if now_s - self._stated_s >= STATE_PERIOD_S - 0.5 * self._period_s:  # at the nearest tick
            self._state(now_s)
            self._outputs.alive()
            self._collector.between_frames(idle=True)
        self.late_ms.add(1e3 * (now_s - due_s))
        self.busy_ms.add(1e3 * (self._now_s() - now_s))

    def _publish(self, command: Command) -> None:
        stamp_ns = self._stamps.stamp_ns(command.time_s)
        if stamp_ns <= self._stamp_ns:
            return  # ROS time stands still, as in a simulation that waits: nothing is valid later than before
        self._stamp_ns = stamp_ns
        self._published_s = command.time_s
        self._outputs.publish(command, self._controller.config, _time(stamp_ns))
        if self._outputs.whole_body is not None:
            self._outputs.whole_body.publish(self._controller, command.time_s, stamp_ns)

    def _give_up(self, time_s: float) -> None:
        """Give control back where nothing could be sent for too long: what comes next would be a leap."""
        unsent_s = time_s - self._published_s
        if unsent_s <= self._controller.config.max_age_s:
            return
        went = "stands still"
        if self._stamps.stamp_ns(time_s) < self._stamp_ns:
            went = "went back"
            self._stamp_ns = 0  # as of another run: its times are compared among themselves
        self._controller.release(
            f"no command could be sent for {unsent_s:.2f} s, as ROS time {went}: the robot may have stopped "
            "elsewhere; check /clock and the computer's clock, then engage again",
            time_s,
        )

    def _end(self) -> None:
        """Commands end, whatever else has failed."""
        try:
            self._outputs.end(_time(self._clocks.ros_ns()))
        except Exception:
            self._node.get_logger().error(
                f"zeros were not sent to every controller: {traceback.format_exc()}"
            )

    def _state(self, now_s: float) -> None:
        self._stated_s = now_s
        self._outputs.state(self._controller, now_s, _time(self._clocks.ros_ns()))

    def _break(self, text: str) -> None:
        """A bug, or a middleware that fails: no command any more until somebody has looked."""
        self._end()
        self._node.get_logger().error(f"the gate failed: {text}")
        self._controller.fault(text.strip().splitlines()[-1], self._now_s())


def _time(stamp_ns: int) -> Time:
    return Time(sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9)
