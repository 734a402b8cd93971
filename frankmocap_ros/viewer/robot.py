"""A robot's shape, from its MuJoCo model."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import RobotError
from frankmocap_ros.geometry.rotation import Array, quat_from_matrix
from frankmocap_ros.teleop.inverse_kinematics.joints import home_posture, joint_name, simple_joints
from frankmocap_ros.teleop.robot_map.robot_map import load_map
from frankmocap_ros.teleop.robot_model.equalities import Followers, equalities, only_equalities
from frankmocap_ros.teleop.robot_model.loader import load_model_file
from frankmocap_ros.teleop.robot_model.resources import Shapes

Mesh = tuple[str, NDArray[np.float32], NDArray[np.uint32], tuple[int, int, int]]

_SECTIONS: Final = 12  # of what is round
_WORLD: Final = 0
_LEAST_M: Final = 0.01  # between bodies, for a line
_BONE_M: Final = 0.02
_BONE_RGB: Final = (120.0, 150.0, 180.0)


class DrawnRobot:
    """One mesh for each body of the model, and where it is.

    Attributes:
        notes: what was left out of the model, in words.

    Args:
        robot: name of a robot of this package, or the YAML file of a map.
        model: the robot's model; empty for what the map says.

    Raises:
        RobotError: the map or its model is missing or wrong.
        MissingDependencyError: MuJoCo is not installed.
    """

    def __init__(self, robot: str, model: str = "") -> None:
        robot_map = load_map(robot, model)
        loaded = load_model_file(robot_map.model, Shapes.ALL, robot_map.additions)
        self.notes = loaded.notes
        self._mujoco, self._model = loaded.mujoco, loaded.model
        only_equalities(self._mujoco, self._model)
        self._data = self._mujoco.MjData(self._model)
        self._data.qpos[:] = home_posture(loaded, robot_map)
        simple = simple_joints(self._mujoco, self._model)
        self._qpos = {joint_name(self._model, j): int(self._model.jnt_qposadr[j]) for j in simple}
        self._followers = [e for e in equalities(self._mujoco, self._model) if e.follower is not None]
        self._follow({})
        geoms: dict[int, list[int]] = {}
        for geom in range(self._model.ngeom):
            if self._model.geom_rgba[geom, 3] > 0.0:
                geoms.setdefault(int(self._model.geom_bodyid[geom]), []).append(geom)
        shown = {body: self._shown(all_of) for body, all_of in geoms.items()}
        self._geoms = {body: all_of for body, all_of in shown.items() if self._is_drawn(body, all_of)}
        if self.notes or not self._geoms:  # what has lost its meshes is drawn as lines to what it carries
            self._geoms |= {body: [] for body in self._carriers() if body not in self._geoms}
        if not self._geoms:
            raise RobotError(f"{robot}: its model has no shapes to draw. {'; '.join(self.notes)}")

    def _carriers(self) -> dict[int, list[int]]:
        """Bodies, each with those that it carries a little way off."""
        found: dict[int, list[int]] = {}
        for body in range(1, self._model.nbody):
            parent = int(self._model.body_parentid[body])
            if parent and float(np.linalg.norm(self._model.body_pos[body])) > _LEAST_M:
                found.setdefault(parent, []).append(body)
        return found

    def _bones(self, trimesh: Any, body: int) -> list[Any]:
        """Capsules from a body to those that it carries, in its frame."""
        ways = [self._model.body_pos[other] for other in self._carriers()[body]]
        return [
            trimesh.creation.cylinder(radius=_BONE_M, segment=[np.zeros(3), way], sections=_SECTIONS)
            for way in ways
        ] + [trimesh.creation.icosphere(subdivisions=1, radius=1.3 * _BONE_M)]

    def _shown(self, geoms: list[int]) -> list[int]:
        """Of a body's geoms those that are made to be seen, where there are any."""
        seen = [g for g in geoms if not (self._model.geom_contype[g] or self._model.geom_conaffinity[g])]
        return seen or geoms

    def _is_drawn(self, body: int, geoms: list[int]) -> bool:
        plane = self._mujoco.mjtGeom.mjGEOM_PLANE
        return body != _WORLD or any(self._model.geom_type[g] != plane for g in geoms)

    def meshes(self) -> list[Mesh]:
        """Name, vertices (V, 3) in the body's frame [m], triangles (F, 3) and color of each body."""
        import trimesh

        result = []
        for body, geoms in self._geoms.items():
            parts = [mesh for geom in geoms if (mesh := self._of_geom(trimesh, geom)) is not None]
            if not geoms:
                parts = self._bones(trimesh, body)
            whole: Any = trimesh.util.concatenate(parts)
            rgb = 255.0 * self._model.geom_rgba[geoms[0], :3] if geoms else np.array(_BONE_RGB)
            red, green, blue = rgb.astype(int).tolist()
            result.append(
                (
                    str(self._model.body(body).name or body),
                    np.asarray(whole.vertices, np.float32),
                    np.asarray(whole.faces, np.uint32),
                    (red, green, blue),
                )
            )
        return result

    def _of_geom(self, trimesh: Any, geom: int) -> Any:
        """A geom as triangles in its body's frame; None for a kind without a shape."""
        kinds, model = self._mujoco.mjtGeom, self._model
        kind, size = model.geom_type[geom], model.geom_size[geom]
        make = trimesh.creation
        if kind == kinds.mjGEOM_SPHERE:
            mesh = make.icosphere(subdivisions=2, radius=size[0])
        elif kind == kinds.mjGEOM_CAPSULE:
            mesh = make.capsule(height=2.0 * size[1], radius=size[0], count=[_SECTIONS, _SECTIONS])
            mesh.apply_translation([0.0, 0.0, -mesh.bounds.mean(axis=0)[2]])
        elif kind == kinds.mjGEOM_CYLINDER:
            mesh = make.cylinder(radius=size[0], height=2.0 * size[1], sections=2 * _SECTIONS)
        elif kind == kinds.mjGEOM_BOX:
            mesh = make.box(extents=2.0 * size)
        elif kind == kinds.mjGEOM_ELLIPSOID:
            mesh = make.icosphere(subdivisions=2, radius=1.0)
            mesh.apply_scale(size)
        elif kind == kinds.mjGEOM_MESH:
            mesh = self._stored(trimesh, int(model.geom_dataid[geom]))
        else:
            return None
        turn = np.empty(9)
        self._mujoco.mju_quat2Mat(turn, model.geom_quat[geom])
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = turn.reshape(3, 3), model.geom_pos[geom]
        mesh.apply_transform(pose)
        return mesh

    def _stored(self, trimesh: Any, mesh: int) -> Any:
        model = self._model
        first, count = model.mesh_vertadr[mesh], model.mesh_vertnum[mesh]
        face, faces = model.mesh_faceadr[mesh], model.mesh_facenum[mesh]
        return trimesh.Trimesh(
            model.mesh_vert[first : first + count], model.mesh_face[face : face + faces], process=False
        )

    def poses(self, joints: Mapping[str, float]) -> list[tuple[Array, Array]]:
        """Position [m] and orientation x y z w of each mesh with joints at these places [rad] or [m].

        Joints that are not named stay where they were, or follow those that drive them; names that the robot
        does not have are left out.
        """
        for name, value in joints.items():
            if name in self._qpos:
                self._data.qpos[self._qpos[name]] = value
        self._follow(joints)
        self._mujoco.mj_kinematics(self._model, self._data)
        rows = list(self._geoms)
        turned = quat_from_matrix(self._data.xmat[rows].reshape(-1, 3, 3))
        return list(zip(self._data.xpos[rows].copy(), turned, strict=True))

    def _follow(self, told: Mapping[str, float]) -> None:
        """Bring joints that follow others along, unless somebody tells where they are."""
        untold = [e for e in self._followers if joint_name(self._model, e.follower or 0) not in told]
        if untold:
            rows, joints = [e.row for e in untold], [e.follower or 0 for e in untold]
            Followers(self._mujoco, self._model, rows, joints).settle(self._data.qpos)
