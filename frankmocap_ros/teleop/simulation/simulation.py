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

"""A robot in simulation, driven as its own controller would drive it. Nothing here reads a clock."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from frankmocap_ros.errors import RobotError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.robot_map.robot_map import KINEMATIC, PHYSICS, RobotMap
from frankmocap_ros.teleop.simulation.joint_command import JointCommand, JointLimits
from frankmocap_ros.teleop.simulation.joint_servo import JointServo
from frankmocap_ros.teleop.simulation.kinematic_robot import KinematicRobot
from frankmocap_ros.teleop.simulation.physical_robot import PhysicalRobot
from frankmocap_ros.teleop.simulation.scene_objects import SceneObjects
from frankmocap_ros.teleop.simulation.sim_model import STEP_S
from frankmocap_ros.teleop.simulation.trajectory_servo import TrajectoryServo

AUTO: Final = "auto"
"""A robot is simulated as its map says; a model alone by its kinematics."""
MAX_CATCH_UP_S: Final = 0.1
"""After a longer delay the simulation goes on from now, and time is lost."""
_RANGE_SLACK: Final = 1e-3  # [rad] or [m]; a joint's end stop gives way a little
_SPEED_SLACK: Final = 1.1
_TIME_ROUNDING_S: Final = 1e-6


class SimulatedRobot(Protocol):
    """What moves as it is told; see ``KinematicRobot`` and ``PhysicalRobot``."""

    model: Any
    data: Any
    limits: JointLimits
    told_names: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def positions(self) -> Array:
        """Where the joints are, shape (J,)."""

    @property
    def velocities(self) -> Array:
        """How fast they are, shape (J,)."""

    @property
    def simulated_s(self) -> float:
        """How much time has passed [s]."""

    def told(self) -> tuple[Array, Array]:
        """Positions and velocities of all joints, in the order of ``told_names``."""

    def step(self, target: Array, velocity: Array, dt: float) -> None:
        """Go on for a step."""

    def complaints(self) -> Mapping[str, int]:
        """What went wrong, in words -> in how many steps."""

    def place(self) -> None:
        """Let ``data`` show where everything is now."""


def _simulated(robot: RobotMap | str | Path, dynamics: str) -> SimulatedRobot:
    if dynamics == AUTO:
        dynamics = robot.simulation if isinstance(robot, RobotMap) else KINEMATIC
    return PhysicalRobot(robot) if dynamics == PHYSICS else KinematicRobot(robot)


class Simulation:
    """A robot that starts in its home posture, holds there, and follows commands.

    Its controller owns the joints that the map has commanded; of a model alone all that have an actuator, or
    every joint where none has. Other joints hold at home, if anything drives them. For one thread.

    Attributes:
        model: the MjModel; look, do not change.
        data: the MjData; the same.
        joint_names: of the J joints that its controller owns.
        told_names: of all joints, those that it owns first.
        notes: what was left out of the model, and what is wrong with it at home, in words.
        objects: what moves freely in the scene around it; with physics alone anything moves it.
        limits: range and speed of each joint.
        limit_violations: steps in which a joint was out of its range or over its speed.

    Args:
        robot: its map; or a model alone, whose joints have the speed ``DEFAULT_SPEED`` each.
        command_timeout_s: without a command younger than this the robot stops where it is [s]; None for a
            ``TrajectoryServo``, which goes to the last one and asks few questions.
        time_s: now [s].
        dynamics: ``kinematic`` goes where it is told within ranges and speeds; ``physics`` has masses, and
            needs position actuators in the model; ``auto`` is what the map says.

    Raises:
        RobotError: the model is missing, broken, or not what can be simulated.
        MissingDependencyError: MuJoCo is not installed.
    """

    def __init__(
        self,
        robot: RobotMap | str | Path,
        command_timeout_s: float | None = 0.25,
        time_s: float = 0.0,
        dynamics: str = AUTO,
    ) -> None:
        self._robot = moved = _simulated(robot, dynamics)
        self.model, self.data, self.notes = moved.model, moved.data, moved.notes
        self.objects = SceneObjects(moved.model, moved.data)
        self.limits, self.joint_names = moved.limits, moved.limits.names
        self.told_names = moved.told_names
        self._low, self._high = self.limits.low - _RANGE_SLACK, self.limits.high + _RANGE_SLACK
        self._fast = _SPEED_SLACK * self.limits.speed
        self._now = self.positions
        self._servo = (
            TrajectoryServo(self.limits, self._now)
            if command_timeout_s is None
            else JointServo(self.limits, self._now, command_timeout_s)
        )
        self._time_s = time_s
        self.limit_violations = 0

    @property
    def positions(self) -> Array:
        """Where the joints are, shape (J,) [rad] or [m]."""
        return self._robot.positions

    @property
    def velocities(self) -> Array:
        """How fast they are, shape (J,) [1/s]."""
        return self._robot.velocities

    def told(self) -> tuple[Array, Array]:
        """Positions and velocities of all joints, in the order of ``told_names``."""
        return self._robot.told()

    @property
    def complaints(self) -> dict[str, int]:
        """What went wrong, such as an actuator at its greatest force, in words -> in how many steps."""
        return dict(self._robot.complaints())

    @property
    def targets(self) -> Array:
        """Where they are to be now, shape (J,)."""
        return np.array(self._servo.target)

    @property
    def stopped(self) -> bool:
        """Whether it holds still, for want of commands."""
        return self._servo.stopped

    @property
    def accepted(self) -> int:
        """How many commands were taken."""
        return self._servo.accepted

    @property
    def refused(self) -> dict[str, int]:
        """How many commands were refused, by reason."""
        return self._servo.refused.counts()

    @property
    def simulated_s(self) -> float:
        """How much time was simulated [s]; less than has passed where it could not keep up."""
        return self._robot.simulated_s

    def site_positions(self, names: Sequence[str]) -> Array:
        """Where sites of the model are now, shape (N, 3), in the model's world [m].

        Raises:
            RobotError: the model has no such site.
        """
        known = {str(self.model.site(i).name): i for i in range(self.model.nsite)}
        unknown = [name for name in names if name not in known]
        if unknown:
            raise RobotError(f"the robot has no site {unknown[0]}; known: {', '.join(known) or 'none'}")
        self._robot.place()
        return np.asarray(self.data.site_xpos[[known[name] for name in names]])

    def command(
        self,
        joint_names: Sequence[str],
        positions: Sequence[float],
        velocities: Sequence[float] | None,
        valid_s: float,
        from_start_s: float = 0.0,
    ) -> str:
        """Take a command, or return why it is refused; a refused one changes nothing.

        Call ``advance`` to the present first: ages are taken from there.

        Args:
            joint_names: every joint that the controller owns once, in any order, and no other; grippers
                that are left out stay.
            positions: one a joint [rad] or [m].
            velocities: one a joint [1/s], to be had at those positions, or None for none.
            valid_s: its stamp: what time it is for [s].
            from_start_s: how long after it the joints are to be there, for a ``TrajectoryServo`` [s].
        """
        command = JointCommand(joint_names, positions, velocities, valid_s, from_start_s)
        return self._servo.command(command, self.positions, self._time_s)

    def advance(self, time_s: float) -> None:
        """Step up to a time; of what is more than ``MAX_CATCH_UP_S`` ahead only the last part.

        Raises:
            RobotError: the simulation became unstable.
        """
        self._time_s = max(self._time_s, time_s - MAX_CATCH_UP_S)
        while self._time_s + STEP_S <= time_s + _TIME_ROUNDING_S:
            self._time_s += STEP_S
            self._step()

    def _step(self) -> None:
        servo = self._servo
        servo.tick(self._time_s, STEP_S, self._now)
        self._robot.step(servo.target, servo.velocity, STEP_S)
        self._now = positions = self.positions
        violated = (positions < self._low) | (positions > self._high) | (np.abs(self.velocities) > self._fast)
        self.limit_violations += bool(violated.any())
