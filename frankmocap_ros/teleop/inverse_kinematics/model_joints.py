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

"""A model's joints: names, what goes along with what, and those that the map has driven by themselves."""

from collections.abc import Iterable, Sequence
from typing import Any

from frankmocap_ros.errors import RobotError
from frankmocap_ros.teleop.inverse_kinematics.parts import refuse_unknown
from frankmocap_ros.teleop.robot_map.robot_map import RobotMap
from frankmocap_ros.teleop.robot_model.equalities import Equality, equalities, tendon_joints
from frankmocap_ros.teleop.robot_model.loader import LoadedModel


def joint_name(model: Any, joint: int) -> str:
    """Name of a joint; empty where it has none."""
    return str(model.joint(joint).name)


def simple_joints(mujoco: Any, model: Any) -> list[int]:
    """Numbers of the hinges and slides: the joints that one number tells."""
    kinds = (int(mujoco.mjtJoint.mjJNT_HINGE), int(mujoco.mjtJoint.mjJNT_SLIDE))
    return [i for i in range(model.njnt) if int(model.jnt_type[i]) in kinds]


def tied(every: Sequence[Equality], joints: set[int]) -> tuple[set[int], list[Equality]]:
    """Joints with all that equalities bind to them, and these equalities."""
    used: list[Equality] = []
    pending = list(every)
    while touched := [e for e in pending if joints & e.joints]:
        pending = [e for e in pending if e not in touched]
        used += touched
        joints = joints.union(*(e.joints for e in touched))
    return joints, used


def dependent_joints(used: Sequence[Equality], commanded: set[int]) -> Iterable[int]:
    """What follows: followers, and the joints of closed loops that commanded joints move.

    Where a follower is commanded, the equality works the other way round.
    """
    forward = [e for e in used if e.follower is not None and e.follower not in commanded]
    moved = commanded.union(e.follower for e in forward if e.follower is not None)
    loops = [e for e in used if e not in forward]
    while driven := [e for e in loops if e.joints & moved]:
        loops = [e for e in loops if e not in driven]
        moved = moved.union(*(e.joints for e in driven))
    return moved - commanded


def driven_joints(loaded: LoadedModel, robot: RobotMap) -> tuple[int, ...]:
    """Numbers of the joints that the map has driven to positions of their own, in its order.

    Raises:
        RobotError: there is no such joint, or it goes along with another one, which is to be named.
    """
    model = loaded.model
    every = equalities(loaded.mujoco, model)
    known = {name: j for j in simple_joints(loaded.mujoco, model) if (name := joint_name(model, j))}
    found: dict[int, str] = {}
    for one in robot.driven:
        refuse_unknown(robot.model, one.key, "joint of the name", [one.name], known)
        joint = known[one.name]
        for other in (e for e in every if e.follower is not None and joint in e.joints):
            tied = other.leader if other.follower == joint else other.follower
            if tied in found:
                raise _goes_along(robot, one.key, one.name, found[tied])
            if other.follower == joint and not has_motor(loaded, joint):
                leader = other.leader if other.leader is not None else -1
                raise _goes_along(robot, one.key, one.name, joint_name(model, leader) if leader >= 0 else "")
        found[joint] = one.name
    return tuple(found)


def _goes_along(robot: RobotMap, key: str, name: str, leader: str) -> RobotError:
    why = (
        f"goes along with {leader}; name {leader} alone" if leader else "is held by an equality; leave it out"
    )
    return RobotError(f"{robot.model}: {key}: joints: {name} {why}")


def has_motor(loaded: LoadedModel, joint: int) -> bool:
    """Whether an actuator drives a joint, by itself or by a tendon.

    An equality of an MJCF holds in both directions: which joint leads is up to the motor.
    """
    mujoco, model = loaded.mujoco, loaded.model
    for kind, number in zip(
        model.actuator_trntype.tolist(), model.actuator_trnid[:, 0].tolist(), strict=True
    ):
        if kind == mujoco.mjtTrn.mjTRN_JOINT and number == joint:
            return True
        if kind == mujoco.mjtTrn.mjTRN_TENDON and joint in tendon_joints(mujoco, model, number):
            return True
    return False
