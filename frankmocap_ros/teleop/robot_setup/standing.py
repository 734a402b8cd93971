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

"""How a robot stands: built like a person or on a table, where ahead is, and which arm is whose."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from frankmocap_ros.errors import RobotError
from frankmocap_ros.geometry.rotation import Array, quat_from_matrix
from frankmocap_ros.teleop.inverse_kinematics.model_joints import joint_name
from frankmocap_ros.teleop.robot_model.loader import LoadedModel
from frankmocap_ros.teleop.robot_setup import skeleton
from frankmocap_ros.teleop.robot_setup.limb_points import Kinematics
from frankmocap_ros.teleop.robot_setup.postures import Axes
from frankmocap_ros.teleop.robot_setup.skeleton import Limb, RobotSkeleton

HUMANOID, TABLE = "humanoid", "table"
FORWARD: Final = ("x", "-x", "y", "-y")
_CLEAR_M: Final = 0.1  # a tool that is so far ahead of its base at home tells where ahead is


class UnclearError(RobotError):
    """A model does not say what has to be known.

    Attributes:
        question: in words.
        name: of the answer in ``Answers``.
        choices: possible answers.
    """

    def __init__(self, question: str, name: str, choices: Sequence[str]) -> None:
        super().__init__(f"{question} Say {' or '.join(f'--{name}={choice}' for choice in choices)}")
        self.question, self.name, self.choices = question, name, tuple(choices)


@dataclass
class RobotStanding:
    """What is known of a robot so far.

    Attributes:
        loaded: its model.
        kinematics: of it.
        found: its limbs.
        keyframe: of its home posture; empty where ``qpos`` says it.
        qpos: shape (nq,), its home posture.
        kind: ``humanoid`` or ``table``.
        axes: how it stands.
        notes: what somebody should look at, in words.
    """

    loaded: LoadedModel
    kinematics: Kinematics
    found: RobotSkeleton
    keyframe: str
    qpos: Array
    kind: str = HUMANOID
    axes: Axes = field(default_factory=lambda: axes_of("x"))
    notes: list[str] = field(default_factory=list)


def kind_of(found: RobotSkeleton) -> str:
    """Whether it is built like a person.

    Raises:
        UnclearError: that has to be answered.
    """
    if found.of(skeleton.LEG) or found.of(skeleton.HEAD) or found.trunk:
        return HUMANOID
    if len(found.of(skeleton.ARM)) == 1:
        return TABLE
    raise UnclearError("Is it built like a person, or does it stand on a table?", "kind", (HUMANOID, TABLE))


def forward_of(robot: RobotStanding) -> str:
    """Where ahead is, one of ``FORWARD``: from the sides of the arms, or from where the arm is at home.

    Raises:
        UnclearError: that has to be answered.
    """
    data, arms = robot.kinematics.data, robot.found.of(skeleton.ARM)
    at = {arm.side: np.array(data.xanchor[arm.joints[0]]) for arm in arms}
    if robot.kind == HUMANOID and {"left", "right"} <= at.keys():
        across = at["left"] - at["right"]
        return _nearest(np.cross(across, (0.0, 0.0, 1.0)))
    if robot.kind == TABLE:
        ways = [data.xpos[arm.bodies[-1]] - data.xanchor[arm.joints[0]] for arm in arms]
        way = np.sum(ways, axis=0)
        if len(arms) == 1 and float(np.hypot(*way[:2])) > _CLEAR_M and _is_along_axis(way):
            return _nearest(way)
    raise UnclearError("Which way is forward in the model's frame?", "forward", FORWARD)


def _is_along_axis(way: Array) -> bool:
    return bool(np.abs(way[:2]).min() < 0.5 * np.abs(way[:2]).max())


def _nearest(way: Array) -> str:
    axis = int(np.argmax(np.abs(way[:2])))
    return ("" if way[axis] > 0.0 else "-") + "xy"[axis]


def axes_of(forward: str) -> Axes:
    """The axes of a robot that stands so."""
    ahead = np.zeros(3)
    ahead["xy".index(forward[-1])] = -1.0 if forward.startswith("-") else 1.0
    up = np.array([0.0, 0.0, 1.0])
    return Axes(ahead, np.cross(up, ahead), up)


def base_rotation(axes: Axes) -> tuple[float, ...]:
    """The rotation that brings the robot's axes to x forward, y left, z up."""
    matrix = np.stack([axes.forward, axes.left, axes.up])
    return tuple(float(v) for v in quat_from_matrix(matrix).round(7) + 0.0)


def sided_arms(robot: RobotStanding) -> list[Limb]:
    """The arms, each with a side: by name, or by where they are."""
    arms, data = robot.found.of(skeleton.ARM), robot.kinematics.data
    sides = [arm.side for arm in arms]
    if len(arms) == 1:
        return [Limb(arms[0].kind, arms[0].side or "right", arms[0].joints, arms[0].bodies, arms[0].hub)]
    if len(arms) == 2 and set(sides) != {"left", "right"}:
        leftness = [float(data.xanchor[arm.joints[0]] @ robot.axes.left) for arm in arms]
        sides = ["left", "right"] if leftness[0] > leftness[1] else ["right", "left"]
    chosen: dict[str, Limb] = {}
    for arm, side in zip(arms, sides, strict=True):
        if side and side not in chosen:
            chosen[side] = Limb(arm.kind, side, arm.joints, arm.bodies, arm.hub)
        else:
            robot.notes.append(f"not mapped: the arm from {joint_name(robot.loaded.model, arm.joints[0])} on")
    return [chosen[side] for side in ("left", "right") if side in chosen]
