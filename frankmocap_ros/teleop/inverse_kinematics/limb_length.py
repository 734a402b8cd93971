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

"""How long a robot's limbs are when they are stretched out: how far their ends can be apart."""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from frankmocap_ros.errors import RetargetError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.inverse_kinematics.joint_space import JointSpace
from frankmocap_ros.teleop.inverse_kinematics.parts import TargetParts
from frankmocap_ros.teleop.robot_model.equalities import joints_above

_SWEEPS: Final = 6
_POINTS: Final = 17  # of a joint's range that are looked at
_FINER: Final = (1.0, 0.125, 0.02)  # of the range, around the best one
_GAIN_M: Final = 1e-4  # of a sweep; below it the limb is stretched


class LimbLengths:
    """Stretches limbs. For one thread.

    Args:
        mujoco: the module.
        model: the MjModel.
        space: its J commanded joints.
        joints: their numbers in the model.
        ranges: shape (2, J), their ends [rad] or [m]; infinite where there are none.
    """

    def __init__(
        self, mujoco: Any, model: Any, space: JointSpace, joints: Sequence[int], ranges: Array
    ) -> None:
        self._mujoco, self._model, self._data = mujoco, model, mujoco.MjData(model)
        self._space, self._joints = space, tuple(joints)
        endless = ~np.isfinite(ranges).all(axis=0)
        turning = np.array(model.jnt_type[list(joints)] == int(mujoco.mjtJoint.mjJNT_HINGE))
        self._ranges = np.where(endless, np.array((-math.pi, math.pi))[:, None] * turning, ranges)

    def stretched(self, target: TargetParts, home: Array) -> float:
        """The largest distance of the ends of a target's limb [m]; 0 without one.

        Each joint between them in turn goes to where they are furthest apart, from the home posture and from
        the middle of the ranges, until none brings more.

        Args:
            target: what it names.
            home: shape (J,) [rad] or [m].
        """
        if not target.chain:
            return 0.0
        ends = (set(joints_above(self._model, part.body)) for part in (target.chain[0], target.chain[-1]))
        between = set.symmetric_difference(*ends)
        # what follows other joints moves with joints that are elsewhere
        rows = [i for i, j in enumerate(self._joints) if j in between or self._space.has_followers]
        return max(self._stretched(target, start.copy(), rows) for start in (home, self._ranges.mean(axis=0)))

    def _stretched(self, target: TargetParts, joints: Array, rows: Sequence[int]) -> float:
        best = self._distance(target, joints)
        for _ in range(_SWEEPS):
            before = best
            for row in rows:
                best = max(best, self._best_of(target, joints, row))
            if best - before < _GAIN_M:
                break
        return best

    def _best_of(self, target: TargetParts, joints: Array, row: int) -> float:
        """Move a joint to where the ends are furthest apart; how far that is."""
        low, high = self._ranges[:, row]
        best, place = self._distance(target, joints), joints[row]
        for share in _FINER:
            width = 0.5 * share * (high - low)
            center = 0.5 * (low + high) if share == 1.0 else place
            for joints[row] in np.linspace(max(low, center - width), min(high, center + width), _POINTS):
                found = self._distance(target, joints)
                if found > best:
                    best, place = found, joints[row]
        joints[row] = place
        return best

    def _distance(self, target: TargetParts, joints: Array) -> float:
        data = self._data
        try:
            data.qpos[:] = self._space.whole(joints)
        except RetargetError:
            return 0.0  # the robot cannot be so
        self._mujoco.mj_kinematics(self._model, data)
        return float(np.linalg.norm(target.chain[-1].position(data) - target.chain[0].position(data)))
