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

"""Capsules along a robot's links, where shapes are not there."""

from typing import Any, Final

import numpy as np

from frankmocap_ros.geometry.rotation import Array, quat_rotate
from frankmocap_ros.viewer.drawn_parts import DrawnPart, joined

_SECTIONS: Final = 12
_WORLD: Final = 0
_LEAST_M: Final = 0.01  # between bodies, for a capsule
_THICK: Final = 0.1  # of its length
_RADII_M: Final = (0.006, 0.03)
_BONE_RGBA: Final = (0.47, 0.59, 0.71, 1.0)


def link_capsules(model: Any, bodies: set[int]) -> list[DrawnPart]:
    """Capsules in place of shapes that are not there: from each body to those that it carries.

    Args:
        model: the MjModel.
        bodies: those to draw; others, and those that carry nothing away from them and whose mass does not
            lie apart from them, have none.
    """
    ways: dict[int, list[Array]] = {body: [] for body in sorted(bodies)}
    for body in range(1, model.nbody):
        parent = int(model.body_parentid[body])
        if parent in ways and parent != _WORLD:
            ways[parent].append(model.body_pos[body])
    for body, found in ways.items():
        if body != _WORLD and not any(np.linalg.norm(way) > _LEAST_M for way in found):
            found.append(2.0 * model.body_ipos[body])  # a hand: as far beyond its middle as to it
    return [part for body, found in ways.items() if (part := _capsule_part(body, found)) is not None]


def _capsule_part(body: int, ways: list[Array]) -> DrawnPart | None:
    import trimesh

    pieces = []
    for way in ways:
        length = float(np.linalg.norm(way))
        if length <= _LEAST_M:
            continue
        radius = float(np.clip(_THICK * length, *_RADII_M))
        made = trimesh.creation.capsule(height=length, radius=radius, count=[_SECTIONS, _SECTIONS])
        made.apply_translation([0.0, 0.0, 0.5 * length - made.bounds.mean(axis=0)[2]])
        vertices = quat_rotate(_from_z(way / length), np.asarray(made.vertices))
        pieces.append((vertices.astype(np.float32), np.asarray(made.faces, np.int32)))
    return DrawnPart(body, _BONE_RGBA, *joined(pieces)) if pieces else None


def _from_z(direction: Array) -> Array:
    """The rotation x y z w that turns z into a direction of length 1, by the shortest way."""
    x, y, z = direction.tolist()
    if z < -1.0 + 1e-9:
        return np.array([1.0, 0.0, 0.0, 0.0])
    turned = np.array([-y, x, 0.0, 1.0 + z])
    return np.asarray(turned / np.linalg.norm(turned))
