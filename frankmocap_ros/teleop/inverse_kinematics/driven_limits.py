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

"""The joints that go to positions of their own: what they can do, and what they are to a simulated robot."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from frankmocap_ros.errors import RobotError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.inverse_kinematics.joints import JointRoles, assign_roles, joint_ranges
from frankmocap_ros.teleop.inverse_kinematics.model_joints import dependent_joints, driven_joints, tied
from frankmocap_ros.teleop.inverse_kinematics.parts import target_parts
from frankmocap_ros.teleop.robot_map.robot_map import RobotMap
from frankmocap_ros.teleop.robot_model.equalities import equalities
from frankmocap_ros.teleop.robot_model.loader import LoadedModel

_ROUNDING: Final = 1e-6


@dataclass(frozen=True, eq=False)
class DrivenLimits:
    """D joints that are driven to positions of their own, shape (D,) each; hinges in rad, slides in m.

    Attributes:
        names: of the joints.
        lower, upper: their ranges, within which those that follow them stay in theirs, too.
        max_speed, max_acceleration: above 0 [1/s], [1/s^2].
        home: where they are at home.
    """

    names: tuple[str, ...]
    lower: Array
    upper: Array
    max_speed: Array
    max_acceleration: Array
    home: Array


def roles_alone(mujoco: Any, model: Any, joints: Sequence[int]) -> JointRoles:
    """The roles of a model's joints where these alone are commanded, and what is bound to them follows.

    Args:
        mujoco: the module.
        model: the MjModel.
        joints: their numbers.
    """
    _, used = tied(equalities(mujoco, model), set(joints))
    dependent = tuple(sorted(dependent_joints(used, set(joints))))
    return JointRoles(tuple(joints), frozenset(), dependent, (), tuple(used))


def driven_limits(loaded: LoadedModel, robot: RobotMap, home: Array) -> DrivenLimits:
    """The joints that are driven to positions of their own, and what they can do.

    Args:
        loaded: the model.
        robot: its map.
        home: shape (nq,), where all joints are at home.

    Raises:
        RobotError: a joint cannot be driven, or not to the positions that the map names.
    """
    model = loaded.model
    driven = driven_joints(loaded, robot)
    lower, upper = joint_ranges(model, roles_alone(loaded.mujoco, model, driven))
    for one, low, high in zip(robot.driven, lower.tolist(), upper.tolist(), strict=True):
        for end in one.ends:
            if not low - _ROUNDING <= end <= high + _ROUNDING:
                raise RobotError(
                    f"{robot.model}: {one.key}: {one.name}: {end:g} is out of its range; allowed: {low:g} to "
                    f"{high:g}"
                )
    return DrivenLimits(
        names=tuple(one.name for one in robot.driven),
        lower=lower,
        upper=upper,
        max_speed=np.array([one.max_speed for one in robot.driven]),
        max_acceleration=np.array([one.max_acceleration for one in robot.driven]),
        home=np.clip(home[model.jnt_qposadr[list(driven)]], lower, upper),
    )


def simulated_roles(loaded: LoadedModel, robot: RobotMap) -> JointRoles:
    """The roles of a robot's joints to itself: what the gate commands and what it drives is the same to it.

    Raises:
        RobotError: as of ``assign_roles``.
    """
    model = loaded.model
    roles = assign_roles(loaded, robot, {t.part.body for t in target_parts(robot, model)})
    driven = driven_joints(loaded, robot)
    if not driven:
        return roles
    commanded = (*roles.commanded, *driven)
    _, used = tied(equalities(loaded.mujoco, model), {*commanded, *roles.observed, *roles.dependent})
    dependent = set(dependent_joints(used, set(commanded)))
    return JointRoles(
        commanded=commanded,
        idle=roles.idle,
        dependent=tuple(sorted(dependent)),
        observed=tuple(j for j in roles.observed if j not in {*commanded, *dependent}),
        equalities=tuple(e for e in used if e.joints & dependent),
    )
