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

"""What is drawn in the browser: people, the camera with its image, the gate's command, a robot.

The world is x ahead of the camera, y to its left, z up from the floor (REP 103). People are drawn below a
frame that stands where the camera is, in the optical frame's own numbers, unless they come in a level frame.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array, quat_from_matrix, quat_from_rotvec, quat_multiply
from frankmocap_ros.settings.viewer import ViewerSettings
from frankmocap_ros.viewer.people import SeenBody, bones, hand_bones, known_ellipsoids, known_joints

if TYPE_CHECKING:
    import viser

    from frankmocap_ros.viewer.robot import DrawnRobot

_OPTICAL: Final = quat_from_matrix(np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]))
_NOTHING: Final[Mapping[str, tuple[Array, Array]]] = {}
_GHOST: Final = (255, 170, 40)
_MESH: Final = (120, 140, 165)
_FEET: Final = ("left_ankle", "right_ankle", "left_foot", "right_foot")
_HEIGHT_M: Final = 1.2  # of a camera, until people's feet are seen
_SOLE_M: Final = 0.03  # below the lowest joint of a foot
_SETTLE: Final = 0.05  # share of the way to the feet that the floor goes with each picture


def wxyz(xyzw: Array) -> Array:
    """Quaternions as viser has them."""
    return np.asarray(np.roll(xyzw, 1, axis=-1))


def unit_sphere(around: int = 16, upwards: int = 8) -> tuple[Array, NDArray[np.uint32]]:
    """Vertices (V, 3) and triangles (F, 3) of a sphere of radius 1."""
    turn = np.linspace(0.0, 2.0 * np.pi, around, endpoint=False)
    height = np.linspace(0.0, np.pi, upwards + 1)[:, None]
    rings = np.stack(
        [np.sin(height) * np.cos(turn), np.sin(height) * np.sin(turn), np.cos(height) + 0.0 * turn], axis=-1
    )
    number = np.arange((upwards + 1) * around).reshape(upwards + 1, around)
    low, high = number[:-1], number[1:]
    low_next, high_next = np.roll(low, -1, axis=1), np.roll(high, -1, axis=1)
    faces = [np.stack([low, high, high_next], axis=-1), np.stack([low, high_next, low_next], axis=-1)]
    return rings.reshape(-1, 3), np.concatenate(faces).reshape(-1, 3).astype(np.uint32)


class Scene:
    """The three-dimensional part. Everything is for one thread.

    Args:
        server: where it is drawn.
        robot: what is drawn from joint states; None for none.
    """

    def __init__(self, server: "viser.ViserServer", robot: "DrawnRobot | None") -> None:
        self._scene: Any = server.scene
        scene = server.scene
        scene.set_up_direction("+z")
        server.initial_camera.position = (-0.75, -1.75, 1.8)
        server.initial_camera.look_at = (1.9, -0.1, 0.85)
        self._atomic = server.atomic
        scene.add_grid("/floor", 10.0, 10.0, position=(3.0, 0.0, 0.0), cell_size=0.5)
        self._camera = scene.add_frame("/camera", show_axes=False)
        self._people = scene.add_frame("/people", show_axes=False)
        self._up = np.array([0.0, -1.0, 0.0])
        self._height_m = _HEIGHT_M
        self._placed: tuple[ViewerSettings, float] | None = None
        self._frustum: Any = None
        self._drawn: dict[str, Any] = {}
        self._labels: dict[int, Any] = {}
        self._ghosts: dict[str, Any] = {}
        self._base = scene.add_frame("/robot", show_axes=False)
        self._robot = robot
        self._parts: list[Any] = []
        self._add_parts()
        self.axes = False
        """Whether to draw the joints' orientations."""
        self.ellipsoids = False
        """Whether to draw how far the joints may be off."""

    def place(self, config: ViewerSettings, bodies: Sequence[SeenBody]) -> None:
        """Put camera and robot where they stand."""
        if config.camera_height_m or config.axes == "level":
            self._height_m = config.camera_height_m or _HEIGHT_M
        else:
            low = [
                float(body.positions[i, 1])
                for body in bodies
                for i, name in enumerate(body.skeleton.names)
                if name in _FEET and body.states[i] == JointState.TRACKED
            ]
            if low:
                self._height_m += _SETTLE * (max(low) + _SOLE_M - self._height_m)
        placed = (config, round(self._height_m, 2))
        if placed == self._placed:
            return
        self._placed = placed
        pitch = quat_from_rotvec(np.array([0.0, np.radians(config.camera_pitch_deg), 0.0]))
        self._camera.wxyz = wxyz(quat_multiply(pitch, _OPTICAL))
        self._camera.position = (0.0, 0.0, self._height_m)
        level = config.axes == "level"
        self._people.wxyz = (1.0, 0.0, 0.0, 0.0) if level else self._camera.wxyz
        self._people.position = (0.0, 0.0, 0.0) if level else self._camera.position
        self._up = np.array([0.0, 0.0, 1.0]) if level else np.array([0.0, -1.0, 0.0])
        x, y, z, yaw_deg = config.robot_pose
        self._base.position = (x, y, z)
        self._base.wxyz = wxyz(quat_from_rotvec(np.array([0.0, 0.0, np.radians(yaw_deg)])))

    def people(self, bodies: Sequence[SeenBody]) -> None:
        """Draw these, and nobody else."""
        ends, colors = bones(bodies)
        of_hands, hand_colors = hand_bones(bodies)
        points, _, of_joints = known_joints(bodies, fingers=False)
        origins, turned, _ = known_joints(bodies if self.axes else ())
        with self._atomic():
            self._replace("bones", bool(len(ends)), {"points": ends, "colors": colors})
            self._replace("hands", bool(len(of_hands)), {"points": of_hands, "colors": hand_colors})
            joints: dict[str, NDArray[Any]] = {"points": points.astype(np.float32), "colors": of_joints}
            self._replace("joints", bool(len(points)), joints)
            axes: dict[str, NDArray[Any]] = {
                "batched_positions": origins.astype(np.float32),
                "batched_wxyzs": wxyz(turned),
            }
            self._replace("axes", bool(len(origins)), axes)
            self._draw_ellipsoids(bodies)
            self._label(bodies)

    def _draw_ellipsoids(self, bodies: Sequence[SeenBody]) -> None:
        found, colors = known_ellipsoids(bodies if self.ellipsoids else ())
        arrays: dict[str, NDArray[Any]] = {
            "batched_positions": found.positions.astype(np.float32),
            "batched_wxyzs": wxyz(found.orientations_xyzw).astype(np.float32),
            "batched_scales": found.radii.astype(np.float32),
            "batched_colors": colors,
        }
        self._replace("ellipsoids", bool(len(colors)), arrays)

    def _replace(self, name: str, wanted: bool, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Draw something in place of what was drawn; where it has as many parts only its numbers change."""
        handle = self._drawn.get(name)
        if not wanted:
            if handle is not None and handle.visible:
                handle.visible = False
            return
        if handle is not None and all(getattr(handle, k).shape == v.shape for k, v in arrays.items()):
            for key, value in arrays.items():
                setattr(handle, key, value)
            handle.visible = True
            return
        add: dict[str, Any] = {
            "bones": lambda path: self._scene.add_line_segments(path, thickness=0.035, **arrays),
            "hands": lambda path: self._scene.add_line_segments(path, thickness=0.012, **arrays),
            "joints": lambda path: self._scene.add_point_cloud(
                path, point_size=0.035, point_shape="circle", precision="float32", **arrays
            ),
            "axes": lambda path: self._scene.add_batched_axes(
                path, axes_length=0.09, axes_radius=0.006, **arrays
            ),
            "ellipsoids": lambda path: self._scene.add_batched_meshes_simple(
                path, *unit_sphere(), opacity=0.3, cast_shadow=False, receive_shadow=False, **arrays
            ),
            "mesh": lambda path: self._scene.add_point_cloud(
                path, colors=_MESH, point_size=0.008, point_shape="circle", precision="float32", **arrays
            ),
        }
        self._drawn[name] = add[name](f"/people/{name}")

    def _label(self, bodies: Sequence[SeenBody]) -> None:
        here = {body.id for body in bodies}
        for gone in self._labels.keys() - here:
            self._labels.pop(gone).remove()
        for body in bodies:
            known = body.positions[body.states != JointState.INVALID]
            text = f"{body.id}{' operator' if body.operator else ''} · {body.estimator}"
            label = self._labels.get(body.id)
            if label is None:
                label = self._labels[body.id] = self._scene.add_label(f"/people/person_{body.id}", text)
            if label.text != text:
                label.text = text
            label.visible = bool(len(known))
            if len(known):
                label.position = known[(known @ self._up).argmax()] + 0.25 * self._up

    def image(self, pixels: NDArray[np.uint8] | None, camera: Camera | None) -> None:
        """Show the camera's image, RGB, or hide it."""
        if pixels is None:
            if self._frustum is not None:
                self._frustum.visible = False
            return
        height, width = pixels.shape[:2]
        fov = camera.fov_rad[1] if camera is not None else 0.75
        if self._frustum is None:
            self._frustum = self._scene.add_camera_frustum(
                "/camera/image", fov, width / height, scale=0.45, format="jpeg", jpeg_quality=70,
                color=(90, 90, 90), thickness=0.008, cast_shadow=False, receive_shadow=False,
            )  # fmt: skip
        self._frustum.fov, self._frustum.aspect = fov, width / height
        self._frustum.image = pixels
        self._frustum.visible = True

    def mesh(self, points: NDArray[np.float32] | None) -> None:
        """Show the surface of bodies as points (N, 3), or hide it."""
        wanted = points is not None and bool(len(points))
        self._replace("mesh", wanted, {"points": points} if points is not None else {})

    def ghost(self, commands: Mapping[str, tuple[Array, Array]]) -> None:
        """Show where the gate wants each target: position [m] and orientation, in the robot's frame."""
        for gone in self._ghosts.keys() - commands.keys():
            self._ghosts.pop(gone).remove()
        for name, (position, xyzw) in commands.items():
            ghost = self._ghosts.get(name)
            if ghost is None:
                ghost = self._ghosts[name] = self._scene.add_frame(
                    f"/robot/command_{name}", axes_length=0.12, axes_radius=0.006, origin_radius=0.045,
                    origin_color=_GHOST,
                )  # fmt: skip
            ghost.position, ghost.wxyz = position, wxyz(xyzw)

    def robot(
        self, joints: Mapping[str, float], objects: Mapping[str, tuple[Array, Array]] = _NOTHING
    ) -> None:
        """Draw the robot with its joints at these places [rad] or [m], and objects of its scene.

        Raises:
            RobotError: its meshes cannot be read; told once, links stay capsules.
        """
        if self._robot is None:
            return
        changed = self._robot.refresh()
        with self._atomic():
            if changed:
                self._add_parts()
            self._robot.place(objects)
            for part, (position, xyzw) in zip(self._parts, self._robot.poses(joints), strict=True):
                part.position, part.wxyz = position, wxyz(xyzw)

    def _add_parts(self) -> None:
        """Draw the robot's parts in place of those before."""
        for drawn in self._parts:
            drawn.remove()
        robot = self._robot
        self._parts = [
            self._scene.add_mesh_simple(
                f"/robot/part{i}_{robot.body_name(part)}",
                part.vertices,
                part.faces,
                color=part.rgba[:3],
                opacity=part.rgba[3] if part.rgba[3] < 1.0 else None,
                flat_shading=False,
                side="double",  # what was reduced is not closed everywhere
            )
            for i, part in enumerate(robot.parts if robot is not None else ())
            if robot is not None
        ]
