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

"""What a map adds to a robot's model: its base's place, sites, boxes not to be entered, and a scene."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import RobotError
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW, Array, quat_multiply, quat_rotate
from frankmocap_ros.teleop.robot_model.model_source import ModelSource
from frankmocap_ros.teleop.robot_model.scene import SCENE

_XYZW: Final = np.array([1, 2, 3, 0])  # from w x y z
_WXYZ: Final = np.array([3, 0, 1, 2])
_LISTED: Final = 20
_POINT_M: Final = 1e-3  # radius of the sphere that stands for a target's position


@dataclass(frozen=True)
class AddedSite:
    """A site in a body's frame.

    Attributes:
        body: name of the body.
        offset: in its frame [m].
    """

    body: str
    offset: tuple[float, float, float]

    @property
    def name(self) -> str:
        """Name of the site."""
        return f"{self.body} offset {' '.join(f'{value:g}' for value in self.offset)}"


@dataclass(frozen=True)
class Base:
    """Where the robot's base is in the frame of the commands.

    Attributes:
        position: [m].
        rotation_xyzw: unit quaternion.
    """

    position: tuple[float, ...] = (0.0, 0.0, 0.0)
    rotation_xyzw: tuple[float, ...] = tuple(IDENTITY_XYZW.tolist())


@dataclass(frozen=True)
class KeepOutBox:
    """A box in the frame of the commands that no commanded part enters.

    Attributes:
        name: in the map.
        center: [m].
        size: edge lengths along its own axes, each above 0 [m].
        rotation_xyzw: of its axes, a unit quaternion.
    """

    name: str
    center: tuple[float, ...]
    size: tuple[float, ...]
    rotation_xyzw: tuple[float, ...] = tuple(IDENTITY_XYZW.tolist())

    @property
    def geom(self) -> str:
        """Name of the geom in the model."""
        return f"keep_out {self.name}"


@dataclass(frozen=True)
class KeepOut:
    """Boxes, and the points of the robot that are kept out of them whatever its shapes are.

    Attributes:
        boxes: in the frame of the commands.
        points: names of sites, or of bodies, whose positions are kept out.
    """

    boxes: tuple[KeepOutBox, ...] = ()
    points: tuple[str, ...] = ()


@dataclass(frozen=True)
class Additions:
    """What is added to a model.

    Attributes:
        base: where it stands.
        sites: more of them.
        keep_out: boxes around what it must not touch.
        scene: what stands around it; None for nothing.
    """

    base: Base = field(default_factory=Base)
    sites: tuple[AddedSite, ...] = ()
    keep_out: KeepOut = field(default_factory=KeepOut)
    scene: ModelSource | None = None


def add_sites(path: ModelSource, spec: Any, sites: Sequence[AddedSite]) -> None:
    """Add sites to an MjSpec.

    Raises:
        RobotError: there is no such body.
    """
    bodies = {body.name: body for body in spec.bodies if body.name}
    for site in dict.fromkeys(sites):
        if site.body not in bodies:
            names = ", ".join(sorted(bodies)[:_LISTED]) + (", ..." if len(bodies) > _LISTED else "")
            raise RobotError(f"{path}: offset: it has no body {site.body}; it has {names}")
        bodies[site.body].add_site(name=site.name, pos=site.offset)


def add_keep_out(mujoco: Any, spec: Any, keep_out: KeepOut) -> None:
    """Add the boxes to an MjSpec, and a sphere for each point; names that it has not are left out.

    None of these geoms touches anything in a simulation.
    """
    if keep_out == KeepOut():
        return
    spec.compiler.discardvisual = False  # as a URDF's is: it would discard them, too
    ghost = {"contype": 0, "conaffinity": 0, "mass": 0.0}
    for box in keep_out.boxes:
        spec.worldbody.add_geom(
            name=box.geom,
            type=mujoco.mjtGeom.mjGEOM_BOX,
            size=[0.5 * edge for edge in box.size],
            pos=box.center,
            quat=np.array(box.rotation_xyzw)[_WXYZ],
            **ghost,
        )
    bodies = {body.name: (body, (0.0, 0.0, 0.0)) for body in spec.bodies if body.name}
    sites = {site.name: (site.parent, site.pos) for site in spec.sites if site.name}
    for name in dict.fromkeys(keep_out.points):
        body, position = sites.get(name) or bodies.get(name) or (None, ())
        if body is not None:
            body.add_geom(
                name=point_geom(name),
                type=mujoco.mjtGeom.mjGEOM_SPHERE,
                size=[_POINT_M, 0.0, 0.0],
                pos=position,
                **ghost,
            )


def point_geom(point: str) -> str:
    """Name of the geom that stands for a point of the robot that is kept out of boxes."""
    return f"keep_out of {point}"


def place_base(mujoco: Any, path: ModelSource, model: Any, additions: Additions) -> None:
    """Move what stands in the world of a compiled model; boxes and scene are in the commands' frame already.

    Raises:
        RobotError: a closed loop of the model is closed at its world.
    """
    base = additions.base
    if base == Base():
        return
    position, rotation = np.array(base.position), np.array(base.rotation_xyzw)
    kinds = (int(mujoco.mjtEq.mjEQ_CONNECT), int(mujoco.mjtEq.mjEQ_WELD))
    for row in range(model.neq):
        of_bodies = int(model.eq_objtype[row]) == int(mujoco.mjtObj.mjOBJ_BODY)
        if (
            int(model.eq_type[row]) in kinds
            and of_bodies
            and 0 in (model.eq_obj1id[row], model.eq_obj2id[row])
        ):
            raise RobotError(f"{path}: base: its equality {row} is bound to the world; leave base out")
    moved = _robots(model.body, np.flatnonzero(model.body_parentid == 0)[1:])  # the first is the world
    _move(model.body_pos, model.body_quat, moved, (position, rotation))
    boxes = [model.geom(box.geom).id for box in additions.keep_out.boxes]
    for kind in ("geom", "site"):
        own = _robots(getattr(model, kind), np.flatnonzero(getattr(model, f"{kind}_bodyid") == 0))
        own = np.setdiff1d(own, boxes) if kind == "geom" else own
        _move(getattr(model, f"{kind}_pos"), getattr(model, f"{kind}_quat"), own, (position, rotation))
        getattr(model, f"{kind}_sameframe")[own] = 0


def _robots(one: Any, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Those of some elements that are not of a scene."""
    return np.array([row for row in rows.tolist() if not str(one(row).name).startswith(SCENE)], dtype=np.intp)


def _move(positions: Array, quaternions: Array, rows: NDArray[np.intp], pose: tuple[Array, Array]) -> None:
    positions[rows] = pose[0] + quat_rotate(pose[1], positions[rows])
    quaternions[rows] = quat_multiply(pose[1], quaternions[rows][:, _XYZW])[:, _WXYZ]
