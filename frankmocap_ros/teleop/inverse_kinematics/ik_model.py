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

"""A robot's model for retargeting: commanded joints, limits, home posture, and the parts its map names."""

import math
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from frankmocap_ros.errors import MissingDependencyError, RetargetError, RobotError
from frankmocap_ros.geometry.rotation import Array, Mask
from frankmocap_ros.runtime.installing import install_command
from frankmocap_ros.teleop.contact import EffortLimit
from frankmocap_ros.teleop.inverse_kinematics.driven_limits import DrivenLimits, driven_limits
from frankmocap_ros.teleop.inverse_kinematics.joint_space import JointSpace
from frankmocap_ros.teleop.inverse_kinematics.joints import (
    JointRoles,
    assign_roles,
    home_posture,
    joint_ranges,
)
from frankmocap_ros.teleop.inverse_kinematics.limb_length import LimbLengths
from frankmocap_ros.teleop.inverse_kinematics.model_joints import joint_name, simple_joints
from frankmocap_ros.teleop.inverse_kinematics.pairs import pairs_of_boxes, pairs_of_geoms
from frankmocap_ros.teleop.inverse_kinematics.parts import TargetParts, listed, refuse_unknown, target_parts
from frankmocap_ros.teleop.robot_map.robot_map import RobotMap
from frankmocap_ros.teleop.robot_model.equalities import only_equalities
from frankmocap_ros.teleop.robot_model.loader import LoadedModel, load_model_file
from frankmocap_ros.teleop.robot_model.resources import Shapes

_ROUNDING: Final = 1e-6


@dataclass(frozen=True, eq=False)
class IkModel:
    """A model and what its map names in it.

    Attributes:
        mujoco: the module.
        model: the MjModel.
        roles: of its joints.
        joint_names: of the J commanded joints.
        observed: names of the other joints that count for where the parts are.
        lower, upper: shape (J,), the joints' ranges [rad] or [m].
        max_speed: shape (J,), the joints' highest speeds [1/s]; 0 for those that are to stay.
        max_acceleration: shape (J,), their highest accelerations [1/s^2].
        effort_limits: of those that have one.
        home: shape (J,), the posture to begin with and to prefer.
        turning: shape (J,), hinges without ends, for which a whole turn makes no difference.
        posture_costs: shape (J,), the weights of its joints.
        parts: one a target.
        lengths: of their limbs, stretched out [m]; 0 for none.
        pairs: numbers of geoms that must not touch.
        boxes: how many of the pairs, the last ones, are of a keep-out box and a part.
        notes: what was left out of the model, in words.
        home_qpos: shape (nq,), where all joints are at home.
        driven: what is driven beside the commanded joints.
    """

    mujoco: Any
    model: Any
    roles: JointRoles
    joint_names: tuple[str, ...]
    observed: tuple[str, ...]
    lower: Array
    upper: Array
    max_speed: Array
    max_acceleration: Array
    effort_limits: tuple[EffortLimit, ...]
    home: Array
    turning: Mask
    posture_costs: Array
    parts: tuple[TargetParts, ...]
    lengths: tuple[float, ...]
    pairs: tuple[tuple[int, int], ...]
    boxes: int
    notes: tuple[str, ...]
    home_qpos: Array = field(repr=False)
    driven: DrivenLimits

    def space(self) -> JointSpace:
        """The commanded joints as coordinates of the model; a new one each time."""
        return JointSpace(self.mujoco, self.model, self.roles, self.home_qpos)


def packages() -> tuple[Any, Any, Any]:
    """The modules mujoco, mink and daqp.

    Raises:
        MissingDependencyError: one of them is not installed.
    """
    try:
        import daqp
        import mink
        import mujoco
    except ImportError as error:
        raise MissingDependencyError(
            f"retargeting needs mujoco, mink and daqp, of which one is not installed ({error}); "
            f"run: {install_command('robot')}"
        ) from error
    return mujoco, mink, daqp


