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

"""The accelerations that a robot's motors are strong enough for, as its model states torque and inertia."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.robot_setup.limb_points import Kinematics

HIGHEST: Final = 50.0
"""The highest that is proposed [rad/s^2], [m/s^2]: people do no more, and models lack friction."""

_SHARE: Final = 0.5  # of what is left beside gravity: the other joints move too
_LOWEST: Final = 1.0  # below it the model's masses or torques are not those of the robot
_POSTURES: Final = 50


def able_accelerations(kinematics: Kinematics, qpos: Array, joints: Sequence[str]) -> dict[str, float]:
    """Joint -> half of the acceleration that its torque allows beside gravity, in the worst of 50 postures.

    The joint's torque less what gravity needs, over its own inertia with the other joints held (the diagonal
    of the mass matrix). The postures are the home one and random ones in the joints' ranges, the same in
    every run.

    Args:
        kinematics: the model.
        qpos: of its home posture.
        joints: names of those to look at.

    Returns:
        At most ``HIGHEST`` [rad/s^2] or [m/s^2]; without those whose torque the model does not state.
    """
    mujoco, model, data = kinematics.mujoco, kinematics.model, kinematics.data
    torques = {name: _torque(mujoco, model, int(model.joint(name).id)) for name in joints}
    rows = [int(model.joint(name).id) for name in joints if torques[name] > 0.0]
    if not rows:
        return {}
    places, freedoms = model.jnt_qposadr[rows], model.jnt_dofadr[rows]
    ends = np.array([kinematics.ends(row, np.pi) for row in rows])
    torque = np.array([torques[name] for name in joints if torques[name] > 0.0])
    random = np.random.default_rng(0)
    able = np.full(len(rows), np.inf)
    data.qvel[:] = 0.0
    for number in range(_POSTURES):
        data.qpos[:] = qpos
        if number:
            data.qpos[places] = random.uniform(ends[:, 0], ends[:, 1])
        mujoco.mj_forward(model, data)
        left = torque - np.abs(data.qfrc_bias[freedoms])
        able = np.minimum(able, left / [_inertia(mujoco, model, data, freedom) for freedom in freedoms])
    shares = np.minimum(_SHARE * able, HIGHEST)
    names = [name for name in joints if torques[name] > 0.0]
    return {
        name: float(f"{share:.2g}") for name, share in zip(names, shares, strict=True) if share >= _LOWEST
    }


def _inertia(mujoco: Any, model: Any, data: Any, freedom: int) -> float:
    """The inertia that a joint moves while the others are held [kg m^2] or [kg]."""
    unit, found = np.zeros(model.nv), np.zeros(model.nv)
    unit[freedom] = 1.0
    mujoco.mj_mulM(model, data, found, unit)
    return float(found[freedom])


def _torque(mujoco: Any, model: Any, joint: int) -> float:
    """The torque or force that a model states for a joint [Nm] or [N]; 0 for none."""
    stated = []
    if model.jnt_actfrclimited[joint]:
        stated.append(float(model.jnt_actfrcrange[joint].max()))
    for row in range(model.nu):
        on_joint = model.actuator_trntype[row] == mujoco.mjtTrn.mjTRN_JOINT
        if not on_joint or model.actuator_trnid[row][0] != joint:
            continue
        gear = abs(float(model.actuator_gear[row][0]))
        if model.actuator_forcelimited[row]:
            stated.append(gear * float(model.actuator_forcerange[row].max()))
        motor = model.actuator_biastype[row] == mujoco.mjtBias.mjBIAS_NONE
        if motor and model.actuator_ctrllimited[row]:
            gain = abs(float(model.actuator_gainprm[row][0]))
            stated.append(gear * gain * float(model.actuator_ctrlrange[row].max()))
    return min(stated, default=0.0)
