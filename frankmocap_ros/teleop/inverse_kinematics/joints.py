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

"""Which of a robot's joints are commanded, and which of the others count for where its parts are.

Commanded is what the map's ``joints`` name; where it names none, what moves a target: the joints on the way
from its body to the robot's base. A joint that another one drives (a mimic joint, an equality of joints) is
not commanded, its leader is. Driven are those of the map's grippers: they go to positions of their own. All
other joints stay where they are: they are measured where somebody tells them, and at home otherwise.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from frankmocap_ros.errors import RobotError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.inverse_kinematics.model_joints import (
    dependent_joints,
    driven_joints,
    joint_name,
    simple_joints,
    tied,
)
from frankmocap_ros.teleop.inverse_kinematics.parts import listed, numbers_by_name, refuse_unknown
from frankmocap_ros.teleop.robot_map.robot_map import RobotMap
from frankmocap_ros.teleop.robot_model.equalities import Equality, equalities, joints_above
from frankmocap_ros.teleop.robot_model.loader import LoadedModel


@dataclass(frozen=True)
class JointRoles:
    """Numbers of a model's joints, by what they are to the gate.

    Attributes:
        commanded: what the gate commands, in the order of its arrays.
        idle: those of them that move no target, and are commanded to stay where they are.
        dependent: what follows from the others by equalities.
        observed: all others that count for where the targets and what they must not touch are.
        equalities: what the dependent ones follow by.
    """

    commanded: tuple[int, ...]
    idle: frozenset[int]
    dependent: tuple[int, ...]
    observed: tuple[int, ...]
    equalities: tuple[Equality, ...]


def assign_roles(
    loaded: LoadedModel, robot: RobotMap, targets: Collection[int], around: Iterable[int] = ()
) -> JointRoles:
    """Find which joints are commanded, and which others count.

    Args:
        loaded: the model.
        robot: its map.
        targets: numbers of the bodies that follow.
        around: numbers of other bodies whose place counts.

    Raises:
        RobotError: the map names joints that cannot be commanded, or none that can is found.
    """
    model = loaded.model
    every = equalities(loaded.mujoco, model)
    apart, _ = tied(every, set(driven_joints(loaded, robot)))
    moving = sorted({joint for body in targets for joint in joints_above(model, body)} - apart)
    followers = {e.follower: e.leader for e in every if e.follower is not None}
    commanded = (
        _named(loaded, robot, followers)
        if robot.joints
        else _derived(loaded, robot, moving, followers, every)
    )
    counts = {joint for body in (*targets, *around) for joint in joints_above(model, body)} | set(commanded)
    counts, used = tied(every, counts)
    dependent = set(dependent_joints(used, set(commanded)))
    reached = set(moving).union(*(e.joints for e in used if set(moving) & e.joints))
    roles = JointRoles(
        commanded=tuple(commanded),
        idle=frozenset(commanded) - reached,
        dependent=tuple(sorted(dependent)),
        observed=tuple(
            j
            for j in sorted(counts - set(commanded) - dependent)
            if j in simple_joints(loaded.mujoco, model) and joint_name(model, j)
        ),
        equalities=tuple(e for e in used if e.joints & dependent),
    )
    if roles.idle == set(commanded):
        raise RobotError(
            f"{robot.model}: joints: none of {listed(joint_name(model, j) for j in commanded)} moves a "
            f"target; what does: {listed(joint_name(model, j) for j in moving)}"
        )
    return roles


def _named(loaded: LoadedModel, robot: RobotMap, followers: dict[int, int | None]) -> list[int]:
    """The joints that the map names."""
    model = loaded.model
    simple = simple_joints(loaded.mujoco, model)
    numbers = {n: i for n, i in numbers_by_name(model.joint, model.njnt).items() if i in simple}
    for name in robot.joints:
        if numbers.get(name) in followers:
            leader = followers[numbers[name]]
            raise RobotError(
                f"{robot.model}: joints: {name} is not commanded, as it "
                + (
                    f"goes along with {joint_name(model, leader)}"
                    if leader is not None
                    else "is held by an equality"
                )
                + "; leave it out"
            )
    allowed = [name for name, i in numbers.items() if i not in followers]
    refuse_unknown(robot.model, "joints", "joint to command of the name", robot.joints, allowed)
    return [numbers[name] for name in robot.joints]


def _derived(
    loaded: LoadedModel,
    robot: RobotMap,
    moving: Sequence[int],
    followers: dict[int, int | None],
    every: Sequence[Equality],
) -> list[int]:
    """The joints that move a target, with the leaders of those that follow."""
    model = loaded.model
    loops = set().union(*(e.joints for e in every if e.follower is None and e.joints & set(moving)))
    if loops:
        names = listed(joint_name(model, j) for j in loops)
        raise RobotError(
            f"{robot.model}: {names} are of a closed loop, where not every joint has a motor; name those "
            "that have one, with the other joints to command, as joints: [...] in the map"
        )
    found: dict[int, None] = {}
    for joint in moving:
        leader: int | None = joint
        for _ in followers:  # one may follow another one
            leader = followers.get(leader, leader) if leader is not None else None
        if leader is not None and leader in simple_joints(loaded.mujoco, model):
            found[leader] = None
    if not found:
        raise RobotError(
            f"{robot.model}: nothing moves its targets: no hinge or slide joints between them and the base"
        )
    commanded = sorted(found)
    nameless = [j for j in commanded if not joint_name(model, j)]
    if nameless:
        raise RobotError(f"{robot.model}: joint number {nameless[0]} has no name; give it one")
    return commanded


def joint_ranges(model: Any, roles: JointRoles) -> tuple[Array, Array]:
    """The ranges of the commanded joints, within which those that follow them stay in theirs, too.

    Returns:
        Lower and upper ends, shape (J,) each [rad] or [m]; infinite where there is none.
    """
    joints = list(roles.commanded)
    limited = model.jnt_limited.astype(bool)
    lower = np.where(limited, model.jnt_range[:, 0], -np.inf)
    upper = np.where(limited, model.jnt_range[:, 1], np.inf)
    # as often as there are followers: one may follow another one
    for one in roles.equalities * len(roles.equalities):
        leader, follower = one.leader, one.follower
        offset, slope, *bent = model.eq_data[one.row, :5]
        if leader is None or follower is None or any(bent) or slope == 0.0:
            continue
        at, of_leader = (model.qpos0[model.jnt_qposadr[j]] for j in (follower, leader))
        ends = sorted((end - at - offset) / slope + of_leader for end in (lower[follower], upper[follower]))
        lower[leader], upper[leader] = max(lower[leader], ends[0]), min(upper[leader], ends[1])
        if follower in joints:
            ends = sorted(at + offset + slope * (end - of_leader) for end in (lower[leader], upper[leader]))
            lower[follower], upper[follower] = ends[0], ends[1]
    return lower[joints], upper[joints]


def roles_without_map(loaded: LoadedModel) -> JointRoles:
    """The roles of a model's joints where no map names any: what has a motor is commanded.

    In a model without motors, such as a URDF, every joint with a name is that follows no other one.

    Raises:
        RobotError: there is no joint to command.
    """
    mujoco, model = loaded.mujoco, loaded.model
    every = equalities(mujoco, model)
    followers = {e.follower for e in every}
    of_joint = model.actuator_trntype == int(mujoco.mjtTrn.mjTRN_JOINT)
    driven = {int(joint) for joint in model.actuator_trnid[of_joint, 0]}
    commanded = [
        j
        for j in simple_joints(mujoco, model)
        if joint_name(model, j) and j not in followers and (j in driven or not driven)
    ]
    if not commanded:
        raise RobotError(f"{loaded.path}: it has no hinge or slide joint with a name to command")
    used = [e for e in every if e.joints & set(commanded)]
    dependent = tuple(sorted(dependent_joints(used, set(commanded))))
    return JointRoles(
        commanded=tuple(commanded),
        idle=frozenset(),
        dependent=dependent,
        observed=(),
        equalities=tuple(e for e in used if e.joints & set(dependent)),
    )


def home_posture(loaded: LoadedModel, robot: RobotMap | None, keyframe: str = "") -> Array:
    """Where all joints of a robot are at home, shape (nq,) [rad] or [m].

    Args:
        loaded: the model.
        robot: its map, which names a keyframe or says where joints are; None without one.
        keyframe: taken without a map, where the model has it.

    Raises:
        RobotError: the model has not the keyframe or a joint that the map names.
    """
    mujoco, model = loaded.mujoco, loaded.model
    keys = numbers_by_name(model.key, model.nkey)
    if robot is not None and robot.keyframe:
        refuse_unknown(robot.model, "keyframe", "keyframe", [robot.keyframe], keys)
        keyframe = robot.keyframe
    if keyframe in keys:
        return np.array(model.key_qpos[keys[keyframe]], dtype=np.float64)
    home = np.array(model.qpos0, dtype=np.float64)  # of ball joints; those of one number are at 0 or near
    simple = simple_joints(mujoco, model)
    for joint in simple:
        low, high = model.jnt_range[joint] if model.jnt_limited[joint] else (-np.inf, np.inf)
        home[int(model.jnt_qposadr[joint])] = 0.0 if low <= 0.0 <= high else 0.5 * (low + high)
    if robot is not None:
        numbers = {joint_name(model, j): int(model.jnt_qposadr[j]) for j in simple}
        refuse_unknown(robot.model, "home", "joint", robot.home, [name for name in numbers if name])
        for name, value in robot.home.items():
            home[numbers[name]] = value
    return home
