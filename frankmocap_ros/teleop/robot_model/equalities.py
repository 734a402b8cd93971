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

"""What binds joints of a robot to each other: mimic joints, equalities of joints, closed loops, tendons.

A model tells them as MuJoCo's equalities. Those between two joints name a leader and a follower; of a closed
loop (a connect or weld of two bodies) each joint follows from the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.geometry.rotation import Array

_STEPS: Final = 20
_CLOSE: Final = 1e-8
"""Residual of an equality that holds [m] or [rad]."""
_FURTHEST: Final = 0.3  # of a step of a joint on the way there [rad] or [m]
_PINV: Final = 1e-6


@dataclass(frozen=True)
class Equality:
    """An equality of a model.

    Attributes:
        row: its number.
        joints: numbers of the joints that it binds.
        follower: the one that follows from ``leader``; None in a loop.
        leader: None in a loop, and where the follower is held at one place.
    """

    row: int
    joints: frozenset[int]
    follower: int | None = None
    leader: int | None = None


def joints_above(model: Any, body: int) -> list[int]:
    """The joints from a robot's base to one of its bodies, in this order."""
    found: list[int] = []
    while body > 0:
        first = int(model.body_jntadr[body])
        found[:0] = range(first, first + int(model.body_jntnum[body]))
        body = int(model.body_parentid[body])
    return found


def equalities(mujoco: Any, model: Any) -> tuple[Equality, ...]:
    """The equalities of a model that are in force and bind joints."""
    kinds = mujoco.mjtEq
    found = []
    for row in range(model.neq):
        kind, first, second = int(model.eq_type[row]), int(model.eq_obj1id[row]), int(model.eq_obj2id[row])
        if not model.eq_active0[row]:
            continue
        if kind == kinds.mjEQ_JOINT:
            leader = second if second >= 0 else None
            found.append(Equality(row, frozenset({first, second} - {-1}), first, leader))
        elif kind == kinds.mjEQ_TENDON:
            joints = frozenset(j for t in (first, second) if t >= 0 for j in tendon_joints(mujoco, model, t))
            found.append(Equality(row, joints))
        elif kind in (kinds.mjEQ_CONNECT, kinds.mjEQ_WELD):
            bodies = (first, second)
            if int(model.eq_objtype[row]) == int(mujoco.mjtObj.mjOBJ_SITE):
                bodies = int(model.site_bodyid[first]), int(model.site_bodyid[second])
            here, there = (set(joints_above(model, body)) for body in bodies)
            found.append(Equality(row, frozenset(here ^ there)))
    return tuple(e for e in found if e.joints)


def tendon_joints(mujoco: Any, model: Any, tendon: int) -> list[int]:
    """The joints that a tendon's length depends on."""
    first = int(model.tendon_adr[tendon])
    found: list[int] = []
    for wrap in range(first, first + int(model.tendon_num[tendon])):
        kind, number = int(model.wrap_type[wrap]), int(model.wrap_objid[wrap])
        if kind == mujoco.mjtWrap.mjWRAP_JOINT:
            found.append(number)
        elif kind == mujoco.mjtWrap.mjWRAP_SITE:
            found += joints_above(model, int(model.site_bodyid[number]))
    return found


class Followers:
    """Solves for the joints that follow from others. For one thread.

    Args:
        mujoco: the module.
        model: the MjModel; whose constraints other than equalities are off (see ``only_equalities``).
        rows: numbers of the equalities.
        dependent: numbers of the joints that follow.
    """

    def __init__(self, mujoco: Any, model: Any, rows: Sequence[int], dependent: Sequence[int]) -> None:
        self._mujoco, self._model, self._data = mujoco, model, mujoco.MjData(model)
        self._rows = np.array(rows, dtype=np.int64)
        self._dofs = _dofs(model, dependent)
        self._step = np.zeros(model.nv)
        self._jacobian = np.zeros((0, model.nv))

    def settle(self, qpos: Array) -> bool:
        """Move the joints that follow to where the equalities hold; whether they then do.

        Args:
            qpos: shape (nq,); is changed.
        """
        for _ in range(_STEPS):
            residual = self._look(qpos)
            if not np.abs(residual).max(initial=0.0) > _CLOSE:
                return True
            of_dependent = self._jacobian[:, self._dofs]
            step = -np.linalg.lstsq(of_dependent, residual, rcond=_PINV)[0]
            furthest = np.abs(step).max(initial=0.0)
            self._step[self._dofs] = step * min(1.0, _FURTHEST / max(furthest, 1e-12))
            self._mujoco.mj_integratePos(self._model, qpos, self._step, 1.0)
        return False

    def follow(self) -> Array:
        """How they go along with all degrees of freedom, shape (D, nv), where they settled last.

        Theirs are D of the nv degrees of freedom; see ``dofs``.
        """
        of_dependent = self._jacobian[:, self._dofs]
        return np.asarray(-np.linalg.pinv(of_dependent, rcond=_PINV) @ self._jacobian)

    def left(self, moves: Array) -> float:
        """How far equalities are from holding when joints move so, shape (nv, J), from where they settled."""
        return float(np.abs(self._jacobian @ moves).max(initial=0.0))

    @property
    def dofs(self) -> NDArray[np.int64]:
        """Numbers of their degrees of freedom, shape (D,)."""
        return self._dofs

    def _look(self, qpos: Array) -> Array:
        mujoco, model, data = self._mujoco, self._model, self._data
        data.qpos[:] = qpos
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        mujoco.mj_tendon(model, data)
        mujoco.mj_makeConstraint(model, data)
        own = np.isin(data.efc_id[: data.ne], self._rows)
        self._jacobian = data.efc_J.reshape(-1, model.nv)[: data.ne][own]
        return np.asarray(data.efc_pos[: data.ne][own])


def _dofs(model: Any, joints: Sequence[int]) -> NDArray[np.int64]:
    """The degrees of freedom of joints."""
    return np.flatnonzero(np.isin(model.dof_jntid, joints)).astype(np.int64)


def only_equalities(mujoco: Any, model: Any) -> None:
    """Let a model that is looked at for its kinematics have no other constraints than equalities."""
    disable = mujoco.mjtDisableBit
    model.opt.disableflags |= int(disable.mjDSBL_CONTACT | disable.mjDSBL_LIMIT | disable.mjDSBL_FRICTIONLOSS)
    model.opt.disableflags &= ~int(disable.mjDSBL_EQUALITY)
    model.opt.jacobian = mujoco.mjtJacobian.mjJAC_DENSE
