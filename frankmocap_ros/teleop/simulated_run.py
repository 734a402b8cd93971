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

"""The gate and a simulated robot on a controlled clock: what is commanded, and what the robot does."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from frankmocap_ros.errors import MocapError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.command import Command
from frankmocap_ros.teleop.controller import Controller
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter
from frankmocap_ros.teleop.robot.joint_controller import JointController
from frankmocap_ros.teleop.simulation.simulation import Simulation

_LETS_GO = ("HOLD", "DISENGAGED", "FAULT")


@dataclass
class StateChange:
    """The gate's state from a time on.

    Attributes:
        time_s: since when [s].
        state: its name.
        reason: in words; the last one, where it changed.
    """

    time_s: float
    state: str
    reason: str


@dataclass
class RobotRun:
    """What was recorded, one entry a tick with commands. N targets, J joints.

    Attributes:
        times_s: when [s].
        sent: what was commanded.
        commands: shape (N, 3) each, of the targets [m].
        joints: shape (J,) each, what was sent [rad] or [m].
        velocities: shape (J,) each, as sent [1/s].
        moved: shape (J,) each, where the simulated robot was.
        driven: shape (D,) each, what was sent to the joints of grippers and hands [rad] or [m].
        ages_s: how old what was seen last was [s].
        missed: names of the targets that were not reached.
        step_ms: how long each tick took, by the clock that was given [ms].
        changes: of the gate's state.
        ticks_s: every tick, with commands or without [s].
        robot: shape (J,), where the simulated robot was, at every tick.
        refused: commands that the robot did not take, by reason.
        violations: steps of the robot beyond a limit.
    """

    times_s: list[float] = field(default_factory=list)
    sent: list[Command] = field(default_factory=list)
    commands: list[Array] = field(default_factory=list)
    joints: list[Array] = field(default_factory=list)
    velocities: list[Array] = field(default_factory=list)
    moved: list[Array] = field(default_factory=list)
    driven: list[Array] = field(default_factory=list)
    ages_s: list[float] = field(default_factory=list)
    missed: list[tuple[str, ...]] = field(default_factory=list)
    step_ms: list[float] = field(default_factory=list)
    changes: list[StateChange] = field(default_factory=list)
    ticks_s: list[float] = field(default_factory=list)
    robot: list[Array] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    violations: int = 0

    @property
    def states(self) -> list[tuple[float, str]]:
        """Time [s] and name of each state of the gate."""
        return [(change.time_s, change.state) for change in self.changes]

    @property
    def reasons(self) -> list[str]:
        """Why it let go after its first command, each time; without a command, why it never had one."""
        first_s = self.times_s[0] if self.times_s else -np.inf
        return [c.reason for c in self.changes[1:] if c.state in _LETS_GO and c.time_s >= first_s]


class SimulatedRun:
    """One run. The caller hands over what is seen and asked for, and lets time pass.

    Attributes:
        controller: the gate.
        driver: what drives the robot's joints.
        simulation: the robot.
        run: what was recorded so far.
        now_s: the time; set it before anything is handed to the controller [s].

    Args:
        retargeter: of the robot.
        config: settings of the gate.
        dynamics: of the simulation, see there.
        clock: what ticks are timed by [s]; None for nothing.

    Raises:
        RobotError: the robot cannot be simulated.
        SettingError: the workspace is empty.
    """

    def __init__(
        self,
        retargeter: Retargeter,
        config: GateSettings,
        dynamics: str = "kinematic",
        clock: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.simulation = simulation = Simulation(retargeter.robot_map, dynamics=dynamics)
        self.driver = JointController(
            retargeter,
            lambda: simulation.positions,
            config.max_tracking_error,
            lambda: np.full(len(retargeter.observed), np.nan),
        )
        self.now_s = 0.0
        self.run = RobotRun()
        self._clock = clock
        self.controller = Controller(config, retargeter.targets, self.driver, 0.0, self._changed)
        self._changed()

    def _changed(self) -> None:
        state, reason, changes = self.controller.state.name, self.controller.reason, self.run.changes
        if changes and changes[-1].state == state:
            changes[-1].reason = reason
        else:
            changes.append(StateChange(self.now_s, state, reason))

    def tick(self) -> None:
        """Let the gate decide and the robot go on, up to ``now_s``."""
        run, simulation, now_s = self.run, self.simulation, self.now_s
        simulation.advance(now_s)
        count = len(self.driver.robot.joint_names)  # what is driven beside them follows nobody
        robot = simulation.positions[:count]
        run.ticks_s.append(now_s)
        run.robot.append(robot)
        run.refused, run.violations = simulation.refused, simulation.limit_violations
        start_s = self._clock()
        try:
            command = self.controller.tick(now_s)
        except MocapError as error:
            self.controller.fault(f"it broke: {error}", now_s)
            return
        took_ms = 1e3 * (self._clock() - start_s)
        if command is None or command.posture is None:
            return
        posture = command.posture
        simulation.command(
            simulation.joint_names, posture.positions.tolist(), posture.velocities.tolist(), now_s
        )
        run.times_s.append(now_s)
        run.sent.append(command)
        run.commands.append(command.positions.copy())
        run.joints.append(posture.positions[:count])
        run.velocities.append(posture.velocities[:count])
        run.moved.append(robot)
        run.driven.append(posture.positions[count:])
        run.ages_s.append(self.controller.age_s(now_s))
        run.missed.append(self.driver.missed)
        run.step_ms.append(took_ms)
