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

"""What is drawn of a robot's model: what is made to be seen, in its own colors, as triangles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.robot_model.loader import LoadedModel

Triangles = tuple[NDArray[np.float32], NDArray[np.int32]]
"""Vertices (V, 3) [m] and faces (F, 3)."""

_SECTIONS: Final = 12  # of what is round
_SEEN_GROUPS: Final = 3  # MuJoCo's own viewer shows groups 0 to 2 and hides the others
_PLAIN: Final = (0.5, 0.5, 0.5, 1.0)  # MuJoCo's color of what has none


@dataclass(frozen=True, eq=False)
class DrawnPart:
    """Triangles of one body in one color.

    Attributes:
        body: number of the body.
        rgba: color and opacity, each from 0 to 1.
        vertices: shape (V, 3), in the body's frame [m].
        faces: shape (F, 3).
    """

    body: int
    rgba: tuple[float, float, float, float]
    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]


def shown_geoms(loaded: LoadedModel) -> dict[int, list[int]]:
    """Body -> its geoms that are made to be seen.

    Makers keep what is seen apart from what can touch: in a URDF as visual and collision, in an MJCF as geoms
    without contacts, and in groups. Where a model has both, what can touch is drawn only for bodies whose
    visual meshes were lost.
    """
    kinds, model = loaded.mujoco.mjtGeom, loaded.model
    round_ones = (kinds.mjGEOM_SPHERE, kinds.mjGEOM_CAPSULE, kinds.mjGEOM_CYLINDER, kinds.mjGEOM_ELLIPSOID)
    drawn = {int(kind) for kind in (*round_ones, kinds.mjGEOM_BOX, kinds.mjGEOM_MESH)}
    candidates = [
        g for g in range(model.ngeom) if int(model.geom_type[g]) in drawn and color(loaded, g)[3] > 0.0
    ]
    in_group = [g for g in candidates if model.geom_group[g] < _SEEN_GROUPS]
    candidates = in_group or candidates
    touches = model.geom_contype.astype(bool) | model.geom_conaffinity.astype(bool)
    visual_groups = {int(model.geom_group[g]) for g in candidates if not touches[g]}
    found: dict[int, list[int]] = {}
    for g in candidates:
        found.setdefault(int(model.geom_bodyid[g]), []).append(g)
    for body, geoms in found.items():
        free = [g for g in geoms if not touches[g]]
        if free:
            found[body] = free
        elif visual_groups and not loaded.notes:
            found[body] = [g for g in geoms if int(model.geom_group[g]) in visual_groups]
    return {body: geoms for body, geoms in found.items() if geoms}


def color(loaded: LoadedModel, geom: int) -> tuple[float, float, float, float]:
    """A geom's color: its own, or its material's, with the mean of the material's texture."""
    model, roles = loaded.model, loaded.mujoco.mjtTextureRole
    rgba = np.array(model.geom_rgba[geom], float)
    material = int(model.geom_matid[geom])
    if material >= 0:
        if np.allclose(rgba, _PLAIN):
            rgba = np.array(model.mat_rgba[material], float)
        for role in (roles.mjTEXROLE_RGB, roles.mjTEXROLE_RGBA):
            texture = int(model.mat_texid[material, int(role)])
            if texture >= 0:
                rgba[:3] *= _mean_color(model, texture)
    red, green, blue, opacity = np.clip(rgba, 0.0, 1.0).tolist()
    return red, green, blue, opacity


def _mean_color(model: Any, texture: int) -> Array:
    """Mean color of a texture, each from 0 to 1."""
    channels = int(model.tex_nchannel[texture])
    count = int(model.tex_width[texture]) * int(model.tex_height[texture]) * channels
    first = int(model.tex_adr[texture])
    pixels = model.tex_data[first : first + count].reshape(-1, channels)
    mean = pixels.mean(axis=0)[:3] / 255.0
    return np.asarray(mean if channels >= 3 else np.repeat(mean[:1], 3))


def triangles(loaded: LoadedModel, geom: int, mesh: Triangles | None = None) -> Triangles:
    """A geom in its body's frame.

    Args:
        loaded: its model.
        geom: its number; of a kind that ``shown_geoms`` gives.
        mesh: in place of the one that it is made of.
    """
    import trimesh

    kinds, model = loaded.mujoco.mjtGeom, loaded.model
    kind, size, make = model.geom_type[geom], model.geom_size[geom], trimesh.creation
    if kind == kinds.mjGEOM_MESH:
        vertices, faces = mesh or stored_mesh(loaded, int(model.geom_dataid[geom]))
    else:
        if kind == kinds.mjGEOM_SPHERE:
            made = make.icosphere(subdivisions=2, radius=size[0])
        elif kind == kinds.mjGEOM_CAPSULE:
            made = make.capsule(height=2.0 * size[1], radius=size[0], count=[_SECTIONS, _SECTIONS])
            made.apply_translation([0.0, 0.0, -made.bounds.mean(axis=0)[2]])
        elif kind == kinds.mjGEOM_CYLINDER:
            made = make.cylinder(radius=size[0], height=2.0 * size[1], sections=2 * _SECTIONS)
        elif kind == kinds.mjGEOM_BOX:
            made = make.box(extents=2.0 * size)
        else:
            made = make.icosphere(subdivisions=2, radius=1.0)
            made.apply_scale(size)
        vertices, faces = np.asarray(made.vertices, np.float32), np.asarray(made.faces, np.int32)
    turn = np.empty(9)
    loaded.mujoco.mju_quat2Mat(turn, model.geom_quat[geom])
    placed = vertices @ turn.reshape(3, 3).T + model.geom_pos[geom]
    return placed.astype(np.float32), faces


def stored_mesh(loaded: LoadedModel, mesh: int) -> Triangles:
    """A mesh of the model."""
    model = loaded.model
    first, count = model.mesh_vertadr[mesh], model.mesh_vertnum[mesh]
    face, faces = model.mesh_faceadr[mesh], model.mesh_facenum[mesh]
    return model.mesh_vert[first : first + count].copy(), model.mesh_face[face : face + faces].copy()


def parts_of(
    loaded: LoadedModel, shown: Mapping[int, Sequence[int]], meshes: Mapping[int, Triangles]
) -> list[DrawnPart]:
    """The geoms of one body and color as one part.

    Args:
        loaded: the model.
        shown: body -> geoms, of ``shown_geoms``.
        meshes: number of a mesh -> what is drawn for it, where that is not the mesh itself.
    """
    model = loaded.model
    found: dict[tuple[int, tuple[float, float, float, float]], list[Triangles]] = {}
    for body, geoms in shown.items():
        for geom in geoms:
            mesh = int(model.geom_dataid[geom])
            found.setdefault((body, color(loaded, geom)), []).append(
                triangles(loaded, geom, meshes.get(mesh) if mesh >= 0 else None)
            )
    return [DrawnPart(body, rgba, *joined(pieces)) for (body, rgba), pieces in found.items()]


def joined(pieces: list[Triangles]) -> Triangles:
    """Several as one."""
    starts = np.cumsum([0, *(len(vertices) for vertices, _ in pieces)])
    faces = [faces + start for (_, faces), start in zip(pieces, starts, strict=False)]
    return np.concatenate([v for v, _ in pieces]), np.concatenate(faces).astype(np.int32)
