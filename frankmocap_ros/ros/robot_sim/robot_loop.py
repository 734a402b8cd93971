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

"""The simulated robot's one thread: lets time pass, takes commands, tells where the joints are."""

import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from rclpy.node import Node

from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.ros.common.rclpy_internals import ros_runs
from frankmocap_ros.runtime.diagnostics import Health
from frankmocap_ros.runtime.snapshot import Level
from frankmocap_ros.runtime.timing import RateMeter
from frankmocap_ros.teleop.simulation.joint_command import JointCommand
from frankmocap_ros.teleop.simulation.simulation import Simulation

_POLL_S: Final = 0.002
_LOG_PERIOD_S: Final = 1.0
_VIEW_PERIOD_S: Final = 1.0 / 30.0
_RATE_WINDOW_S: Final = 3.0
_SLOW: Final = 0.95


class Viewer(Protocol):
    """A window that shows the robot; MuJoCo's own is one."""

    def sync(self) -> None:
        """Show how the robot is now."""

    def is_running(self) -> bool:
        """Whether nobody has closed it."""

    def close(self) -> None:
        """Close it."""


@dataclass(frozen=True)
class _Told:
    """What the last status was made of."""

    time_s: float
    simulated_s: float
    refused: int = 0
    violations: int = 0
    complaints: Mapping[str, int] = field(default_factory=dict)


class RobotLoop:
    """Runs a simulation in a thread of its own, which polls for commands.

    Attributes:
        viewer: a window, or None; to be set before ``start``, and closed by ``stop``.

    Args:
        node: for its log.
        simulation: the robot; this thread's alone from ``start`` on.
        rate_hz: how often ``publish`` is called.
        publish: sends positions and velocities of all joints, in the order of ``told_names``.
        poll: has ``take`` called for what has come, at the steady time it is given [s].
    """

    def __init__(
        self,
        node: Node,
        simulation: Simulation,
        rate_hz: float,
        publish: Callable[[Array, Array], None],
        poll: Callable[[float], None],
    ) -> None:
        self._node = node
        self._simulation = simulation
        self._period_s = 1.0 / rate_hz
        self._publish = publish
        self._poll = poll
        self.viewer: Viewer | None = None
        self._shown_s = 0.0
        self._stopping = threading.Event()
        self._broke = ""
        self._rate = RateMeter(_RATE_WINDOW_S)
        self._last_refusal = ""
        self._logged_s, self._unlogged = 0.0, 0
        self._told = _Told(time.monotonic(), simulation.simulated_s)
        self._thread = threading.Thread(target=self._run, name="robot_sim")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; waits for a step that is under way."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        if self.viewer is not None:
            self.viewer.close()

    def health(self, now_s: float) -> Health:
        """What to tell in diagnostics at the steady time ``now_s``; begins a new period."""
        simulation, before = self._simulation, self._told
        counts = simulation.refused
        refused, violations = sum(counts.values()), simulation.limit_violations
        complaints = simulation.complaints
        self._told = told = _Told(now_s, simulation.simulated_s, refused, violations, complaints)
        factor = (told.simulated_s - before.simulated_s) / max(1e-3, told.time_s - before.time_s)
        findings: list[tuple[Level, str]] = []
        if self._broke:
            findings.append((Level.ERROR, f"the robot failed; restart it: {self._broke}"))
        elif factor < _SLOW:
            findings.append((Level.WARN, f"slower than real time by a factor of {factor:.2f}"))
        if violations > before.violations:
            findings.append((Level.WARN, f"{violations - before.violations} steps beyond a joint's limits"))
        findings += [
            (Level.WARN, text) for text, n in complaints.items() if n > before.complaints.get(text, 0)
        ]
        if refused > before.refused:
            n = refused - before.refused
            findings.append((Level.WARN, f"{n} commands refused, last: {self._last_refusal}"))
        fine = "holding still: no command" if simulation.stopped else "follows commands"
        values = {
            "stopped": str(simulation.stopped).lower(),
            "accepted": str(simulation.accepted),
            "refused": str(refused),
            **{f"refused/{reason}": str(n) for reason, n in sorted(counts.items())},
            "last_refusal": self._last_refusal or "none",
            "real_time_factor": f"{factor:.3f}",
            "limit_violations": str(violations),
            "rate_hz": f"{self._rate.rate_hz(now_s):.2f}",
        }
        level = max((level for level, _ in findings), default=Level.OK)
        return Health(level, "; ".join(text for _, text in findings) or fine, values)

    def _run(self) -> None:
        try:
            due_s = time.monotonic()
            while not self._stopping.is_set():
                time.sleep(min(_POLL_S, max(0.0, due_s - time.monotonic())))
                now_s = time.monotonic()
                self._simulation.advance(now_s)
                self._poll(now_s)
                if now_s >= due_s:
                    self._tell(now_s)
                    due_s += self._period_s
                    if now_s - due_s > self._period_s:
                        due_s = now_s  # what was missed is not made up for
        except Exception as error:
            if ros_runs(self._node):
                self._broke = f"{type(error).__name__}: {error}"
                self._node.get_logger().error(traceback.format_exc())

    def _tell(self, now_s: float) -> None:
        self._publish(*self._simulation.told())
        self._rate.tick(now_s)
        if self.viewer is not None and now_s - self._shown_s >= _VIEW_PERIOD_S:
            self._shown_s = now_s
            if self.viewer.is_running():
                self.viewer.sync()

    def execute(self, command: JointCommand, now_s: float) -> None:
        """Let the robot take a command, or log why it does not; for the loop's own thread."""
        stopped = self._simulation.stopped
        refusal = self._simulation.command(
            command.names, command.positions, command.velocities, command.valid_s, command.from_start_s
        )
        if not refusal:
            if stopped:
                self._node.get_logger().info("follows commands")
            return
        self._last_refusal = refusal
        self._unlogged += 1
        if now_s - self._logged_s >= _LOG_PERIOD_S:
            self._node.get_logger().warning(f"{self._unlogged} commands refused, last: {refusal}")
            self._logged_s, self._unlogged = now_s, 0
