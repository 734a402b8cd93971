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

"""Makes the README's pictures: what the estimator finds in the synthetic figure, and the robot beside it.

MUJOCO_GL=egl FRANKMOCAP_ROBOTS_DIR=FOLDER python docs/make_pictures.py

Needs the extra robot, and Pillow, which scikit-image brings. FOLDER has unitree_g1/g1.xml: see
docs/source/robot.md.
"""

import os
import time
from pathlib import Path

import mujoco
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from frankmocap_ros.body.drawing import annotate
from frankmocap_ros.body.pose import Body, JointState
from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.estimators.registry import make_estimator
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.camera_image import CameraImage
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.settings.schema import updated
from frankmocap_ros.sources import open_source
from frankmocap_ros.teleop.controller import Controller
from frankmocap_ros.teleop.inverse_kinematics.ik_model import load_model
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter
from frankmocap_ros.teleop.operator_state import OperatorState, Poses
from frankmocap_ros.teleop.robot.joint_controller import JointController
from frankmocap_ros.teleop.robot_map.map_reading import load_map
from frankmocap_ros.tracking.pipeline import Pipeline

IMAGES = Path(__file__).with_name("source") / "images"
TICKS = 3  # commands for each image
START_S, END_S = 8.0, 16.0  # one period of the motion, after the robot has come into the posture
EVERY = 4  # images for each picture: 7.5 pictures a second
SIDE_PX = 240
BONE_M, SHORT_M, BONE_RGBA = 0.05, 0.02, (0.35, 0.45, 0.6, 1.0)
STILL_S = 12.6  # a moment with the right arm raised
GATE = {
    "align_s": 1.0, "arming_s": 0.3, "calm_speed": 5.0, "max_speed": 3.0, "max_acceleration": 60.0,
    "max_prediction_ms": 0.0,
}  # fmt: skip


class Robot:
    """A robot in whatever posture it is told: its shapes, or capsules along its links where there are none.

    Args:
        name: of its map.
        lookat: what the camera looks at [m].
        distance: from there [m].
        azimuth_deg: of the view, 180 from the front.
    """

    def __init__(
        self, name: str, lookat: tuple[float, float, float], distance: float, azimuth_deg: float = 180.0
    ) -> None:
        found = load_map(name)
        self.retargeter = Retargeter(found)
        ik = load_model(found)
        self._space = ik.space()
        self._bones = name != "torso"
        spec = mujoco.MjSpec() if self._bones else mujoco.MjSpec.from_file(str(found.model))
        spec.visual.headlight.ambient = (0.35, 0.35, 0.35)
        gray = (0.78, 0.8, 0.82)
        spec.add_texture(
            name="sky", type=mujoco.mjtTexture.mjTEXTURE_SKYBOX, builtin=mujoco.mjtBuiltin.mjBUILTIN_FLAT,
            rgb1=gray, rgb2=gray, width=32, height=192,
        )  # fmt: skip
        self._stage = spec.compile()
        self._model = ik.model if self._bones else self._stage
        self._staged, self._data = mujoco.MjData(self._stage), mujoco.MjData(self._model)
        self._renderer = mujoco.Renderer(self._stage, 2 * SIDE_PX, 2 * SIDE_PX)
        self._camera = mujoco.MjvCamera()
        self._camera.lookat[:] = lookat
        self._camera.distance, self._camera.azimuth, self._camera.elevation = distance, azimuth_deg, -5.0

    def picture(self, joints: NDArray[np.float64]) -> NDArray[np.uint8]:
        """The robot from its front, shape (S, S, 3), RGB.

        Args:
            joints: the commanded ones, shape (J,).
        """
        if self._bones:
            self._data.qpos[:] = self._space.whole(joints)
        else:
            for name, position in zip(self.retargeter.joint_names, joints, strict=True):
                self._data.joint(name).qpos[0] = position
        mujoco.mj_forward(self._model, self._data)
        mujoco.mj_forward(self._stage, self._staged)
        self._renderer.update_scene(self._staged if self._bones else self._data, self._camera)
        if self._bones:
            self._draw_bones()
        return np.asarray(self._renderer.render())

    def _draw_bones(self) -> None:
        scene, model, data = self._renderer.scene, self._model, self._data
        for body in range(2, model.nbody):
            start, end = data.xpos[model.body_parentid[body]], data.xpos[body]
            if np.linalg.norm(end - start) < SHORT_M:
                continue
            geom = scene.geoms[scene.ngeom]
            zeros = np.zeros(3)
            mujoco.mjv_initGeom(
                geom, mujoco.mjtGeom.mjGEOM_CAPSULE, zeros, zeros, np.eye(3).ravel(), np.float32(BONE_RGBA)
            )
            mujoco.mjv_connector(geom, mujoco.mjtGeom.mjGEOM_CAPSULE, BONE_M, start, end)
            scene.ngeom += 1


