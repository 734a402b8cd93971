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

"""A simulated robot with masses: MuJoCo's physics, with the model's own position actuators."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from frankmocap_ros.errors import RobotError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.inverse_kinematics.model_joints import joint_name
from frankmocap_ros.teleop.robot_map.robot_map import RobotMap
from frankmocap_ros.teleop.simulation.sim_model import STEP_S, LoadedRobot, load_robot

_AT_LIMIT: Final = 0.999  # of an actuator's force
_TOUCHING_M: Final = 1e-4  # parts that are this deep in each other push each other away
_LISTED: Final = 5


class PhysicalRobot:
    """Joints that actuators drive to a target. For one thread.

    Attributes:
        model, data: the MjModel and the MjData; look, do not change.
        limits: range and speed of each of the J joints that the map commands.
        told_names: of all joints, those that are commanded first.
        notes: what was left out of the model, and what is wrong with it at home, in words.

    Args:
        robot: its map, or a model alone, whose joints with an actuator are commanded.

    Raises:
        RobotError: the model is missing, broken, or has something else than position actuators.
        MissingDependencyError: MuJoCo is not installed.
    """

    def __init__(self, robot: RobotMap | str | Path) -> None:
        loaded = load_robot(robot)
        self._mujoco, self.model, self.data = loaded.mujoco, loaded.model, loaded.data
        self.limits = loaded.limits
        self.notes = (*loaded.notes, *_touching_at_home(loaded))
        self._qpos = self.model.jnt_qposadr[loaded.joints]
        self._dof = self.model.jnt_dofadr[loaded.joints]
        told = np.concatenate([loaded.joints, loaded.others])
        self.told_names = tuple(joint_name(self.model, j) for j in told.tolist())
        self._told = self.model.jnt_qposadr[told], self.model.jnt_dofadr[told]
        self._own = np.flatnonzero(loaded.actuators >= 0)
        self._actuators = loaded.actuators[self._own]
        self._grippers = loaded.grippers
        # a position actuator brakes as if the joint had to stand still: so much further ahead it must aim
        gains = self.model.actuator_gainprm[self._actuators], self.model.actuator_biasprm[self._actuators]
        kp, kv = gains[0][:, 0], -gains[1][:, 2]
        self._lead_s = np.zeros(len(loaded.actuators))
        self._lead_s[self._own] = (kv + self.model.dof_damping[self._dof[self._own]]) / kp
        self._substeps = round(STEP_S / self.model.opt.timestep)
        # what grips presses as hard as it can
        limited = self.model.actuator_forcelimited[self._actuators].astype(bool)
        limited &= ~self.limits.grips[self._own]
        forces = np.abs(self.model.actuator_forcerange[self._actuators]).max(axis=-1)
        self._strongest = np.where(limited, _AT_LIMIT * forces, np.inf)
        self._driven = tuple(self.limits.names[row] for row in self._own.tolist())
        self._complaints: Counter[str] = Counter()

    @property
    def positions(self) -> Array:
        """Where the joints are, shape (J,) [rad] or [m]."""
        return np.asarray(self.data.qpos[self._qpos])  # a copy, as the index is an array

    @property
    def velocities(self) -> Array:
        """How fast they are, shape (J,) [1/s]."""
        return np.asarray(self.data.qvel[self._dof])

    @property
    def simulated_s(self) -> float:
        """How much time has passed [s]."""
        return float(self.data.time)

    def told(self) -> tuple[Array, Array]:
        """Positions and velocities of all joints, in the order of ``told_names``."""
        positions, velocities = self._told
        return np.asarray(self.data.qpos[positions]), np.asarray(self.data.qvel[velocities])

    def step(self, target: Array, velocity: Array, dt: float) -> None:
        """Go on for a step of ``STEP_S``.

        Args:
            target: shape (J,), where the joints are to be [rad] or [m].
            velocity: shape (J,), how they are to move there [1/s].
            dt: ``STEP_S``.

        Raises:
            RobotError: the simulation became unstable.
        """
        data = self.data
        ahead = target + self._lead_s * velocity
        ahead = np.clip(ahead, self.limits.low, self.limits.high)
        data.ctrl[self._actuators] = ahead[self._own]
        for one in self._grippers:
            data.ctrl[one.actuator] = one.control(ahead[one.row])
        self._mujoco.mj_step(self.model, data, self._substeps)
        if not (np.isfinite(self.positions).all() and np.isfinite(self.velocities).all()):
            raise RobotError(
                "the simulation became unstable: the model's gains are too high for its masses or its "
                "timestep; simulate it without masses, dynamics: kinematic"
            )
        weak = np.abs(data.actuator_force[self._actuators]) >= self._strongest
        if weak.any():
            for name in np.array(self._driven)[weak].tolist():
                self._complaints[f"{name}: its actuator is at its greatest force"] += 1

    def complaints(self) -> Mapping[str, int]:
        """What went wrong, in words -> in how many steps."""
        return self._complaints

    def place(self) -> None:
        """Let ``data`` show where everything is now: a step leaves places as they were before it."""
        self._mujoco.mj_kinematics(self.model, self.data)


def _touching_at_home(loaded: LoadedRobot) -> tuple[str, ...]:
    """What is in touch in the home posture, in words: physics pushes it apart."""
    model, data = loaded.model, loaded.data
    pairs: dict[tuple[str, str], None] = {}
    for contact in data.contact[: data.ncon]:
        if contact.dist < -_TOUCHING_M and not contact.exclude:
            first, second = (
                str(model.body(int(model.geom_bodyid[geom])).name) or "a body without name"
                for geom in contact.geom
            )
            pairs[first, second] = None
    if not pairs:
        return ()
    listed = ", ".join(f"{a} and {b}" for a, b in list(pairs)[:_LISTED])
    more = f" and {len(pairs) - _LISTED} more pairs" if len(pairs) > _LISTED else ""
    return (
        f"parts touch in the home posture and are pushed apart: {listed}{more}; correct home, or simulate "
        "without masses, dynamics: kinematic",
    )
