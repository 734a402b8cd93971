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

"""A robot as it is drawn: its parts, and where they are."""

from collections.abc import Mapping, Sequence

from frankmocap_ros.errors import RobotError
from frankmocap_ros.geometry.rotation import Array, quat_from_matrix
from frankmocap_ros.teleop.inverse_kinematics.joints import home_posture
from frankmocap_ros.teleop.inverse_kinematics.model_joints import joint_name, simple_joints
from frankmocap_ros.teleop.robot_map.map_reading import load_map
from frankmocap_ros.teleop.robot_model.equalities import Followers, equalities, only_equalities
from frankmocap_ros.teleop.robot_model.loader import load_model_file
from frankmocap_ros.teleop.robot_model.model_source import ReceivedModel
from frankmocap_ros.teleop.robot_model.resources import Shapes
from frankmocap_ros.teleop.robot_model.scene import object_bodies
from frankmocap_ros.viewer.drawn_parts import DrawnPart
from frankmocap_ros.viewer.robot_meshes import RobotMeshes, drawable_parts


class DrawnRobot:
    """Parts of the model's bodies, and where they are. For one thread.

    Until the meshes are there, which takes another process seconds, links are drawn as capsules.

    Attributes:
        parts: what is drawn now.
        notes: what was left out of the model, in words.

    Args:
        robot: name of a robot of this package, or the YAML file of a map.
        model: the robot's model, as a file's name or received; empty for what the map says.

    Raises:
        RobotError: the map or its model is missing or wrong, or there is nothing to draw.
        MissingDependencyError: MuJoCo is not installed.
    """

    def __init__(self, robot: str, model: str | ReceivedModel = "") -> None:
        robot_map = load_map(robot, model)
        loaded = load_model_file(robot_map.model, Shapes.SIMPLE, robot_map.additions)
        self.notes = loaded.notes
        self._mujoco, self._model = loaded.mujoco, loaded.model
        only_equalities(self._mujoco, self._model)
        self._data = self._mujoco.MjData(self._model)
        self._data.qpos[:] = home_posture(loaded, robot_map)
        simple = simple_joints(self._mujoco, self._model)
        self._qpos = {joint_name(self._model, j): int(self._model.jnt_qposadr[j]) for j in simple}
        self._followers = [e for e in equalities(self._mujoco, self._model) if e.follower is not None]
        self._objects = {
            name: int(self._model.jnt_qposadr[int(self._model.body_jntadr[body])])
            for name, body in object_bodies(self._mujoco, self._model).items()
        }
        self._follow({})
        self._meshes = RobotMeshes(robot, model) if loaded.unread else None
        self.parts: Sequence[DrawnPart] = drawable_parts(loaded, incomplete=self._meshes is not None)
        if not self.parts and self._meshes is None:
            raise RobotError(f"{robot}: its model has no shapes to draw. {'; '.join(self.notes)}")

    def body_name(self, part: DrawnPart) -> str:
        """Name of the body that a part belongs to; its number where it has none."""
        return str(self._model.body(part.body).name or part.body)

    def refresh(self) -> bool:
        """Have the meshes read, first; whether ``parts`` are others now.

        Raises:
            RobotError: they cannot be read; told once.
        """
        if self._meshes is None:
            return False
        self._meshes.start()
        if not self._meshes.done.is_set():
            return False
        meshes, self._meshes = self._meshes, None
        if meshes.problem:
            raise RobotError(f"the robot's meshes cannot be drawn: {meshes.problem}")
        self.parts, self.notes = meshes.parts, meshes.notes
        return True

    def close(self) -> None:
        """End what still reads meshes."""
        if self._meshes is not None:
            self._meshes.close()

    def place(self, objects: Mapping[str, tuple[Array, Array]]) -> None:
        """Put objects of the scene where they are: position [m] and orientation x y z w, by name.

        Names that the scene does not have are left out.
        """
        for name, (position, xyzw) in objects.items():
            if name in self._objects:
                at = self._objects[name]
                self._data.qpos[at : at + 3] = position
                self._data.qpos[at + 3 : at + 7] = xyzw[3], xyzw[0], xyzw[1], xyzw[2]

    def poses(self, joints: Mapping[str, float]) -> list[tuple[Array, Array]]:
        """Position [m] and orientation x y z w of each part with joints at these places [rad] or [m].

        Joints that are not named stay where they were, or follow those that drive them; names that the robot
        does not have are left out.
        """
        for name, value in joints.items():
            if name in self._qpos:
                self._data.qpos[self._qpos[name]] = value
        self._follow(joints)
        self._mujoco.mj_kinematics(self._model, self._data)
        rows = [part.body for part in self.parts]
        turned = quat_from_matrix(self._data.xmat[rows].reshape(-1, 3, 3))
        return list(zip(self._data.xpos[rows].copy(), turned, strict=True))

    def _follow(self, told: Mapping[str, float]) -> None:
        """Bring joints that follow others along, unless somebody tells where they are."""
        untold = [e for e in self._followers if joint_name(self._model, e.follower or 0) not in told]
        if untold:
            rows, joints = [e.row for e in untold], [e.follower or 0 for e in untold]
            Followers(self._mujoco, self._model, rows, joints).settle(self._data.qpos)
