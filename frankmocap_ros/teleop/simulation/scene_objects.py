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

"""What moves freely around a simulated robot: where it is, how it moves, and what it touches."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from frankmocap_ros.errors import RobotError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.robot_model.loader import import_mujoco
from frankmocap_ros.teleop.robot_model.scene import SCENE, object_bodies

_XYZW: Final = [4, 5, 6, 3]  # of a free joint's numbers, x y z and w x y z
_FREE: Final = 7, 6  # how many positions and velocities a free joint has


@dataclass(frozen=True, eq=False)
class ObjectPose:
    """One object, in the frame of the commands.

    Attributes:
        position: shape (3,), of its body's origin [m].
        orientation: shape (4,), x y z w.
        speed: of its origin [m/s].
    """

    position: Array
    orientation: Array
    speed: float


class SceneObjects:
    """Bodies with a free joint of one simulation. For its thread.

    Attributes:
        names: of the objects, as in the scene.

    Args:
        model: the MjModel.
        data: the MjData.
    """

    def __init__(self, model: Any, data: Any) -> None:
        self._mujoco = import_mujoco()
        self._model, self._data = model, data
        self._bodies = object_bodies(self._mujoco, model)
        self.names = tuple(self._bodies)
        joints = [int(model.body_jntadr[body]) for body in self._bodies.values()]
        self._qpos = {name: int(model.jnt_qposadr[j]) for name, j in zip(self.names, joints, strict=True)}
        self._dofs = {name: int(model.jnt_dofadr[j]) for name, j in zip(self.names, joints, strict=True)}

    def pose(self, name: str) -> ObjectPose:
        """Where an object is now.

        Raises:
            RobotError: there is no such object.
        """
        at, dof = self._known(name), self._dofs[name]
        numbers = np.array(self._data.qpos[at : at + _FREE[0]])
        speed = float(np.linalg.norm(self._data.qvel[dof : dof + 3]))
        return ObjectPose(numbers[:3], numbers[_XYZW], speed)

    def place(self, name: str, position: Array, yaw_rad: float = 0.0) -> None:
        """Put an object somewhere, upright and at rest.

        Args:
            name: of it.
            position: shape (3,), in the frame of the commands [m].
            yaw_rad: its turn about the vertical.

        Raises:
            RobotError: there is no such object.
        """
        at, dof = self._known(name), self._dofs[name]
        self._data.qpos[at : at + 3] = position
        self._data.qpos[at + 3 : at + _FREE[0]] = math.cos(0.5 * yaw_rad), 0.0, 0.0, math.sin(0.5 * yaw_rad)
        self._data.qvel[dof : dof + _FREE[1]] = 0.0
        self._mujoco.mj_forward(self._model, self._data)

    def touching(self, name: str) -> frozenset[str]:
        """Names of the bodies that an object touches now; those of the scene as in the scene.

        Raises:
            RobotError: there is no such object.
        """
        self._known(name)
        own, model, data = self._bodies[name], self._model, self._data
        pairs = model.geom_bodyid[data.contact.geom[: data.ncon]].tolist()
        others = {b if a == own else a for a, b in pairs if own in (a, b)}
        return frozenset(str(model.body(body).name).removeprefix(SCENE) for body in others)

    def _known(self, name: str) -> int:
        if name not in self._qpos:
            known = ", ".join(self.names) or "none; name a scene in the robot's map"
            raise RobotError(f"the scene has no object {name}; it has {known}")
        return self._qpos[name]
