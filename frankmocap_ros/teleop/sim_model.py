"""A robot's MuJoCo model, made ready to be simulated: position actuators, limits, home posture."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import MissingDependencyError, RobotError
from frankmocap_ros.teleop.joint_command import JointLimits
from frankmocap_ros.teleop.robot_map import DEFAULT_SPEED, RobotMap
from frankmocap_ros.teleop.servo import ROUNDING

STEP_S: Final = 0.002
"""The servo works at 500 Hz; a model that needs shorter steps takes several for one of these."""
HOME: Final = "home"
"""The keyframe that a model without a map starts in, where it has one."""


@dataclass(frozen=True, eq=False)
class LoadedRobot:
    """A robot at home.

    Attributes:
        mujoco: the module.
        model: the MjModel.
        data: the MjData.
        joints: shape (J,), numbers of the actuated joints, in the order of the actuators.
        limits: of those joints.
    """

    mujoco: Any
    model: Any
    data: Any
    joints: NDArray[np.int64]
    limits: JointLimits


def _mujoco() -> Any:  # the module
    try:
        import mujoco
    except ImportError as error:
        raise MissingDependencyError(
            f"mujoco is not installed ({error}); install it: pip install 'frankmocap_ros[robot]'"
        ) from error
    return mujoco


def _load(mujoco: Any, path: Path) -> Any:
    """The MjModel of a file, with steps that fit into ``STEP_S``."""
    if not path.is_file():
        raise RobotError(f"{path}: no such file; give a MuJoCo model (.xml) with <position> actuators")
    try:
        model = mujoco.MjModel.from_xml_path(str(path))
    except ValueError as error:
        raise RobotError(f"{path}: MuJoCo cannot read it: {error}") from error
    substeps = max(1, math.ceil(STEP_S / model.opt.timestep - 1e-9))
    model.opt.timestep = STEP_S / substeps
    # what explodes must be seen, not put back to its start as if nothing had been
    model.opt.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_AUTORESET)
    return model


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


def _driven(mujoco: Any, model: Any, path: Path) -> list[int]:
    """The joint of each actuator."""
    joints: list[int] = []
    for i in range(model.nu):
        actuator = model.actuator(i)
        name = actuator.name or i
        if not _is_position_actuator(mujoco, actuator):
            raise RobotError(
                f"{path}: actuator {name} is not a <position> actuator of a joint with gear 1 and without "
                "timeconst; only those are simulated"
            )
        joint = int(actuator.trnid[0])
        if not model.joint(joint).name or joint in joints:
            raise RobotError(f"{path}: actuator {name} must drive a joint of its own, with a name")
        joints.append(joint)
    if not joints:
        raise RobotError(f"{path}: it has no actuators; add <position joint=...> for each joint to command")
    return joints


def _limits(model: Any, joints: Sequence[int], robot: RobotMap | None) -> JointLimits:
    names = tuple(str(model.joint(j).name) for j in joints)
    limited = model.jnt_limited[joints].astype(bool)
    low = np.where(limited, model.jnt_range[joints, 0], -np.inf)
    high = np.where(limited, model.jnt_range[joints, 1], np.inf)
    # MuJoCo clips a control signal in silence; what it would clip is out of range
    clipped = model.actuator_ctrllimited.astype(bool)
    low = np.where(clipped, np.maximum(low, model.actuator_ctrlrange[:, 0]), low)
    high = np.where(clipped, np.minimum(high, model.actuator_ctrlrange[:, 1]), high)
    speeds = [robot.speeds.get(name, robot.default_speed) if robot else DEFAULT_SPEED for name in names]
    return JointLimits(names, low, high, np.array(speeds))


def _go_home(loaded: LoadedRobot, path: Path, robot: RobotMap | None) -> None:
    """Put the robot into its home posture: a keyframe, or what the map says, or zero."""
    mujoco, model, data, limits = loaded.mujoco, loaded.model, loaded.data, loaded.limits
    keyframe = robot.keyframe if robot else HOME
    key = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_KEY, keyframe) if keyframe else -1
    qpos = model.jnt_qposadr[loaded.joints]
    if key >= 0:
        mujoco.mj_resetDataKeyframe(model, data, key)
    elif robot and keyframe:
        raise RobotError(f"{path}: it has no keyframe {keyframe!r}, which the robot's map names")
    else:
        positions = np.where(
            (limits.low <= 0.0) & (limits.high >= 0.0), 0.0, 0.5 * (limits.low + limits.high)
        )
        home = robot.home if robot else {}
        data.qpos[qpos] = [home.get(n, p) for n, p in zip(limits.names, positions.tolist(), strict=True)]
    positions = data.qpos[qpos]
    out = (positions < limits.low - ROUNDING) | (positions > limits.high + ROUNDING)
    if out.any():
        names = ", ".join(name for name, wrong in zip(limits.names, out, strict=True) if wrong)
        raise RobotError(f"{path}: the home posture is out of the range of {names}; correct it")
    mujoco.mj_forward(model, data)


def load_robot(robot: RobotMap | str | Path) -> LoadedRobot:
    """Load a robot and put it into its home posture.

    Args:
        robot: its map, or a model alone.

    Raises:
        RobotError: the model is missing, broken, or has something else than position actuators.
        MissingDependencyError: MuJoCo is not installed.
    """
    robot_map = robot if isinstance(robot, RobotMap) else None
    path = robot.model if isinstance(robot, RobotMap) else Path(robot)
    mujoco = _mujoco()
    model = _load(mujoco, path)
    joints = _driven(mujoco, model, path)
    limits = _limits(model, joints, robot_map)
    loaded = LoadedRobot(mujoco, model, mujoco.MjData(model), np.array(joints), limits)
    _go_home(loaded, path, robot_map)
    return loaded
