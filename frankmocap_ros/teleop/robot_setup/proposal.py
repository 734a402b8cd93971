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

"""A robot's map, proposed from what its model says and two answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.inverse_kinematics.joints import home_posture
from frankmocap_ros.teleop.inverse_kinematics.model_joints import dependent_joints, joint_name, tied
from frankmocap_ros.teleop.robot_model.equalities import equalities, only_equalities
from frankmocap_ros.teleop.robot_model.loader import LoadedModel, load_model_file
from frankmocap_ros.teleop.robot_model.resources import Shapes
from frankmocap_ros.teleop.robot_model.stated_speeds import stated_speeds
from frankmocap_ros.teleop.robot_setup import skeleton
from frankmocap_ros.teleop.robot_setup.accelerations import able_accelerations
from frankmocap_ros.teleop.robot_setup.apart import pairs_apart
from frankmocap_ros.teleop.robot_setup.grippers import ProposedGripper, propose_grippers
from frankmocap_ros.teleop.robot_setup.limb_points import Kinematics, LimbPoints, find_points
from frankmocap_ros.teleop.robot_setup.postures import reaching, stretched
from frankmocap_ros.teleop.robot_setup.skeleton import Limb, find_skeleton
from frankmocap_ros.teleop.robot_setup.standing import (
    TABLE,
    RobotStanding,
    axes_of,
    base_rotation,
    forward_of,
    kind_of,
    sided_arms,
)
from frankmocap_ros.teleop.robot_setup.targets import ProposedTarget, propose_targets

FOLLOW: Final = ("arms", "waist", "legs", "head")
_REACH: Final = 0.55  # of an arm's length: where a table arm's tool is at home
_HOME_KEY: Final = "home"


@dataclass(frozen=True)
class Answers:
    """What a model does not say.

    Attributes:
        kind: ``humanoid`` or ``table``; empty for what can be seen.
        forward: one of ``FORWARD``, in the model's frame; empty for what can be seen.
        follow: which of ``FOLLOW`` are commanded.
    """

    kind: str = ""
    forward: str = ""
    follow: tuple[str, ...] = ("arms",)


@dataclass(frozen=True)
class Proposal:
    """Everything that the map says.

    Attributes:
        model: the file.
        kind: ``humanoid`` or ``table``.
        base_xyzw: the base's rotation in the frame of the commands.
        keyframe: of the home posture; empty where ``home`` says it.
        home: joint -> position.
        joints: names of those to command.
        speeds: joint -> highest speed, of those that the model states.
        accelerations: joint -> highest acceleration, of those whose torque the model states.
        targets: what follows.
        pairs: bodies to keep apart.
        grippers: what opens and shuts.
        notes: what somebody should look at, in words.
    """

    model: Path
    kind: str
    base_xyzw: tuple[float, ...]
    keyframe: str
    home: dict[str, float]
    joints: tuple[str, ...]
    speeds: dict[str, float]
    accelerations: dict[str, float]
    targets: tuple[ProposedTarget, ...]
    pairs: tuple[tuple[str, str], ...]
    grippers: tuple[ProposedGripper, ...]
    notes: tuple[str, ...]


def propose(model: Path, answers: Answers) -> Proposal:
    """Propose a map.

    Args:
        model: URDF, xacro or MJCF.
        answers: what is known of it.

    Raises:
        UnclearError: something has to be answered first.
        RobotError: the model cannot be read, or has no arm.
        MissingDependencyError: MuJoCo is not installed.
    """
    loaded = load_model_file(model, Shapes.SOLID)
    only_equalities(loaded.mujoco, loaded.model)
    kinematics = Kinematics(loaded.mujoco, loaded.model)
    keys = [str(loaded.model.key(i).name) for i in range(loaded.model.nkey)]
    keyframe = _HOME_KEY if _HOME_KEY in keys else keys[0] if len(keys) == 1 else ""
    qpos = home_posture(loaded, None, keyframe)
    kinematics.put(qpos)
    robot = RobotStanding(
        loaded, kinematics, find_skeleton(loaded, np.array(kinematics.data.xpos)), keyframe, qpos
    )
    robot.kind = answers.kind or kind_of(robot.found)
    robot.axes = axes_of(answers.forward or forward_of(robot))
    arms = [_points(robot, arm) for arm in sided_arms(robot)]
    legs = [find_points(kinematics, leg, qpos, False) for leg in robot.found.of(skeleton.LEG)]
    _choose_home(robot, arms, legs if "legs" in answers.follow else [])
    targets = propose_targets(robot, arms, legs, answers.follow)
    joints = _commanded(robot, arms, legs, answers.follow)
    home = {} if robot.keyframe else _home_of(robot, joints)
    stated = stated_speeds(model)
    speeds = {n: v for n, v in stated.items() if n in joints}
    grippers, notes = propose_grippers(loaded, [arm.limb for arm in arms], robot.qpos, stated)
    robot.notes += notes
    accelerations = able_accelerations(kinematics, robot.qpos, joints)
    pairs = pairs_apart(loaded, robot.qpos, arms, legs)
    if not pairs:
        robot.notes.append(
            "no pairs to keep apart: the model has no solid shapes, or its meshes are not there"
        )
    moved = _with_followers(loaded, [*joints, *(joint for gripper in grippers for joint in gripper.joints)])
    left_out = [name for name in robot.found.left_out if name not in moved]
    if left_out:
        robot.notes.append(f"not commanded: {', '.join(left_out)}")
    return Proposal(
        model, robot.kind, base_rotation(robot.axes), robot.keyframe, home, joints, speeds, accelerations,
        targets, pairs, grippers, tuple(robot.notes),
    )  # fmt: skip


def _with_followers(loaded: LoadedModel, joints: Sequence[str]) -> set[str]:
    """Names of joints, and of those that mimic them or are moved by them in a closed loop."""
    model = loaded.model
    commanded = {int(model.joint(name).id) for name in joints}
    _, used = tied(equalities(loaded.mujoco, model), commanded)
    return {joint_name(model, joint) for joint in {*commanded, *dependent_joints(used, commanded)}}


def _points(robot: RobotStanding, arm: Limb) -> LimbPoints:
    return find_points(robot.kinematics, arm, robot.qpos, robot.kind == TABLE)


def _choose_home(robot: RobotStanding, arms: Sequence[LimbPoints], legs: Sequence[LimbPoints]) -> None:
    """Set the posture to begin with: with bent elbows, or as the model's keyframe has it."""
    axes, kinematics = robot.axes, robot.kinematics
    if robot.kind == TABLE:
        if robot.keyframe:
            return
        for arm in arms:
            kinematics.put(robot.qpos)
            origin, middle, tip = (p.position(kinematics.data) for p in (arm.origin, arm.middle, arm.tip))
            length = float(np.linalg.norm(middle - origin) + np.linalg.norm(tip - middle))
            goal = origin + _REACH * length * (axes.forward + 0.15 * axes.up)
            robot.qpos = reaching(kinematics, arm, goal, robot.qpos)
        return
    robot.keyframe = ""
    for arm in arms:
        side = axes.left if arm.limb.side == "left" else -axes.left
        ways = (_unit(0.3 * side - axes.up), _unit(axes.forward - 0.5 * axes.up), np.zeros(3))
        robot.qpos = stretched(kinematics, arm, ways, robot.qpos)
    for leg in legs:
        ways = (_unit(0.15 * axes.forward - axes.up), _unit(-0.15 * axes.forward - axes.up), np.zeros(3))
        robot.qpos = stretched(kinematics, leg, ways, robot.qpos)


def _commanded(
    robot: RobotStanding, arms: Sequence[LimbPoints], legs: Sequence[LimbPoints], follow: Sequence[str]
) -> tuple[str, ...]:
    joints = [j for limb in arms for j in limb.limb.joints]
    joints += robot.found.trunk if "waist" in follow else ()
    joints += [j for limb in legs for j in limb.limb.joints] if "legs" in follow else []
    joints += [j for limb in robot.found.of(skeleton.HEAD) for j in limb.joints] if "head" in follow else []
    return tuple(joint_name(robot.loaded.model, j) for j in sorted(joints))


def _home_of(robot: RobotStanding, joints: Sequence[str]) -> dict[str, float]:
    model = robot.loaded.model
    values = {name: float(robot.qpos[model.jnt_qposadr[model.joint(name).id]]) for name in joints}
    ends = {name: robot.kinematics.ends(int(model.joint(name).id), np.inf) for name in joints}
    found = {name: min(max(round(value, 2), ends[name][0]), ends[name][1]) for name, value in values.items()}
    return {name: value for name, value in found.items() if value}


def _unit(vector: Array) -> Array:
    return np.asarray(vector / np.linalg.norm(vector))
