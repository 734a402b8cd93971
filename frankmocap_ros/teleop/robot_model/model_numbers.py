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

"""Refuses a model whose joints would move anywhere: numbers that are none, and ranges that MuJoCo drops."""

from typing import Any, Final

import numpy as np

from frankmocap_ros.errors import RobotError
from frankmocap_ros.teleop.robot_model.model_source import ModelSource

_OF_BODIES: Final = ("body_pos", "body_quat")
_OF_JOINTS: Final = ("jnt_pos", "jnt_axis")


def check_numbers(mujoco: Any, path: ModelSource, model: Any) -> None:
    """Look at the places of bodies and joints, and at the ranges of joints, in a compiled model.

    MuJoCo compiles NaN, and lets a joint turn without end whose range is not ``lower < upper``.

    Args:
        mujoco: the module.
        path: of the description.
        model: the MjModel.

    Raises:
        RobotError: one is wrong; names body or joint.
    """
    kinds = mujoco.mjtObj.mjOBJ_BODY, mujoco.mjtObj.mjOBJ_JOINT
    for kind, word, fields in zip(kinds, ("body", "joint"), (_OF_BODIES, _OF_JOINTS), strict=True):
        for field in fields:
            bad = np.flatnonzero(~np.isfinite(getattr(model, field)).all(axis=-1))
            if len(bad):
                name = mujoco.mj_id2name(model, kind, int(bad[0])) or f"number {bad[0]}"
                raise RobotError(f"{path}: {word} {name}: its place or axis is not finite; correct it")
    low, high = model.jnt_range.T
    one_way = np.isin(model.jnt_type, (mujoco.mjtJoint.mjJNT_HINGE, mujoco.mjtJoint.mjJNT_SLIDE))
    stated = (low != 0.0) | (high != 0.0)
    wrong = np.flatnonzero(one_way & stated & ~(low < high))  # also NaN
    if len(wrong):
        joint = int(wrong[0])
        name = mujoco.mj_id2name(model, kinds[1], joint) or f"number {joint}"
        raise RobotError(
            f"{path}: joint {name}: its range is {low[joint]:g} to {high[joint]:g}; give it a lower end "
            "below its upper one, or none where it turns without end"
        )
