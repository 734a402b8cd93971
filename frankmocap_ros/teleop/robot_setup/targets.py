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

"""What of a robot follows which joint of the operator, and how it is turned in the rest pose."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.geometry.rotation import Array, quat_from_matrix, quat_multiply
from frankmocap_ros.teleop.robot_setup import skeleton
from frankmocap_ros.teleop.robot_setup.limb_points import LimbPoints, Point
from frankmocap_ros.teleop.robot_setup.postures import Ways, off_rad, stretched
from frankmocap_ros.teleop.robot_setup.standing import HUMANOID, RobotStanding, base_rotation

_STRETCH_RAD: Final = np.radians(20.0)
_ALIGNED_RAD: Final = np.radians(28.0)
_DEXTEROUS: Final = 6  # joints of an arm that turns its hand as it likes
_WRIST, _ELBOW, _FOOT, _TORSO, _HEAD = (10.0, 0.3), (2.0, 0.0), (5.0, 0.1), (0.0, 2.0), (0.0, 0.5)
_LINK_M: Final = 0.02
_STIFF_WRIST: Final = (10.0, 0.05)


@dataclass(frozen=True)
class ProposedTarget:
    """A target of the map.

    Attributes:
        name: of it.
        joint, origin: of the operator.
        part: of the robot.
        robot_origin: the counterpart of the origin; None for none.
        chain: the robot's points from there to the part.
        rotation_xyzw: the part's orientation in the rest pose, in the frame of the commands; None for a robot
            that follows motions only.
        costs: weights of position and orientation.
    """

    name: str
    joint: str
    origin: str
    part: Point
    robot_origin: Point | None
    chain: tuple[Point, ...]
    rotation_xyzw: tuple[float, ...] | None
    costs: tuple[float, float]


def propose_targets(
    robot: RobotStanding, arms: Sequence[LimbPoints], legs: Sequence[LimbPoints], follow: Sequence[str]
) -> tuple[ProposedTarget, ...]:
    """The targets of a robot.

    Args:
        robot: which one, at home.
        arms: its arms.
        legs: its legs.
        follow: which of its parts follow.
    """
    found: list[ProposedTarget] = []
    for arm in arms:
        found += _of_arm(robot, arm)
    down, back = -robot.axes.up, -robot.axes.forward
    for leg in legs if "legs" in follow else ():
        side = leg.limb.side
        chain = (leg.origin, leg.middle, leg.tip)
        rest = _rest(robot, leg, (down, down, back))
        joints = (f"{side}_ankle", f"{side}_hip")
        found.append(ProposedTarget(f"{side}_foot", *joints, leg.tip, leg.origin, chain, rest, _FOOT))
    heads = robot.found.of(skeleton.HEAD)
    if "waist" in follow and robot.found.trunk and arms:
        turned = _turned_at_home(robot, arms[0].limb.hub)
        found.append(ProposedTarget("torso", "spine3", "pelvis", turned[0], None, (), turned[1], _TORSO))
    if "head" in follow and heads:
        turned = _turned_at_home(robot, heads[0].bodies[-1])
        found.append(ProposedTarget("head", "head", "neck", turned[0], None, (), turned[1], _HEAD))
    return tuple(found)


def _of_arm(robot: RobotStanding, arm: LimbPoints) -> list[ProposedTarget]:
    side, chain = arm.limb.side, (arm.origin, arm.middle, arm.tip)
    wrist, elbow, shoulder = f"{side}_wrist", f"{side}_elbow", f"{side}_shoulder"
    costs = _WRIST if len(arm.limb.joints) >= _DEXTEROUS else _STIFF_WRIST
    if robot.kind != HUMANOID:
        links = _links(robot, arm)
        return [ProposedTarget(wrist, wrist, shoulder, arm.tip, arm.origin, links, None, costs)]
    out = robot.axes.left if side == "left" else -robot.axes.left
    rest = _rest(robot, arm, (out, out, robot.axes.forward))
    return [
        ProposedTarget(wrist, wrist, shoulder, arm.tip, arm.origin, chain, rest, costs),
        ProposedTarget(elbow, elbow, shoulder, arm.middle, arm.origin, chain[:2], None, _ELBOW),
    ]


def _links(robot: RobotStanding, arm: LimbPoints) -> tuple[Point, ...]:
    """Every link from an arm's origin to its tip: their lengths are the same in every posture."""
    robot.kinematics.put(robot.qpos)
    data, model = robot.kinematics.data, robot.loaded.model
    found = [arm.origin]
    for body in arm.limb.bodies:
        point = Point(str(model.body(body).name), "body", body)
        is_after = body > arm.origin.row and point != arm.tip
        if is_after and float(np.linalg.norm(point.position(data) - found[-1].position(data))) > _LINK_M:
            found.append(point)
    return (*found, arm.tip)


def _turned_at_home(robot: RobotStanding, body: int) -> tuple[Point, tuple[float, ...]]:
    """A body of which only the orientation counts, and how it is turned at home, where it is upright."""
    part = Point(str(robot.loaded.model.body(body).name), "body", body)
    robot.kinematics.put(robot.qpos)
    return part, _in_base(robot, part)


def _rest(robot: RobotStanding, points: LimbPoints, ways: Ways) -> tuple[float, ...]:
    """The tip's orientation in the operator's rest pose, in the frame of the commands."""
    posture = stretched(robot.kinematics, points, ways, robot.qpos)
    off = off_rad(robot.kinematics, points, ways, posture)
    if off > _STRETCH_RAD:
        robot.notes.append(
            f"{points.limb.side} {points.limb.kind}: {np.degrees(off):.0f} degrees off the rest pose; check "
            "rotation of its target"
        )
    robot.kinematics.put(posture)
    return _in_base(robot, points.tip)


def _in_base(robot: RobotStanding, part: Point) -> tuple[float, ...]:
    """How a part is turned in the frame of the commands; along its axes where that is about so.

    Makers give links frames along the robot's axes; what is a little off them is so by the posture found.
    """
    turned = quat_from_matrix(part.matrix(robot.kinematics.data))
    found = quat_multiply(np.array(base_rotation(robot.axes)), turned)
    alike = np.abs(_ALONG_AXES @ found)
    if 2.0 * np.arccos(min(1.0, float(alike.max()))) < _ALIGNED_RAD:
        found = _ALONG_AXES[int(alike.argmax())]
    return tuple(float(v) for v in (found / np.linalg.norm(found)).round(7) + 0.0)


def _along_axes() -> Array:
    """The 24 rotations that bring axes to axes, shape (24, 4)."""
    found = []
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1.0, -1.0), repeat=3):
            matrix = np.zeros((3, 3))
            matrix[np.arange(3), order] = signs
            if np.linalg.det(matrix) > 0.0:
                found.append(quat_from_matrix(matrix))
    return np.array(found)


_ALONG_AXES: Final = _along_axes()
