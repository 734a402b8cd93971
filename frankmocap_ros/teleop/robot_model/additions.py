"""What a map adds to a robot's model: where its base stands, and sites where the model has none."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import RobotError
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW, Array, quat_multiply, quat_rotate
from frankmocap_ros.teleop.robot_model.model_source import ModelSource

_XYZW: Final = np.array([1, 2, 3, 0])  # from w x y z
_WXYZ: Final = np.array([3, 0, 1, 2])
_LISTED: Final = 20


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
class Additions:
    """What is added to a model.

    Attributes:
        base: where it stands.
        sites: more of them.
    """

    base: Base = field(default_factory=Base)
    sites: tuple[AddedSite, ...] = ()


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


def place_base(mujoco: Any, path: ModelSource, model: Any, base: Base) -> None:
    """Move everything that stands in the world of a compiled model.

    Raises:
        RobotError: a closed loop of the model is closed at its world.
    """
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
    moved = np.flatnonzero(model.body_parentid == 0)[1:]  # the first is the world
    _move(model.body_pos, model.body_quat, moved, (position, rotation))
    for kind in ("geom", "site"):
        own = np.flatnonzero(getattr(model, f"{kind}_bodyid") == 0)
        _move(getattr(model, f"{kind}_pos"), getattr(model, f"{kind}_quat"), own, (position, rotation))
        getattr(model, f"{kind}_sameframe")[own] = 0


def _move(positions: Array, quaternions: Array, rows: NDArray[np.intp], pose: tuple[Array, Array]) -> None:
    positions[rows] = pose[0] + quat_rotate(pose[1], positions[rows])
    quaternions[rows] = quat_multiply(pose[1], quaternions[rows][:, _XYZW])[:, _WXYZ]
