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

"""Actuators that move a gripper's joints by a tendon, or by what goes along with them."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from frankmocap_ros.errors import RetargetError, RobotError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.inverse_kinematics.joint_space import JointSpace
from frankmocap_ros.teleop.inverse_kinematics.joints import JointRoles
from frankmocap_ros.teleop.robot_model.equalities import only_equalities, tendon_joints
from frankmocap_ros.teleop.robot_model.loader import LoadedModel

_SAMPLES: Final = 33


@dataclass(frozen=True, eq=False)
class GripperActuator:
    """An actuator that goes along with one of the robot's joints.

    Attributes:
        actuator: its number.
        row: of the joint among those that are commanded.
        positions: shape (S,), of the joint, rising [rad] or [m].
        controls: shape (S,), its control signal where the joint is to be there.
    """

    actuator: int
    row: int
    positions: Array
    controls: Array

    def control(self, position: float) -> float:
        """The control signal for a position of the joint."""
        return float(np.interp(position, self.positions, self.controls))


def goes_to_length(mujoco: Any, actuator: Any) -> bool:
    """Whether it drives what it moves to a length that its control signal says."""
    return bool(
        actuator.gaintype[0] == mujoco.mjtGain.mjGAIN_FIXED
        and actuator.biastype[0] == mujoco.mjtBias.mjBIAS_AFFINE
        and actuator.dyntype[0] == mujoco.mjtDyn.mjDYN_NONE
        and actuator.gainprm[0] != 0.0
        and actuator.biasprm[1] < 0.0
    )


def _moved(mujoco: Any, model: Any, actuator: Any) -> set[int]:
    """The joints that an actuator moves by itself."""
    if actuator.trntype[0] == mujoco.mjtTrn.mjTRN_JOINT:
        return {int(actuator.trnid[0])}
    if actuator.trntype[0] == mujoco.mjtTrn.mjTRN_TENDON:
        return set(tendon_joints(mujoco, model, int(actuator.trnid[0])))
    return set()


def gripper_actuators(
    loaded: LoadedModel, roles: JointRoles, home: Array, ends: Mapping[int, tuple[float, float]]
) -> tuple[GripperActuator, ...]:
    """What has to go along with driven joints, beside actuators of their own.

    Args:
        loaded: the model.
        roles: of its joints.
        home: shape (nq,), where all joints are at home.
        ends: number of a driven joint -> its range [rad] or [m].

    Raises:
        RobotError: one is moved by something else, or what it moves along cannot go along.
    """
    mujoco, model = loaded.mujoco, loaded.model
    kinematic = copy.deepcopy(model)
    only_equalities(mujoco, kinematic)
    found = []
    for joint, (low, high) in ends.items():
        tied = _tied(roles, joint)
        moving = [
            i
            for i in range(model.nu)
            if _moved(mujoco, model, model.actuator(i)) & tied
            and not _is_of(mujoco, model.actuator(i), joint)
        ]
        if not moving:
            continue
        samples = np.linspace(low, high, _SAMPLES)
        lengths = _lengths(mujoco, kinematic, roles, home, (joint, samples))
        for i in moving:
            actuator = model.actuator(i)
            if not goes_to_length(mujoco, actuator):
                raise RobotError(
                    f"{loaded.path}: actuator {actuator.name or i} moves {model.joint(joint).name} "
                    "and does not go to a position; simulate it without masses, dynamics: kinematic"
                )
            controls = -(actuator.biasprm[0] + actuator.biasprm[1] * lengths[:, i]) / actuator.gainprm[0]
            if actuator.ctrllimited[0]:
                controls = controls.clip(*actuator.ctrlrange)
            found.append(GripperActuator(i, roles.commanded.index(joint), samples, controls))
    return tuple(found)


def _is_of(mujoco: Any, actuator: Any, joint: int) -> bool:
    return bool(actuator.trntype[0] == mujoco.mjtTrn.mjTRN_JOINT and int(actuator.trnid[0]) == joint)


def _tied(roles: JointRoles, joint: int) -> set[int]:
    """A joint and those that go along with it."""
    found = {joint}
    while more := {j for e in roles.equalities if e.joints & found for j in e.joints} - found:
        found |= more
    return found - (set(roles.commanded) - {joint})


def _lengths(mujoco: Any, model: Any, roles: JointRoles, home: Array, moved: tuple[int, Array]) -> Array:
    """How long all actuators are with one joint at S positions and the others at home, shape (S, nu)."""
    joint, samples = moved
    space, data = JointSpace(mujoco, model, roles, home), mujoco.MjData(model)
    at = np.array(home[model.jnt_qposadr[list(roles.commanded)]])
    found = []
    for sample in samples.tolist():
        at[roles.commanded.index(joint)] = sample
        try:
            data.qpos[:] = space.whole(at)
        except RetargetError as error:
            raise RobotError(f"{model.joint(joint).name} at {sample:g}: {error}") from error
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        mujoco.mj_tendon(model, data)
        mujoco.mj_transmission(model, data)
        found.append(np.array(data.actuator_length))
    return np.array(found)
