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

"""A robot hand with many joints: what finds its joints, in the robot's own model."""

from dataclasses import dataclass, field
from typing import Protocol

from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.hands.finger_retargeting import FingerRetargeting
from frankmocap_ros.teleop.hands.tip_kinematics import HandModel, TipKinematics
from frankmocap_ros.teleop.inverse_kinematics.driven_limits import roles_alone
from frankmocap_ros.teleop.inverse_kinematics.ik_model import IkModel
from frankmocap_ros.teleop.inverse_kinematics.joint_space import JointSpace
from frankmocap_ros.teleop.inverse_kinematics.parts import numbers_by_name, part_of
from frankmocap_ros.teleop.robot_map.hand_map import IK, HandMap
from frankmocap_ros.teleop.robot_map.robot_map import RobotMap


class FingerSolver(Protocol):
    """Finds the J joints of a robot hand."""

    def start(self, joints: Array) -> None:
        """Begin from where the robot is, shape (J,) [rad] or [m]."""

    def solve(self, points: Array) -> Array:
        """The joints, shape (J,), for points in the palm's frame, shape (21, 3) [m].

        Raises:
            RetargetError: none are found; the last ones stay the last.
        """


@dataclass(frozen=True, eq=False)
class RobotHand:
    """A robot hand, ready to follow.

    Attributes:
        side: ``left`` or ``right``, the robot's.
        joint_names: its J joints; those that mimic others are not among them.
        lower, upper: shape (J,), their ranges, within which those that mimic them stay in theirs [rad] or
            [m].
        max_speed: shape (J,), their highest speeds [1/s].
        solver: finds them.
    """

    side: str
    joint_names: tuple[str, ...]
    lower: Array
    upper: Array
    max_speed: Array
    solver: FingerSolver = field(repr=False)


def load_hands(robot: RobotMap, found: IkModel) -> tuple[RobotHand, ...]:
    """The robot hands of a map.

    Args:
        robot: the map.
        found: its model.

    Raises:
        RobotError: the model has not what the map names, or a configuration is wrong.
        MissingDependencyError: a package is not installed.
    """
    return tuple(_load(robot, found, hand) for hand in robot.hands)


def _load(robot: RobotMap, found: IkModel, hand: HandMap) -> RobotHand:
    driven = found.driven
    rows = [driven.names.index(name) for name in hand.joints]
    lower, upper = driven.lower[rows], driven.upper[rows]
    solver: FingerSolver
    if hand.method == IK:
        numbers = numbers_by_name(found.model.joint, found.model.njnt)
        roles = roles_alone(found.mujoco, found.model, [numbers[name] for name in hand.joints])
        model = HandModel(
            mujoco=found.mujoco,
            model=found.model,
            space=JointSpace(found.mujoco, found.model, roles, found.home_qpos),
            home=driven.home[rows],
            lower=lower,
            upper=upper,
            wrist=part_of(robot, found.model, f"{hand.key}.wrist", hand.wrist),
            tips={f: part_of(robot, found.model, f"{hand.key}.tips.{f}", n) for f, n in hand.tips.items()},
        )
        solver = TipKinematics(hand, model)
    else:
        solver = FingerRetargeting(hand, lower, upper)
    return RobotHand(hand.side, hand.joints, lower, upper, driven.max_speed[rows], solver)
