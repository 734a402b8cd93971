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

"""Parts of a robot that are apart at home, and are to stay so."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.robot_model.loader import LoadedModel
from frankmocap_ros.teleop.robot_setup.limb_points import LimbPoints

MINIMUM_M: Final = 0.02
_LEAST_M: Final = 0.03  # at home
_FAR_M: Final = 1.0


def pairs_apart(
    loaded: LoadedModel, qpos: Array, arms: Sequence[LimbPoints], legs: Sequence[LimbPoints]
) -> tuple[tuple[str, str], ...]:
    """Pairs of bodies: hands and forearms, with the trunk, the thighs and the other arm.

    Args:
        loaded: the model, with its solid shapes.
        qpos: shape (nq,), where its joints are at home.
        arms: its arms.
        legs: its legs.
    """
    mujoco, model = loaded.mujoco, loaded.model
    data = mujoco.MjData(model)
    data.qpos[:] = qpos
    mujoco.mj_kinematics(model, data)
    solid = [g for g in range(model.ngeom) if model.geom_contype[g] or model.geom_conaffinity[g]]
    shapes: dict[int, list[int]] = {}
    for geom in solid:
        shapes.setdefault(int(model.body_weldid[model.geom_bodyid[geom]]), []).append(geom)
    lost = {str(name) for name in loaded.lost}
    usable = {
        body: geoms
        for body, geoms in shapes.items()
        if body and model.body(body).name and not _has_lost(model, body, lost)
    }
    outer = [[b for b in dict.fromkeys(arm.limb.bodies[arm.bend :]) if b in usable] for arm in arms]
    others = [b for arm in arms[:1] for b in _above(model, arm.limb.hub) if b in usable]
    others += [b for leg in legs for b in leg.limb.bodies[: leg.bend + 1] if b in usable]
    found: dict[tuple[int, int], None] = {}
    for i, mine in enumerate(outer):
        for body in (mine[0], mine[-1]) if mine else ():
            theirs = [b for rest in outer[i + 1 :] if rest for b in (rest[0], rest[-1])]
            base = [b for b in dict.fromkeys(arms[i].limb.bodies[:2]) if b in usable and len(arms) == 1]
            for other in (*others, *theirs, *base):
                if body != other and _apart(loaded, data, usable[body], usable[other]):
                    found[body, other] = None
    return tuple((str(model.body(a).name), str(model.body(b).name)) for a, b in found)


def _has_lost(model: Any, body: int, lost: set[str]) -> bool:
    """Whether a mesh of a body, or of what is fixed to it, was left out."""
    return any(
        int(model.body_weldid[b]) == body and str(model.body(b).name) in lost for b in range(model.nbody)
    )


def _above(model: Any, body: int) -> list[int]:
    found = []
    while body > 0:
        found.append(int(model.body_weldid[body]))
        body = int(model.body_parentid[body])
    return list(dict.fromkeys(b for b in found if b))


def _apart(loaded: LoadedModel, data: Any, one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether two bodies are no neighbors, and apart."""
    model = loaded.model
    welds = [int(model.body_weldid[model.geom_bodyid[geoms[0]]]) for geoms in (one, other)]
    carriers = [int(model.body_weldid[model.body_parentid[weld]]) for weld in welds]
    if welds[0] in (welds[1], carriers[1]) or welds[1] == carriers[0]:
        return False
    ways = [loaded.mujoco.mj_geomDistance(model, data, a, b, _FAR_M, None) for a in one for b in other]
    return bool(np.min(ways) >= _LEAST_M)