def seen(body: Body, names: tuple[str, ...], time_s: float) -> OperatorState:
    """What the gate hears of a body."""
    rows = [BODY.index[name] for name in names]
    states = body.states[rows]
    known = (states == JointState.TRACKED) | (states == JointState.PREDICTED)
    poses = Poses(body.positions[rows], body.orientations_xyzw[rows], body.confidence[rows], known, known)
    return OperatorState(time_s, body.id, poses, states == JointState.TRACKED)


def square(image: NDArray[np.uint8]) -> Image.Image:
    """The middle of an RGB image, as large as a picture's half."""
    height, width = image.shape[:2]
    left = (width - height) // 2
    return Image.fromarray(image[:, left : left + height]).resize(
        (SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS
    )


def write_still(image: NDArray[np.uint8], path: Path) -> None:
    """Write an RGB image."""
    Image.fromarray(image).save(path, quality=88)


def write_moving(pictures: list[Image.Image], period_ms: int, path: Path) -> None:
    """Write pictures one after the other."""
    palette = pictures[len(pictures) // 2].quantize(
        80, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
    )
    flat = [p.quantize(palette=palette, dither=Image.Dither.NONE) for p in pictures]
    flat[0].save(path, save_all=True, append_images=flat[1:], duration=period_ms, loop=0, optimize=True)
    print(f"{path}: {len(pictures)} pictures, {path.stat().st_size / 1e3:.0f} kB")


def follow(robot: Robot, name: str) -> None:
    """Write how a robot follows the synthetic figure; with the built-in one the figure's skeleton, too."""
    config = updated(Settings(), {"estimator": "blazepose", "variant": "heavy"})
    pipeline = Pipeline(make_estimator(config), config, time.perf_counter)
    source = open_source(CameraSettings(source="synthetic"))
    retargeter = robot.retargeter
    joints = retargeter.home
    joint_controller = JointController(retargeter, lambda: joints, 0.0)
    controller = Controller(updated(GateSettings(), GATE), retargeter.targets, joint_controller, 0.0)
    pictures, asked, number = [], False, 0
    while (image := source.read()) is not None and image.time_s < END_S:
        frame = pipeline.process(CameraImage(Bitmap(image.pixels), image.time_s, source.camera))
        if frame.bodies:
            controller.observe(seen(frame.bodies[0], controller.watched, image.time_s), image.time_s + 1e-3)
            asked = asked or not controller.request(image.time_s + 2e-3)
        for tick in range(1, TICKS + 1):
            command = controller.tick(image.time_s + tick / (TICKS * source.rate_hz))
            if command is not None and command.posture is not None:
                joints = command.posture.positions
        number += 1
        drawn = image.pixels.copy()
        annotate(drawn, frame)
        is_still = abs(image.time_s - STILL_S) < 0.5 / source.rate_hz
        if is_still and name == "robot":
            write_still(drawn[..., ::-1], IMAGES / "skeleton.jpg")
        if is_still or (image.time_s >= START_S and number % EVERY == 0):
            both = Image.new("RGB", (2 * SIDE_PX, SIDE_PX))
            both.paste(square(drawn[..., ::-1]), (0, 0))
            both.paste(square(robot.picture(joints)), (SIDE_PX, 0))
            if is_still and name != "robot":
                write_still(np.asarray(both), IMAGES / f"{name}.jpg")
            pictures.append(both)
    if name == "robot":
        write_moving(pictures, round(1e3 * EVERY / source.rate_hz), IMAGES / "robot.gif")
    print(f"{name}: {controller.state.name}")


def main() -> None:
    """Write ``skeleton.jpg``, ``robot.gif`` and, where its model is found, ``unitree_g1.jpg``."""
    follow(Robot("torso", (0.0, 0.0, 1.2), 2.6), "robot")
    if "FRANKMOCAP_ROBOTS_DIR" in os.environ:
        follow(Robot("unitree_g1_body", (0.0, 0.0, 0.7), 1.9, 195.0), "unitree_g1")


if __name__ == "__main__":
    main()
