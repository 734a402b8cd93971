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

"""A robot's limbs, found by how its joints hang on each other and by what they are called."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from frankmocap_ros.errors import RobotError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.inverse_kinematics.model_joints import joint_name, simple_joints
from frankmocap_ros.teleop.robot_model.equalities import equalities, joints_above
from frankmocap_ros.teleop.robot_model.loader import LoadedModel
from frankmocap_ros.teleop.robot_setup import names

ARM, LEG, HEAD = "arm", "leg", "head"
_LEAST_ARM: Final = 4  # joints
_MOST_HEAD: Final = 3
_HAND_M: Final = 0.25  # what branches within this, at the end of a limb, is a hand
_BEFORE_HAND: Final = 3  # joints


@dataclass(frozen=True)
class Limb:
    """A chain of joints that moves nothing else.

    Attributes:
        kind: ``arm``, ``leg`` or ``head``.
        side: ``left``, ``right``, or nothing where names do not say.
        joints: numbers of its joints, from the trunk on.
        bodies: numbers of the bodies that these move, in their order.
        hub: number of the body that carries it.
    """

    kind: str
    side: str
    joints: tuple[int, ...]
    bodies: tuple[int, ...]
    hub: int


@dataclass(frozen=True)
class RobotSkeleton:
    """What moves in a robot.

    Attributes:
        limbs: its limbs.
        trunk: numbers of the joints between the base and its arms, such as a waist.
        left_out: names of joints that belong to hands, wheels and what follows other joints.
    """

    limbs: tuple[Limb, ...]
    trunk: tuple[int, ...]
    left_out: tuple[str, ...]

    def of(self, kind: str) -> tuple[Limb, ...]:
        """Limbs of a kind."""
        return tuple(limb for limb in self.limbs if limb.kind == kind)


def find_skeleton(loaded: LoadedModel, positions: Array) -> RobotSkeleton:
    """Find a robot's limbs.

    Args:
        loaded: its model.
        positions: shape (nbody, 3), where its bodies are at home [m].

    Raises:
        RobotError: there is nothing like an arm.
    """
    model = loaded.model
    moving, left_out = _moving(loaded)
    chains = _chains(model, moving, positions)
    limbs = tuple(_classified(model, chain, chains, positions) for chain in chains)
    limbs = tuple(limb for limb in limbs if limb.kind)
    arms = [limb for limb in limbs if limb.kind == ARM]
    if not arms:
        found = ", ".join(joint_name(model, j) for j in moving[:20]) or "none"
        raise RobotError(
            f"{loaded.path}: no arm is found, which is a chain of {_LEAST_ARM} hinges or slides or more; its "
            f"joints: {found}. Write the map by hand"
        )
    trunk = set.intersection(*({*joints_above(model, limb.hub)} for limb in arms)) & set(moving)
    return RobotSkeleton(limbs, tuple(sorted(trunk)), tuple(joint_name(model, j) for j in left_out))


def _moving(loaded: LoadedModel) -> tuple[list[int], list[int]]:
    """The joints that limbs are made of, and those that are not: hands, wheels, what follows."""
    mujoco, model = loaded.mujoco, loaded.model
    every = equalities(mujoco, model)
    bound = {e.follower for e in every} | {j for e in every if e.follower is None for j in e.joints}
    bound |= {e.leader for e in every if e.leader is not None and not _carries(model, e.leader, bound)}
    moving: list[int] = []
    others: list[int] = []
    for joint in simple_joints(mujoco, model):
        name = joint_name(model, joint)
        found = names.words(name)
        is_hand = bool(found & names.FINGER) and not found & {"arm", "wrist", "elbow", "shoulder"}
        out = not name or joint in bound or is_hand or bool(found & names.WHEEL)
        (others if out else moving).append(joint)
    return moving, others


def _carries(model: Any, joint: int, bound: set[int | None]) -> bool:
    """Whether a joint moves others than those that are bound."""
    body = int(model.jnt_bodyid[joint])
    return any(
        joint in joints_above(model, int(model.jnt_bodyid[other]))
        for other in range(model.njnt)
        if other != joint and other not in bound and int(model.jnt_bodyid[other]) != body
    )


def _chains(model: Any, moving: Sequence[int], positions: Array) -> list[tuple[int, ...]]:
    """Chains of joints that lead to one end each, without what is common to several."""
    above = {j: [i for i in joints_above(model, int(model.jnt_bodyid[j])) if i in moving] for j in moving}
    ends = [j for j in moving if not any(j in above[other] for other in moving if other != j)]
    ways = [tuple(above[end]) for end in ends]
    changed = True
    while changed:  # fingers without names: all that branches within a hand counts as its end
        changed = False
        for way in ways:
            group = [other for other in ways if _common(way, other) >= _BEFORE_HAND]
            if len(group) < 2:
                continue
            shared = min(_common(way, other) for other in group)
            palm = positions[int(model.jnt_bodyid[way[shared - 1]])]
            tips = [positions[int(model.jnt_bodyid[j])] for other in group for j in other[shared:]]
            if max(float(np.linalg.norm(tip - palm)) for tip in tips) <= _HAND_M:
                ways = [other for other in ways if other not in group] + [way[:shared]]
                changed = True
                break
    found = []
    for way in ways:
        shared = max((_common(way, other) for other in ways if other != way), default=0)
        found.append(way[shared:])
    return [chain for chain in found if chain]


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many joints two ways have in common."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def _classified(
    model: Any, chain: tuple[int, ...], chains: Sequence[tuple[int, ...]], positions: Array
) -> Limb:
    bodies = tuple(int(model.jnt_bodyid[j]) for j in chain)
    told = [joint_name(model, j) for j in chain] + [str(model.body(body).name) for body in bodies]
    hub = int(model.body_parentid[bodies[0]])
    tip = positions[bodies[-1]]
    kind = ""
    votes = {k: names.said(told, v) for k, v in ((LEG, names.LEG), (ARM, names.ARM), (HEAD, names.HEAD))}
    best = max(votes, key=lambda k: votes[k])
    if votes[best] and (best != ARM or len(chain) >= _LEAST_ARM):
        kind = best
    elif len(chain) >= _LEAST_ARM:
        lowest = min(float(positions[int(model.jnt_bodyid[other[-1]])][2]) for other in chains)
        stands = len(chains) >= _LEAST_ARM and tip[2] < lowest + 0.1
        kind = LEG if stands else ARM
    elif len(chains) > 2 and len(chain) <= _MOST_HEAD and tip[2] >= positions[hub][2]:
        kind = HEAD
    return Limb(kind, names.side_of(told), chain, bodies, hub)
