"""A robot hand with many joints: what finds its joints, in the robot's own model."""

from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from frankmocap_ros.errors import RobotError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.hands.finger_retargeting import FingerRetargeting
from frankmocap_ros.teleop.hands.tip_kinematics import HandModel, TipKinematics
from frankmocap_ros.teleop.inverse_kinematics.joint_space import JointSpace
from frankmocap_ros.teleop.inverse_kinematics.joints import (
    JointRoles,
    assign_roles,
    joint_name,
    joint_ranges,
    simple_joints,
)
from frankmocap_ros.teleop.inverse_kinematics.parts import numbers_by_name, part_of, refuse_unknown
from frankmocap_ros.teleop.robot_map.hand_map import IK, HandMap
from frankmocap_ros.teleop.robot_map.robot_map import RobotMap
from frankmocap_ros.teleop.robot_model.equalities import equalities
from frankmocap_ros.teleop.robot_model.loader import LoadedModel


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
        side: ``left`` or ``right``, of the operator, before mirroring.
        joint_names: its J joints; those that mimic others are not among them.
        lower, upper: shape (J,), their ranges, within which those that mimic them stay in theirs [rad] or [m].
        max_speed, max_acceleration: shape (J,), their limits [1/s], [1/s^2].
        solver: finds them.
    """

    side: str
    joint_names: tuple[str, ...]
    lower: Array
    upper: Array
    max_speed: Array
    max_acceleration: Array
    solver: FingerSolver = field(repr=False)


def load_hands(robot: RobotMap, loaded: LoadedModel, home_qpos: Array) -> tuple[RobotHand, ...]:
    """The robot hands of a map.

    Args:
        robot: the map.
        loaded: its model.
        home_qpos: shape (nq,), where all joints are at home.

    Raises:
        RobotError: the model has not what the map names, or a joint would be driven twice.
        MissingDependencyError: a package is not installed.
    """
    found = tuple(_load(robot, loaded, home_qpos, hand) for hand in robot.hands)
    owners: dict[str, str] = {}
    for hand, of in zip(robot.hands, found, strict=True):
        for name in of.joint_names:
            if name in owners:
                raise RobotError(f"{robot.model}: {hand.key}: {name} is a joint of {owners[name]}, too")
            owners[name] = hand.key
    return found


def _load(robot: RobotMap, loaded: LoadedModel, home_qpos: Array, hand: HandMap) -> RobotHand:
    model = loaded.model
    solver: FingerSolver
    if hand.method == IK:
        roles = _roles_of_tips(robot, loaded, hand)
        lower, upper = joint_ranges(model, roles)
        solver = TipKinematics(hand, _hand_model(robot, loaded, hand, roles, home_qpos))
    else:
        retargeting = FingerRetargeting(hand)
        named = replace(hand, joints=retargeting.joint_names)
        roles = _roles_named(robot, loaded, named, f"{hand.key}.configuration")
        lower, upper = joint_ranges(model, roles)
        retargeting.limit(lower, upper)
        solver = retargeting
    names = tuple(joint_name(model, joint) for joint in roles.commanded)
    endless = [name for name, low, high in zip(names, lower, upper, strict=True) if not high - low < np.inf]
    if endless:
        raise RobotError(
            f"{robot.model}: {hand.key}: joint {endless[0]} has no range; give it one in the model"
        )
    return RobotHand(
        side=hand.side,
        joint_names=names,
        lower=lower,
        upper=upper,
        max_speed=np.array([robot.speed(name) for name in names]),
        max_acceleration=np.array([robot.acceleration(name) for name in names]),
        solver=solver,
    )


def _roles_named(robot: RobotMap, loaded: LoadedModel, hand: HandMap, key: str) -> JointRoles:
    """The roles of joints where these are named."""
    model = loaded.model
    numbers = numbers_by_name(model.joint, model.njnt)
    followers = {one.follower for one in equalities(loaded.mujoco, model)}
    free = [j for j in simple_joints(loaded.mujoco, model) if j not in followers]
    refuse_unknown(
        robot.model, key, "joint to command of the name", hand.joints, [joint_name(model, j) for j in free]
    )
    bodies = {int(model.jnt_bodyid[numbers[name]]) for name in hand.joints}
    return assign_roles(loaded, replace(robot, joints=hand.joints), bodies)


def _roles_of_tips(robot: RobotMap, loaded: LoadedModel, hand: HandMap) -> JointRoles:
    """The roles of joints that move tips relative to the wrist: those that are named, or all."""
    if hand.joints:
        _roles_named(robot, loaded, hand, f"{hand.key}.joints")
    model = loaded.model
    wrist = part_of(robot, model, f"{hand.key}.wrist", hand.wrist)
    tips = {part_of(robot, model, f"{hand.key}.tips.{f}", name).body for f, name in hand.tips.items()}
    return assign_roles(loaded, replace(robot, joints=hand.joints), tips, (wrist.body,), wrist.body)


def _hand_model(
    robot: RobotMap, loaded: LoadedModel, hand: HandMap, roles: JointRoles, home_qpos: Array
) -> HandModel:
    model = loaded.model
    lower, upper = joint_ranges(model, roles)
    joints = list(roles.commanded)
    return HandModel(
        mujoco=loaded.mujoco,
        model=model,
        space=JointSpace(loaded.mujoco, model, roles, home_qpos),
        home=home_qpos[model.jnt_qposadr[joints]].clip(lower, upper),
        lower=lower,
        upper=upper,
        wrist=part_of(robot, model, f"{hand.key}.wrist", hand.wrist),
        tips={f: part_of(robot, model, f"{hand.key}.tips.{f}", name) for f, name in hand.tips.items()},
    )
