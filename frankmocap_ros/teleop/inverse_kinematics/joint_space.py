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

"""A robot's commanded joints as coordinates of its whole model: the other joints stay, or follow."""

from typing import Any, Final

import numpy as np

from frankmocap_ros.errors import RetargetError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.inverse_kinematics.joints import JointRoles
from frankmocap_ros.teleop.robot_model.equalities import Followers

_BOUND: Final = 1e-4


class JointSpace:
    """Between J commanded joints and all nq positions and nv velocities of a model. For one thread.

    Args:
        mujoco: the module.
        model: the MjModel.
        roles: of its joints.
        home: shape (nq,), where all joints are at home.
    """

    def __init__(self, mujoco: Any, model: Any, roles: JointRoles, home: Array) -> None:
        commanded, observed = list(roles.commanded), list(roles.observed)
        self._qpos = model.jnt_qposadr[commanded]
        self._dofs = model.jnt_dofadr[commanded]
        self._whole = home.copy()
        self._observed = model.jnt_qposadr[observed]
        self._seen = np.full(len(observed), np.nan)
        self._is_all = model.nv == len(commanded) and np.array_equal(self._dofs, np.arange(model.nv))
        self._moves = np.zeros((model.nv, len(commanded)))
        self._moves[self._dofs, np.arange(len(commanded))] = 1.0
        rows = [e.row for e in roles.equalities]
        self._followers = Followers(mujoco, model, rows, roles.dependent) if rows else None

    @property
    def has_followers(self) -> bool:
        """Whether some of the other joints follow."""
        return self._followers is not None

    def observe(self, values: Array) -> bool:
        """Take where the observed joints are; whether that has changed anything.

        Args:
            values: shape (K,), in the order of the roles [rad] or [m]; not finite where nobody tells: such a
                joint stays where it was told last, or at home.
        """
        known = np.isfinite(values)
        new = np.where(known, values, self._seen)
        if np.array_equal(new, self._seen, equal_nan=True):
            return False
        self._seen = new
        self._whole[self._observed[known]] = values[known]
        return True

    def whole(self, joints: Array) -> Array:
        """Where all joints are when the commanded ones are there, shape (nq,).

        Args:
            joints: shape (J,) [rad] or [m].

        Raises:
            RetargetError: the joints that follow cannot.
        """
        qpos: Array = np.array(self._whole)
        qpos[self._qpos] = joints
        if self._followers is not None:
            if not self._followers.settle(qpos):
                raise RetargetError("the robot's equalities (mimic joints, closed loops) do not hold there")
            self._whole = qpos.copy()  # the next posture is near
        return qpos

    def reduced(self, jacobian: Array) -> Array:
        """What the commanded joints do of what all degrees of freedom do, at the last ``whole``.

        Args:
            jacobian: shape (N, nv).

        Returns:
            Shape (N, J).
        """
        if self._is_all:
            return jacobian
        if self._followers is None:
            return np.asarray(jacobian[:, self._dofs])
        return np.asarray(jacobian @ self._moves_now())

    def is_overbound(self) -> bool:
        """Whether equalities bind the commanded joints to each other, at the last ``whole``."""
        return self._followers is not None and self._followers.left(self._moves_now()) > _BOUND

    def _moves_now(self) -> Array:
        """How all degrees of freedom go along with the commanded joints, shape (nv, J)."""
        moves: Array = np.array(self._moves)
        if self._followers is not None:
            moves[self._followers.dofs] = self._followers.follow() @ self._moves
        return moves
