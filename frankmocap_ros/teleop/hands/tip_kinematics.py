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

"""Joints of a robot hand whose finger tips are where the operator's are: our own inverse kinematics.

A hand is a tree of limbs, whose tips are to be somewhere relative to the wrist. A few Gauss-Newton steps
bring them nearest to it, from the last posture on; each is a quadratic program with the joints in their
ranges. Where the robot's fingers do not come to all of it, it counts more that the thumb and a finger touch
which touch at the operator's hand than where they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from frankmocap_ros.body.skeleton import HAND_POINTS
from frankmocap_ros.geometry.rotation import Array, quat_to_matrix
from frankmocap_ros.teleop.inverse_kinematics.ik_model import packages
from frankmocap_ros.teleop.inverse_kinematics.ik_program import nearest_step
from frankmocap_ros.teleop.inverse_kinematics.joint_motion import StepBounds
from frankmocap_ros.teleop.inverse_kinematics.joint_space import JointSpace
from frankmocap_ros.teleop.inverse_kinematics.parts import RobotPart
from frankmocap_ros.teleop.robot_map.hand_map import HandMap

_STEPS: Final = 5
_FURTHEST: Final = 0.4  # of a joint in one of them [rad] or [m]
_CLOSE: Final = 1e-3  # a step below which they end
_REST: Final = (
    2e-6  # weight of the way from the last posture, beside those of the tips' ways in meters, squared
)
_HOME: Final = 2e-6  # weight of the way to the home posture
_TOUCH_M: Final = 0.05  # tips that are further apart need not come together
_TOUCHING: Final = 2.0  # weight of how tips that touch are to each other, beside where they are
_SEEN: Final = 100  # images over which the operator's size is averaged
_SCALES: Final = (0.3, 4.0)
_NO_ROWS: Final = np.zeros(0)


@dataclass(frozen=True, eq=False)
class HandModel:
    """A robot hand in the robot's model.

    Attributes:
        mujoco: the module.
        model: the MjModel.
        space: its J joints.
        home: shape (J,), the posture to prefer [rad] or [m].
        lower, upper: shape (J,), their ranges.
        wrist: the counterpart of the operator's.
        tips: operator's finger -> what follows its tip.
    """

    mujoco: Any
    model: Any
    space: JointSpace
    home: Array
    lower: Array
    upper: Array
    wrist: RobotPart
    tips: Mapping[str, RobotPart]


class TipKinematics:
    """Finds the joints of one robot hand. For one thread.

    Args:
        hand: of the robot's map.
        model: the same hand in the robot's model.

    Raises:
        MissingDependencyError: a package is not installed.
    """

    def __init__(self, hand: HandMap, model: HandModel) -> None:
        self._daqp = packages()[2]
        self._of = model
        self._data = model.mujoco.MjData(model.model)
        self._tips = tuple(model.tips.values())
        self._rows = [HAND_POINTS.index(f"{finger}4") for finger in model.tips]
        self._turn = quat_to_matrix(np.array(hand.rotation_xyzw))
        self._thumb = list(model.tips).index("thumb") if "thumb" in model.tips else None
        long = [finger for finger in model.tips if finger != "thumb"] or list(model.tips)
        self._measured = [[0, *(HAND_POINTS.index(f"{f}{k}") for k in (1, 2, 3, 4))] for f in long]
        self._now = model.home.clip(model.lower, model.upper)
        self._size_m = sum(self._length(model.tips[finger]) for finger in long)
        self._scale = hand.scale
        self._seen, self._operators_m = 0, 0.0

    def start(self, joints: Array) -> None:
        """Begin from where the robot is, shape (J,) [rad] or [m]; the operator's size is measured again."""
        self._now = joints.clip(self._of.lower, self._of.upper)
        self._seen = 0

    def solve(self, points: Array) -> Array:
        """The joints for a hand, from the last ones on.

        Args:
            points: in the palm's frame, shape (21, 3) [m].

        Returns:
            Shape (J,) [rad] or [m], within their ranges.

        Raises:
            RetargetError: none are found; the last ones stay the last.
        """
        targets = self.wanted(points)
        ways = self._ways(points[self._rows])
        found = self._now
        for _ in range(_STEPS):
            tips, jacobian = self._look(found)
            errors = (ways @ (targets - tips)).ravel()
            slopes = np.einsum("pt,tij->pij", ways, jacobian).reshape(len(errors), -1)
            hessian = slopes.T @ slopes
            hessian.flat[:: len(hessian) + 1] += _REST + _HOME
            pull = slopes.T @ errors + _REST * (self._now - found) + _HOME * (self._of.home - found)
            bounds = StepBounds(
                np.maximum(self._of.lower - found, -_FURTHEST), np.minimum(self._of.upper - found, _FURTHEST),
                np.zeros(len(found)),
            )  # fmt: skip
            rows = np.zeros((0, len(found))), _NO_ROWS
            step = nearest_step(self._daqp, hessian, np.linalg.solve(hessian, pull), bounds, rows)
            found = (found + step).clip(self._of.lower, self._of.upper)
            if not np.abs(step).max(initial=0.0) > _CLOSE:
                break
        self._now = found
        return np.array(found)

    def tips(self, joints: Array) -> Array:
        """Where the tips are relative to the wrist, in its frame, shape (F, 3) [m].

        Args:
            joints: shape (J,) [rad] or [m].

        Raises:
            RetargetError: the joints that follow others cannot follow them there.
        """
        return self._look(joints)[0]

    def wanted(self, points: Array) -> Array:
        """Where the tips are to be for the points of a hand, as above."""
        return np.asarray(self._scale_for(points) * points[self._rows] @ self._turn.T)

    def _look(self, joints: Array) -> tuple[Array, Array]:
        """Tips relative to the wrist, shape (F, 3) [m], and how joints move them, shape (F, 3, J)."""
        mujoco, model, data = self._of.mujoco, self._of.model, self._data
        data.qpos[:] = self._of.space.whole(joints)
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        turn, at = self._of.wrist.matrix(data), self._of.wrist.position(data)
        jacobian = np.zeros((len(self._tips), 3, model.nv))
        tips = np.array([tip.position(data) for tip in self._tips])
        for of_tip, tip, position in zip(jacobian, self._tips, tips, strict=True):
            mujoco.mj_jac(model, data, of_tip, None, position, tip.body)
        reduced = self._of.space.reduced((turn.T @ jacobian).reshape(-1, model.nv))
        return (tips - at) @ turn, reduced.reshape(len(tips), 3, -1)

    def _ways(self, tips: Array) -> Array:
        """What is brought near, as sums of tips, shape (P, F): tips, and ways from the thumb to near ones."""
        alone = np.eye(len(tips))
        if self._thumb is None:
            return alone
        apart = np.linalg.norm(tips - tips[self._thumb], axis=1)
        touching = _TOUCHING * np.maximum(0.0, 1.0 - apart / _TOUCH_M)
        pairs = touching[:, None] * (alone - alone[self._thumb])
        return np.concatenate([alone, np.delete(pairs, self._thumb, axis=0)])

    def _scale_for(self, points: Array) -> float:
        """Size of the robot's hand to the operator's."""
        if self._scale is not None:
            return self._scale
        chains = points[self._measured]
        operators_m = float(np.linalg.norm(np.diff(chains, axis=1), axis=2).sum())
        self._seen = min(self._seen + 1, _SEEN)
        self._operators_m += (operators_m - self._operators_m) / self._seen
        low, high = _SCALES
        return min(max(self._size_m / max(self._operators_m, 1e-3), low), high)

    def _length(self, tip: RobotPart) -> float:
        """How far it is to a tip from one joint to the next, from the wrist on [m]."""
        model, data = self._of.model, self._data
        data.qpos[:] = self._of.space.whole(self._now)
        self._of.mujoco.mj_kinematics(model, data)
        places, body = [tip.position(data).copy()], tip.body
        while body not in (0, self._of.wrist.body):
            places.append(data.xpos[body].copy())
            body = int(model.body_parentid[body])
        places.append(self._of.wrist.position(data).copy())
        return float(np.linalg.norm(np.diff(places, axis=0), axis=1).sum())
