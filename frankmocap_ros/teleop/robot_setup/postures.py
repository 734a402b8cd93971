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

"""Postures of a robot's limbs: stretched as the operator's are in SMPL's rest pose, and one to begin with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.robot_setup.limb_points import Kinematics, LimbPoints

Ways = tuple[Array, Array, Array]
"""Unit vectors, shape (3,): from a limb's origin to its middle, from there to its tip, and where the tip goes
when its middle bends; zeros where that does not matter."""
_STARTS: Final = 24
_STEPS: Final = 40
_DIFFERENCE: Final = 1e-4
_DAMPING: Final = 1e-3
_NEUTRAL: Final = 0.03  # weight of a joint's way from zero, beside directions that have 1
_FLEXION: Final = 0.5  # weight of the way that the limb bends
_ONE_SIDED: Final = 0.3  # a range that reaches so much further to one side tells which way it bends
_SPARE: Final = 0.03  # of a range, at each end


@dataclass(frozen=True)
class Axes:
    """How a robot stands in its model's frame: unit vectors, shape (3,) each.

    Attributes:
        forward, left, up: of the robot.
    """

    forward: Array
    left: Array
    up: Array


def stretched(kinematics: Kinematics, points: LimbPoints, ways: Ways, qpos: Array) -> Array:
    """A posture in which a limb points where it is to.

    Args:
        kinematics: of the model.
        points: of the limb.
        ways: where it is to point.
        qpos: shape (nq,), where the other joints are.

    Returns:
        Shape (nq,).
    """
    joints, model, data = points.limb.joints, kinematics.model, kinematics.data
    ends = np.array([kinematics.ends(j, np.pi) for j in joints])
    neutral = np.clip(0.0, ends[:, 0], ends[:, 1])
    adr = model.jnt_qposadr[list(joints)]
    bend = points.bend
    low, high = ends[bend]

    def errors(values: Array) -> Array:
        whole = qpos.copy()
        whole[adr] = values
        kinematics.put(whole)
        origin, middle, tip = (p.position(data) for p in (points.origin, points.middle, points.tip))
        axis = np.array(data.xaxis[joints[bend]])
        moved = np.cross(axis, tip - middle)
        further, nearer = high - values[bend], values[bend] - low
        sided = abs(further - nearer) > _ONE_SIDED
        flexion = _unit(moved) * np.sign(further - nearer)
        bends = _FLEXION * (flexion - ways[2]) if sided and ways[2].any() else np.zeros(3)
        off = np.concatenate([_unit(middle - origin) - ways[0], _unit(tip - middle) - ways[1], bends])
        return np.concatenate([off, _NEUTRAL * (values - neutral)])

    found = qpos.copy()
    found[adr] = _least(errors, ends, neutral)
    return np.asarray(found)


def reaching(kinematics: Kinematics, points: LimbPoints, goal: Array, qpos: Array) -> Array:
    """A posture in which a limb's tip is somewhere, with its joints near the middle of their ranges.

    Args:
        kinematics: of the model.
        points: of the limb.
        goal: shape (3,), in the model's frame [m].
        qpos: shape (nq,), where the other joints are.

    Returns:
        Shape (nq,).
    """
    joints, model = points.limb.joints, kinematics.model
    ends = np.array([kinematics.ends(j, np.pi) for j in joints])
    middle = np.clip(0.0, ends[:, 0] + 0.3, np.maximum(ends[:, 1] - 0.3, ends[:, 0] + 0.3))
    adr = model.jnt_qposadr[list(joints)]
    size = max(0.1, float(np.linalg.norm(goal)))

    def errors(values: Array) -> Array:
        whole = qpos.copy()
        whole[adr] = values
        kinematics.put(whole)
        off = (points.tip.position(kinematics.data) - goal) / size
        return np.concatenate([off, 0.3 * _NEUTRAL * (values - middle)])

    found = qpos.copy()
    found[adr] = _least(errors, ends, middle)
    return np.asarray(found)


def off_rad(kinematics: Kinematics, points: LimbPoints, ways: Ways, qpos: Array) -> float:
    """How far a limb's two parts are from pointing where they are to, the worse one [rad]."""
    kinematics.put(qpos)
    origin, middle, tip = (p.position(kinematics.data) for p in (points.origin, points.middle, points.tip))
    cosines = (_unit(middle - origin) @ ways[0], _unit(tip - middle) @ ways[1])
    return float(np.arccos(np.clip(min(cosines), -1.0, 1.0)))


def _least(errors: Callable[[Array], Array], ends: Array, first: Array) -> Array:
    """What makes errors small within ends, shape (J, 2): Gauss-Newton from several starts."""
    spare = _SPARE * (ends[:, 1] - ends[:, 0])
    low, high = ends[:, 0] + spare, ends[:, 1] - spare
    random = np.random.default_rng(0)
    starts = [first, 0.5 * (low + high), *(random.uniform(low, high) for _ in range(_STARTS))]
    best, least = first, np.inf
    for start in starts:
        values = np.clip(start, low, high)
        for _ in range(_STEPS):
            now = errors(values)
            jacobian = np.empty((len(now), len(values)))
            for i in range(len(values)):
                moved = values.copy()
                moved[i] += _DIFFERENCE
                jacobian[:, i] = (errors(moved) - now) / _DIFFERENCE
            hessian = jacobian.T @ jacobian + _DAMPING * np.eye(len(values))
            step = -np.linalg.solve(hessian, jacobian.T @ now)
            after = np.clip(values + step * min(1.0, 0.5 / max(1e-9, float(np.abs(step).max()))), low, high)
            if np.abs(after - values).max() < 1e-5:
                break
            values = after
        off = float(np.sum(errors(values) ** 2))
        if off < least - 1e-6:
            best, least = values, off
    return best


def _unit(vector: Array) -> Array:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9))
