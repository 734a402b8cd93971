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

"""A simulated robot without masses: its joints go where they are told, within their ranges and speeds.

It needs no actuators, and no step of it can become unstable.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from frankmocap_ros.errors import RetargetError, RobotError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.inverse_kinematics.driven_limits import simulated_roles
from frankmocap_ros.teleop.inverse_kinematics.joint_space import JointSpace
from frankmocap_ros.teleop.inverse_kinematics.joints import (
    JointRoles,
    home_posture,
    joint_ranges,
    roles_without_map,
)
from frankmocap_ros.teleop.inverse_kinematics.model_joints import joint_name, simple_joints
from frankmocap_ros.teleop.robot_map.robot_map import DEFAULT_SPEED, RobotMap
from frankmocap_ros.teleop.robot_model.additions import Additions
from frankmocap_ros.teleop.robot_model.equalities import only_equalities
from frankmocap_ros.teleop.robot_model.loader import LoadedModel, load_model_file
from frankmocap_ros.teleop.robot_model.resources import Shapes
from frankmocap_ros.teleop.simulation.joint_command import JointLimits
from frankmocap_ros.teleop.simulation.sim_model import HOME, check_home, gripping_of

_LAG_S: Final = 0.03  # of the joints behind what they are told: commands come in steps


class KinematicRobot:
    """Joints that follow a target. For one thread.

    Attributes:
        model, data: the MjModel and the MjData; look, do not change.
        limits: range and speed of each of the J joints.
        told_names: of all joints, those that are commanded first.
        notes: what was left out of the model, in words.
        simulated_s: how much time has passed [s].

    Args:
        robot: its map, or a model alone.

    Raises:
        RobotError: the model is missing or broken, or its home posture is out of range.
        MissingDependencyError: MuJoCo is not installed.
    """

    def __init__(self, robot: RobotMap | str | Path) -> None:
        robot_map = robot if isinstance(robot, RobotMap) else None
        path = robot.model if isinstance(robot, RobotMap) else Path(robot).expanduser()
        loaded = load_model_file(path, Shapes.ALL, robot_map.additions if robot_map else Additions())
        self._mujoco, self.model = loaded.mujoco, loaded.model
        only_equalities(self._mujoco, self.model)
        self.data: Any = self._mujoco.MjData(self.model)
        self.notes = loaded.notes
        self.simulated_s = 0.0
        roles = _roles(loaded, robot_map)
        self.limits = _limits(loaded, roles, robot_map)
        home = home_posture(loaded, robot_map, HOME)
        qpos = self.model.jnt_qposadr
        self._positions: Array = home[qpos[list(roles.commanded)]]
        check_home(path, self.limits, self._positions)
        self._velocities: Array = np.zeros_like(self._positions)
        self._space = JointSpace(self._mujoco, self.model, roles, home)
        self._overbound = ""
        others = [
            j
            for j in simple_joints(self._mujoco, self.model)
            if j not in roles.commanded and joint_name(self.model, j)
        ]
        told = [*roles.commanded, *others]
        self.told_names = tuple(joint_name(self.model, j) for j in told)
        self._told = qpos[told]
        self.data.qpos[:] = home
        self.place()

    @property
    def positions(self) -> Array:
        """Where the joints are, shape (J,) [rad] or [m]."""
        return np.asarray(self._positions.copy())

    @property
    def velocities(self) -> Array:
        """How fast they are, shape (J,) [1/s]."""
        return np.asarray(self._velocities.copy())

    def told(self) -> tuple[Array, Array]:
        """Positions and velocities of all joints, in the order of ``told_names``."""
        self.place()
        velocities = np.zeros(len(self._told))
        velocities[: len(self._velocities)] = self._velocities
        return np.asarray(self.data.qpos[self._told]), velocities

    def step(self, target: Array, velocity: Array, dt: float) -> None:
        """Go on for a step.

        Args:
            target: shape (J,), where the joints are to be [rad] or [m].
            velocity: shape (J,), how they are to move there [1/s].
            dt: how long it lasts [s].
        """
        limits, now = self.limits, self._positions
        wanted = (target + _LAG_S * velocity - now) * -math.expm1(-dt / _LAG_S)
        reach = limits.speed * dt
        self._positions = np.clip(now + np.clip(wanted, -reach, reach), limits.low, limits.high)
        self._velocities = (self._positions - now) / dt
        self.simulated_s += dt

    def complaints(self) -> Mapping[str, int]:
        """What went wrong, in words -> in how many steps."""
        return {self._overbound: 1} if self._overbound else {}

    def place(self) -> None:
        """Let ``data`` show where everything is now."""
        try:
            self.data.qpos[:] = self._space.whole(self._positions)
        except RetargetError as error:  # what follows stays where it was
            self._overbound = str(error)
        self._mujoco.mj_kinematics(self.model, self.data)


def _roles(loaded: LoadedModel, robot: RobotMap | None) -> JointRoles:
    return roles_without_map(loaded) if robot is None else simulated_roles(loaded, robot)


def _limits(loaded: LoadedModel, roles: JointRoles, robot: RobotMap | None) -> JointLimits:
    low, high = joint_ranges(loaded.model, roles)
    if (low > high).any():
        raise RobotError(f"{loaded.path}: a joint that follows another one leaves it no range")
    names = tuple(joint_name(loaded.model, j) for j in roles.commanded)
    speeds = [robot.speed(name) if robot else DEFAULT_SPEED for name in names]
    return JointLimits(names, low, high, np.array(speeds), gripping_of(robot))
