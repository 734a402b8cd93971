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

"""A robot's MuJoCo model, ready to be simulated with physics: position actuators, limits, home."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import RobotError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.inverse_kinematics.driven_limits import simulated_roles
from frankmocap_ros.teleop.inverse_kinematics.joints import home_posture, joint_ranges
from frankmocap_ros.teleop.inverse_kinematics.model_joints import driven_joints, joint_name, simple_joints
from frankmocap_ros.teleop.robot_map.robot_map import DEFAULT_SPEED, RobotMap
from frankmocap_ros.teleop.robot_model.additions import Additions
from frankmocap_ros.teleop.robot_model.loader import LoadedModel, load_model_file
from frankmocap_ros.teleop.robot_model.model_source import ModelSource
from frankmocap_ros.teleop.robot_model.resources import Shapes
from frankmocap_ros.teleop.simulation.gripper_actuators import GripperActuator, gripper_actuators
from frankmocap_ros.teleop.simulation.joint_command import JointLimits
from frankmocap_ros.teleop.simulation.joint_servo import ROUNDING

STEP_S: Final = 0.002
"""The servo works at 500 Hz; a model that needs shorter steps takes several for one of these."""
HOME: Final = "home"
"""The keyframe that a model without a map starts in, where it has one."""
_OTHERWISE: Final = "Or simulate it without masses, dynamics: kinematic"


@dataclass(frozen=True, eq=False)
class LoadedRobot:
    """A robot at home.

    Attributes:
        mujoco: the module.
        model: the MjModel.
        data: the MjData.
        joints: shape (J,), numbers of the joints that its controller owns.
        actuators: shape (J,), numbers of their actuators; -1 where only others move the joint.
        grippers: what goes along with joints of grippers.
        limits: of those joints.
        others: numbers of the other joints that can be told.
        notes: what was left out of the model, in words.
    """

    mujoco: Any
    model: Any
    data: Any
    joints: NDArray[np.int64]
    actuators: NDArray[np.int64]
    limits: JointLimits
    others: NDArray[np.int64]
    notes: tuple[str, ...]
    grippers: tuple[GripperActuator, ...] = ()


def _load(path: ModelSource, robot: RobotMap | None) -> LoadedModel:
    """A model with steps that fit into ``STEP_S``."""
    loaded = load_model_file(path, Shapes.ALL, robot.additions if robot else Additions())
    model = loaded.model
    substeps = max(1, math.ceil(STEP_S / model.opt.timestep - 1e-9))
    model.opt.timestep = STEP_S / substeps
    # what explodes must be seen, not put back to its start as if nothing had been
    model.opt.disableflags |= int(loaded.mujoco.mjtDisableBit.mjDSBL_AUTORESET)
    return loaded


def _is_position_actuator(mujoco: Any, actuator: Any) -> bool:
    kp = actuator.gainprm[0]
    return bool(
        actuator.trntype[0] == mujoco.mjtTrn.mjTRN_JOINT
        and actuator.gaintype[0] == mujoco.mjtGain.mjGAIN_FIXED
        and actuator.biastype[0] == mujoco.mjtBias.mjBIAS_AFFINE
        and actuator.dyntype[0] == mujoco.mjtDyn.mjDYN_NONE
        and kp > 0.0
        and actuator.biasprm[1] == -kp
        and actuator.gear[0] == 1.0
    )


def gripping_of(robot: RobotMap | None) -> frozenset[str]:
    """Joints that hold what they hold."""
    return frozenset(one.name for one in robot.driven) if robot else frozenset()


def _actuators(
    loaded: LoadedModel, joints: Sequence[int] | None, along: Collection[int] = ()
) -> dict[int, int]:
    """Joint -> actuator of the joints that the controller owns; all that have one where that is not said.

    Those of ``along`` are moved by other actuators, too, and need none of their own: -1.
    """
    mujoco, model, path = loaded.mujoco, loaded.model, loaded.path
    found: dict[int, int] = {}
    for i in range(model.nu):
        actuator = model.actuator(i)
        name = actuator.name or i
        joint = int(actuator.trnid[0]) if actuator.trntype[0] == mujoco.mjtTrn.mjTRN_JOINT else -1
        if joints is not None and joint not in joints:
            continue  # somebody else's: it holds where it is
        if not _is_position_actuator(mujoco, actuator):
            raise RobotError(
                f"{path}: actuator {name} is not a <position> actuator of a joint with gear 1 and without "
                f"timeconst; only those are simulated with physics. {_OTHERWISE}"
            )
        if not joint_name(model, joint) or joint in found:
            raise RobotError(f"{path}: actuator {name} must drive a joint of its own, with a name")
        found[joint] = i
    if not model.nu:
        raise RobotError(
            f"{path}: it has no actuators; add <position joint=...> for each joint to command. {_OTHERWISE}"
        )
    found |= {joint: -1 for joint in along if joint not in found}
    without = [joint_name(model, j) for j in joints or () if j not in found]
    if without:
        raise RobotError(
            f"{path}: it has no actuator for {', '.join(without)}; add <position joint=...>. {_OTHERWISE}"
        )
    return {joint: found[joint] for joint in joints or found}


def _limits(model: Any, actuators: Mapping[int, int], robot: RobotMap | None) -> JointLimits:
    joints, rows = list(actuators), np.array(list(actuators.values()))
    names = tuple(joint_name(model, j) for j in joints)
    limited = model.jnt_limited[joints].astype(bool)
    low = np.where(limited, model.jnt_range[joints, 0], -np.inf)
    high = np.where(limited, model.jnt_range[joints, 1], np.inf)
    # MuJoCo clips a control signal in silence; what it would clip is out of range
    clipped = model.actuator_ctrllimited[rows].astype(bool) & (rows >= 0)
    low = np.where(clipped, np.maximum(low, model.actuator_ctrlrange[rows, 0]), low)
    high = np.where(clipped, np.minimum(high, model.actuator_ctrlrange[rows, 1]), high)
    speeds = np.array([robot.speed(name) if robot else DEFAULT_SPEED for name in names])
    return JointLimits(names, low, high, speeds, gripping_of(robot))


def _go_home(loaded: LoadedRobot, found: LoadedModel, robot: RobotMap | None) -> None:
    """Put the robot into its home posture: a keyframe, or what the map says, or zero."""
    mujoco, model, data, limits = loaded.mujoco, loaded.model, loaded.data, loaded.limits
    keyframe = robot.keyframe if robot else HOME
    key = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_KEY, keyframe) if keyframe else -1
    if key >= 0:
        mujoco.mj_resetDataKeyframe(model, data, key)  # with what other actuators are to do
    data.qpos[:] = home_posture(found, robot, HOME)
    check_home(found.path, limits, data.qpos[model.jnt_qposadr[loaded.joints]])
    for i in range(model.nu):  # what nobody commands holds
        actuator = model.actuator(i)
        if _is_position_actuator(mujoco, actuator):
            data.ctrl[i] = data.qpos[model.jnt_qposadr[actuator.trnid[0]]]
    for one in loaded.grippers:
        data.ctrl[one.actuator] = one.control(data.qpos[model.jnt_qposadr[loaded.joints[one.row]]])
    mujoco.mj_forward(model, data)


def check_home(path: ModelSource, limits: JointLimits, positions: Array) -> None:
    """Refuse a home posture, shape (J,), that is out of the joints' ranges.

    Raises:
        RobotError: names the file and the joints.
    """
    out = (positions < limits.low - ROUNDING) | (positions > limits.high + ROUNDING)
    if out.any():
        names = ", ".join(name for name, wrong in zip(limits.names, out, strict=True) if wrong)
        raise RobotError(f"{path}: the home posture is out of the range of {names}; correct it")


def load_robot(robot: RobotMap | str | Path) -> LoadedRobot:
    """Load a robot and put it into its home posture.

    Args:
        robot: its map, whose commanded joints its controller owns; or a model alone, where it owns all that
            have an actuator.

    Raises:
        RobotError: the model is missing, broken, or has something else than position actuators.
        MissingDependencyError: MuJoCo is not installed.
    """
    robot_map = robot if isinstance(robot, RobotMap) else None
    path = robot.model if isinstance(robot, RobotMap) else Path(robot).expanduser()
    found = _load(path, robot_map)
    model = found.model
    grippers: tuple[GripperActuator, ...] = ()
    if robot_map is None:
        actuators = _actuators(found, None)
    else:
        roles, home = simulated_roles(found, robot_map), home_posture(found, robot_map, HOME)
        driven = driven_joints(found, robot_map)
        low, high = joint_ranges(model, roles)
        rows = [roles.commanded.index(joint) for joint in driven]
        ends = {joint: (float(low[row]), float(high[row])) for joint, row in zip(driven, rows, strict=True)}
        grippers = gripper_actuators(found, roles, home, ends)
        along = [roles.commanded[one.row] for one in grippers]
        actuators = _actuators(found, roles.commanded, along)
    others = [j for j in simple_joints(found.mujoco, model) if j not in actuators and joint_name(model, j)]
    loaded = LoadedRobot(
        mujoco=found.mujoco,
        model=model,
        data=found.mujoco.MjData(model),
        joints=np.array(list(actuators)),
        actuators=np.array(list(actuators.values())),
        limits=_limits(model, actuators, robot_map),
        others=np.array(others, dtype=np.int64),
        notes=found.notes,
        grippers=grippers,
    )
    _go_home(loaded, found, robot_map)
    return loaded