def load_model(robot: RobotMap) -> IkModel:
    """Load a robot's model, and find everything in it that the map names.

    Raises:
        RobotError: the model cannot be read, cannot be retargeted, or has not what the map names.
        MissingDependencyError: a package is not installed.
    """
    mujoco = packages()[0]
    shapes = Shapes.SOLID if robot.pairs or robot.keep_out else Shapes.NONE
    loaded = load_model_file(robot.model, shapes, robot.constrained)
    model = loaded.model
    only_equalities(mujoco, model)
    parts = target_parts(robot, model)
    pairs = pairs_of_geoms(robot, loaded)
    around = {int(model.geom_bodyid[geom]) for pair in pairs for geom in pair}
    around |= {part.body for t in parts for part in (t.origin, *t.chain)}
    targets = {t.part.body for t in parts}
    roles = assign_roles(loaded, robot, targets, around)
    boxes, without_shape = pairs_of_boxes(robot, loaded, (*roles.commanded, *roles.dependent))
    if boxes:
        around |= {int(model.geom_bodyid[geom]) for _, geom in boxes}
        roles = assign_roles(loaded, robot, targets, around)
    names = tuple(joint_name(model, j) for j in roles.commanded)
    _check_names(robot, loaded, names)
    lower, upper = joint_ranges(model, roles)
    home_qpos = _home(robot, loaded, roles)
    joints = list(roles.commanded)
    home = np.clip(home_qpos[model.jnt_qposadr[joints]], lower, upper)
    limbs = LimbLengths(
        mujoco, model, JointSpace(mujoco, model, roles, home_qpos), joints, np.array((lower, upper))
    )
    found = IkModel(
        mujoco=mujoco,
        model=model,
        roles=roles,
        joint_names=names,
        observed=tuple(joint_name(model, j) for j in roles.observed),
        lower=lower,
        upper=upper,
        max_speed=np.array(
            [0.0 if j in roles.idle else robot.speed(name) for j, name in zip(joints, names, strict=True)]
        ),
        max_acceleration=np.array([robot.acceleration(name) for name in names]),
        effort_limits=tuple(
            EffortLimit(name, robot.effort(name), "N" if is_slide else "Nm")
            for name, is_slide in zip(
                names, model.jnt_type[joints] == int(mujoco.mjtJoint.mjJNT_SLIDE), strict=True
            )
            if math.isfinite(robot.effort(name))
        ),
        home=home,
        turning=(model.jnt_type[joints] == int(mujoco.mjtJoint.mjJNT_HINGE))
        & np.isinf(lower)
        & np.isinf(upper),
        posture_costs=np.array([robot.posture_costs.get(n, robot.default_posture_cost) for n in names]),
        parts=parts,
        lengths=tuple(limbs.stretched(target, home) for target in parts),
        pairs=(*pairs, *boxes),
        boxes=len(boxes),
        notes=(*loaded.notes, *without_shape),
        home_qpos=home_qpos,
        driven=driven_limits(loaded, robot, home_qpos),
    )
    _check_equalities(robot, found)
    return found


def _check_names(robot: RobotMap, loaded: LoadedModel, commanded: tuple[str, ...]) -> None:
    """Refuse what the map says of joints that there are not, or that are not commanded."""
    model = loaded.model
    known = [name for j in simple_joints(loaded.mujoco, model) if (name := joint_name(model, j))]
    moved = {*commanded, *(name for hand in robot.hands for name in hand.joints)}
    for key, names, used in (
        ("velocity_limits", robot.speeds, moved),
        ("acceleration_limits", robot.accelerations, moved),
        ("effort_limits", robot.efforts, set(commanded)),
        ("posture_costs", robot.posture_costs, set(commanded)),
    ):
        refuse_unknown(robot.model, key, "joint", names, known)
        without_use = sorted(set(names) - used)
        if without_use:
            driven = {one.name: one.key for one in robot.driven}
            own = [f"; the limits of {n} are in {driven[n]}" for n in without_use[:1] if n in driven]
            raise RobotError(
                f"{robot.model}: {key}: {', '.join(without_use)}: not commanded; what is: {listed(commanded)}"
                + "".join(own)
            )


def _home(robot: RobotMap, loaded: LoadedModel, roles: JointRoles) -> Array:
    model = loaded.model
    home = home_posture(loaded, robot)
    for joint in simple_joints(loaded.mujoco, model):
        name, value = joint_name(model, joint), home[model.jnt_qposadr[joint]]
        if not model.jnt_limited[joint] or not (joint in roles.commanded or name in robot.home):
            continue
        low, high = model.jnt_range[joint]
        if not low - _ROUNDING <= value <= high + _ROUNDING:
            raise RobotError(
                f"{robot.model}: {robot.keyframe or 'home'}: {name} is {value:g}, out of range; "
                f"allowed: {low:g} to {high:g}"
            )
    return home


def _check_equalities(robot: RobotMap, found: IkModel) -> None:
    """Refuse a home posture in which equalities do not hold, and joints that cannot move one by one."""
    space = found.space()
    try:
        space.whole(found.home)
    except RetargetError as error:
        raise RobotError(f"{robot.model}: {robot.keyframe or 'home'}: {error}; correct it") from error
    if space.is_overbound():
        raise RobotError(
            f"{robot.model}: joints: equalities bind {listed(found.joint_names)} to each other; name fewer "
            "of them as joints: [...] in the map, so that the others can follow"
        )
