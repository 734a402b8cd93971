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

"""How far parts of a robot are from where they are to be, and how that changes with its joints.

All parts at once: with a task of mink for each, a step of the built-in robot takes 1.5 times as long.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.inverse_kinematics.parts import RobotPart

_WXYZ = np.array([3, 0, 1, 2])  # from x y z w


class IkObjective:
    """N parts and their aims, as weighted least squares: 0.5 |errors|^2 is what is to be small.

    Errors are an aim less a part's position, and the rotation vector from the part to its aim, both in the
    world. Of half its square, ``slopes`` is the exact gradient also for large turns: the vector is an axis of
    the rotation that it describes (Murray, Li, Sastry, A Mathematical Introduction to Robotic Manipulation,
    1994, 2.2).

    Args:
        mujoco: the module.
        configuration: a mink.Configuration, which the caller updates.
        parts: what is to be somewhere.
        costs: shape (2, N), weights of positions and of orientations.
    """

    def __init__(self, mujoco: Any, configuration: Any, parts: Sequence[RobotPart], costs: Array) -> None:
        n, freedoms, data = len(parts), configuration.model.nv, configuration.data
        self._mujoco, self._model, self._data = mujoco, configuration.model, data
        self._costs = costs[:, :, None]
        self._places = [part.position(data) for part in parts]
        self._matrices = [part.matrix(data).reshape(9) for part in parts]
        self._jacobians = np.zeros((2, n, 3, freedoms))
        self._weights = np.repeat(self._costs, 3, axis=2).reshape(-1, 1)
        of_part = {"site": mujoco.mj_jacSite, "body": mujoco.mj_jacBody}
        self._parts = [(of_part[part.kind], part.row) for part in parts]
        self._aims = np.zeros((n, 3))
        self._aims_wxyz = np.tile((1.0, 0.0, 0.0, 0.0), (n, 1))
        self._quat, self._turn = np.zeros(4), np.zeros(3)
        self._errors = np.zeros((2, n, 3))
        self._moved = np.zeros((2, n, 3))
        self.forget()

    def forget(self) -> None:
        """The next aims come from nowhere: nothing is known of how they move."""
        self._is_new = True

    def aim(self, positions: Array, orientations: Array) -> Array:
        """Set where the parts are to be.

        Args:
            positions: shape (N, 3) [m].
            orientations: shape (N, 4), x y z w.

        Returns:
            How that has moved since the last time, weighted as the errors are, shape (6 N,).
        """
        before, before_wxyz = self._aims, self._aims_wxyz
        self._aims = positions
        self._aims_wxyz = orientations[:, _WXYZ]
        found = self._moved
        if self._is_new:
            found[:] = 0.0
            self._is_new = False
        else:
            np.subtract(positions, before, out=found[0])
            for aim, old, row in zip(self._aims_wxyz, before_wxyz, found[1], strict=True):
                self._turn_to(aim, old, row)
        return np.asarray((found * self._costs).reshape(-1))

    def _turn_to(self, aim: Array, quat: Array, row: Array) -> None:
        """Write the rotation vector from a quaternion to another one, w x y z, in the world, into ``row``."""
        self._mujoco.mju_subQuat(self._turn, aim, quat)  # in the turned thing's own frame
        self._mujoco.mju_rotVecQuat(row, self._turn, quat)

    def errors(self) -> Array:
        """Weighted errors, shape (6 N,)."""
        mujoco, quat = self._mujoco, self._quat
        found = self._errors
        np.subtract(self._aims, self._places, out=found[0])
        for matrix, aim, row in zip(self._matrices, self._aims_wxyz, found[1], strict=True):
            mujoco.mju_mat2Quat(quat, matrix)
            self._turn_to(aim, quat, row)
        return np.asarray((found * self._costs).reshape(-1))

    def jacobian(self) -> Array:
        """How all degrees of freedom bring the errors down, weighted, shape (6 N, nv)."""
        moves, turns = self._jacobians
        for (jacobian, row), move, turn in zip(self._parts, moves, turns, strict=True):
            jacobian(self._model, self._data, move, turn, row)
        return np.asarray(self._jacobians.reshape(len(self._weights), -1) * self._weights)
