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

"""The grippers at the ends of a robot's arms: which joints open and shut them, and which way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from frankmocap_ros.errors import RetargetError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.inverse_kinematics.joint_space import JointSpace
from frankmocap_ros.teleop.inverse_kinematics.joints import JointRoles, joint_ranges
from frankmocap_ros.teleop.inverse_kinematics.model_joints import (
    dependent_joints,
    has_motor,
    joint_name,
    simple_joints,
    tied,
)
from frankmocap_ros.teleop.robot_model.equalities import equalities, joints_above
from frankmocap_ros.teleop.robot_model.loader import LoadedModel
from frankmocap_ros.teleop.robot_setup import names
from frankmocap_ros.teleop.robot_setup.skeleton import Limb

_MOST: Final = 2  # joints of their own; what has more is a hand
_SEEN_M: Final = 2e-3  # by which fingers come apart
_LASTS_S: Final = 0.5  # from shut to open, where nothing says how fast it is


@dataclass(frozen=True)
class ProposedGripper:
    """What the map says of one gripper.

    Attributes:
        side: ``left`` or ``right``.
        joints: names of its joints.
        open, shut: one for each [rad] or [m].
        max_speed: one for each [rad/s] or [m/s].
    """

    side: str
    joints: tuple[str, ...]
    open: tuple[float, ...]
    shut: tuple[float, ...]
    max_speed: tuple[float, ...]


def propose_grippers(
    loaded: LoadedModel, arms: Sequence[Limb], qpos: Array, speeds: dict[str, float]
) -> tuple[tuple[ProposedGripper, ...], tuple[str, ...]]:
    """The grippers of a robot, and what somebody should look at, in words.

    Args:
        loaded: the model, whose constraints other than equalities are off.
        arms: its arms; one alone counts as the right one.
        qpos: shape (nq,), where all joints are at home.
        speeds: joint -> highest speed, of those that the model states.
    """
    found: list[ProposedGripper] = []
    notes: list[str] = []
    for arm in arms:
        side = arm.side or "right"
        own = _own_joints(loaded, arm)
        known = [joint_name(loaded.model, j) for j in own]
        if len(own) > _MOST:
            notes.append(
                f"no gripper on the {side}: {', '.join(known)} move apart from each other, as a hand's; "
                f"write hands.{side} to command them"
            )
            continue
        if not own or any(one.side == side for one in found):
            continue
        ends = [_ends(loaded, joint) for joint in own]
        if not all(np.isfinite(end).all() and end[0] < end[1] for end in ends):
            notes.append(f"no gripper on the {side}: the model has no range for {', '.join(known)}")
            continue
        ways = [_open_at(loaded, own, i, qpos, ends[i]) for i in range(len(own))]
        if not all(seen for _, seen in ways):
            notes.append(
                f"grippers.{side}: check that open and shut are not exchanged; no second finger shows it"
            )
        opened = [end[int(last)] for end, (last, _) in zip(ends, ways, strict=True)]
        shut = [end[1 - int(last)] for end, (last, _) in zip(ends, ways, strict=True)]
        fast = [
            speeds.get(name, abs(a - b) / _LASTS_S) for name, a, b in zip(known, opened, shut, strict=True)
        ]
        found.append(
            ProposedGripper(
                side, tuple(known), _short(opened), _short(shut), tuple(float(f"{v:.2g}") for v in fast)
            )
        )
    return tuple(found), tuple(notes)


def _short(values: Sequence[float]) -> tuple[float, ...]:
    """Numbers as they are written, towards zero: no end is out of its range."""
    return tuple(float(np.trunc(value * 1e4) / 1e4) for value in values)


def _own_joints(loaded: LoadedModel, arm: Limb) -> list[int]:
    """Joints at the end of an arm that open and shut something, without those that go along with others."""
    mujoco, model = loaded.mujoco, loaded.model
    every = equalities(mujoco, model)
    last = arm.joints[-1]
    found: list[int] = []
    for joint in simple_joints(mujoco, model):
        body = int(model.jnt_bodyid[joint])
        called = names.words(joint_name(model, joint)) | names.words(str(model.body(body).name))
        if last not in joints_above(model, body)[:-1] or not joint_name(model, joint) or joint in arm.joints:
            continue
        if called & names.FINGER:
            found.append(joint)
    own: list[int] = []
    seen: set[int] = set()
    for joint in found:
        if joint in seen:
            continue
        group = tied(every, {joint})[0]
        seen |= group
        followers = {e.follower for e in every}
        inside = [j for j in found if j in group]
        moved = [j for j in inside if has_motor(loaded, j)]
        own.append((moved or [j for j in inside if j not in followers] or inside)[0])
    return own


def _roles(loaded: LoadedModel, joint: int) -> JointRoles:
    _, used = tied(equalities(loaded.mujoco, loaded.model), {joint})
    dependent = tuple(sorted(dependent_joints(used, {joint})))
    return JointRoles((joint,), frozenset(), dependent, (), tuple(used))


def _ends(loaded: LoadedModel, joint: int) -> Array:
    """The range of a joint, and of what its own motor takes, shape (2,)."""
    mujoco, model = loaded.mujoco, loaded.model
    (low,), (high,) = joint_ranges(model, _roles(loaded, joint))
    for i in range(model.nu):
        of_joint = (
            model.actuator_trntype[i] == mujoco.mjtTrn.mjTRN_JOINT and model.actuator_trnid[i][0] == joint
        )
        goes = model.actuator_biastype[i] == mujoco.mjtBias.mjBIAS_AFFINE and model.actuator_ctrllimited[i]
        if of_joint and goes:
            low, high = max(low, model.actuator_ctrlrange[i][0]), min(high, model.actuator_ctrlrange[i][1])
    return np.array((low, high))


def _open_at(loaded: LoadedModel, own: Sequence[int], i: int, qpos: Array, ends: Array) -> tuple[bool, bool]:
    """Whether a joint is open at the upper end of its range, and whether its fingers show that."""
    mujoco, model = loaded.mujoco, loaded.model
    joint = own[i]
    roles = _roles(loaded, joint)
    bodies = [int(model.jnt_bodyid[j]) for j in {*own, *roles.dependent}]
    space, data = JointSpace(mujoco, model, roles, qpos), mujoco.MjData(model)
    wide = [_spread(mujoco, model, data, space, (end, bodies)) for end in ends.tolist()]
    if len(bodies) > 1 and abs(wide[1] - wide[0]) > _SEEN_M:
        return wide[1] > wide[0], True
    return abs(ends[1]) > abs(ends[0]), False  # zero is where it is shut, as a rule


def _spread(mujoco: Any, model: Any, data: Any, space: JointSpace, at: tuple[float, Sequence[int]]) -> float:
    """How far the bodies are apart where the joint is there, by their centers of mass [m]."""
    end, bodies = at
    try:
        data.qpos[:] = space.whole(np.array([end]))
    except RetargetError:
        return 0.0
    mujoco.mj_kinematics(model, data)
    centers = data.xipos[list(bodies)]
    return float(np.linalg.norm(centers[:, None] - centers[None], axis=-1).max())
