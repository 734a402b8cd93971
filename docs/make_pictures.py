"""Makes the README's pictures: what the estimator finds in the synthetic figure, and the robot beside it.

MUJOCO_GL=egl python docs/make_pictures.py    (needs the extra robot, and Pillow, which scikit-image brings)
"""

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
from frankmocap_ros.teleop.inverse_kinematics.retargeter import load_retargeter
from frankmocap_ros.teleop.operator_state import OperatorState, Poses
from frankmocap_ros.teleop.robot.joint_controller import JointController
from frankmocap_ros.teleop.robot_map.robot_map import load_map
from frankmocap_ros.tracking.pipeline import Pipeline

IMAGES = Path(__file__).with_name("source") / "images"
TICKS = 3  # commands for each image
START_S, END_S = 8.0, 16.0  # one period of the motion, after the robot has come into the posture
EVERY = 4  # images for each picture: 7.5 pictures a second
SIDE_PX = 240
STILL_S = 12.6  # a moment with the right arm raised
GATE = {
    "align_s": 1.0, "arming_s": 0.3, "calm_speed": 5.0, "max_speed": 3.0, "max_acceleration": 60.0,
    "max_prediction_ms": 0.0,
}  # fmt: skip


class Robot:
    """The built-in robot, in whatever posture it is told."""

    def __init__(self) -> None:
        spec = mujoco.MjSpec.from_file(str(load_map("torso").model))
        spec.visual.headlight.ambient = (0.35, 0.35, 0.35)
        grey = (0.78, 0.8, 0.82)
        spec.add_texture(
            name="sky", type=mujoco.mjtTexture.mjTEXTURE_SKYBOX, builtin=mujoco.mjtBuiltin.mjBUILTIN_FLAT,
            rgb1=grey, rgb2=grey, width=32, height=192,
        )  # fmt: skip
        self._model = spec.compile()
        self._data = mujoco.MjData(self._model)
        self._renderer = mujoco.Renderer(self._model, 2 * SIDE_PX, 2 * SIDE_PX)
        self._camera = mujoco.MjvCamera()
        self._camera.lookat[:] = (0.0, 0.0, 1.2)
        self._camera.distance, self._camera.azimuth, self._camera.elevation = 2.6, 180.0, -5.0

    def picture(self, names: tuple[str, ...], joints: NDArray[np.float64]) -> NDArray[np.uint8]:
        """The robot from its front, shape (S, S, 3), RGB."""
        for name, position in zip(names, joints, strict=True):
            self._data.joint(name).qpos[0] = position
        mujoco.mj_forward(self._model, self._data)
        self._renderer.update_scene(self._data, self._camera)
        return np.asarray(self._renderer.render())


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


def main() -> None:
    """Write ``skeleton.jpg`` and ``robot.gif``."""
    config = updated(Settings(), {"estimator": "blazepose"})
    pipeline = Pipeline(make_estimator(config), config, time.perf_counter)
    source = open_source(CameraSettings(source="synthetic"))
    retargeter, robot = load_retargeter("torso"), Robot()
    joints = retargeter.home
    joint_controller = JointController(retargeter, lambda: joints, 0.0)
    controller = Controller(updated(GateSettings(), GATE), retargeter.targets, joint_controller.begin, 0.0)
    pictures, asked, number = [], False, 0
    while (image := source.read()) is not None and image.time_s < END_S:
        frame = pipeline.process(CameraImage(Bitmap(image.pixels), image.time_s, source.camera))
        if frame.bodies:
            controller.observe(seen(frame.bodies[0], controller.watched, image.time_s), image.time_s + 1e-3)
            asked = asked or not controller.request(image.time_s + 2e-3)
        for tick in range(1, TICKS + 1):
            command = controller.tick(image.time_s + tick / (TICKS * source.rate_hz))
            if command is not None:
                joints, _ = joint_controller.drive(command)
        number += 1
        drawn = image.pixels.copy()
        annotate(drawn, frame)
        if abs(image.time_s - STILL_S) < 0.5 / source.rate_hz:
            Image.fromarray(drawn[..., ::-1]).save(IMAGES / "skeleton.jpg", quality=88)
        if image.time_s >= START_S and number % EVERY == 0:
            both = Image.new("RGB", (2 * SIDE_PX, SIDE_PX))
            both.paste(square(drawn[..., ::-1]), (0, 0))
            both.paste(square(robot.picture(retargeter.joint_names, joints)), (SIDE_PX, 0))
            pictures.append(both)
    palette = pictures[len(pictures) // 2].quantize(
        80, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
    )
    flat = [p.quantize(palette=palette, dither=Image.Dither.NONE) for p in pictures]
    period_ms = round(1e3 * EVERY / source.rate_hz)
    path = IMAGES / "robot.gif"
    flat[0].save(path, save_all=True, append_images=flat[1:], duration=period_ms, loop=0, optimize=True)
    print(f"{path}: {len(pictures)} pictures, {path.stat().st_size / 1e3:.0f} kB; {controller.state.name}")


if __name__ == "__main__":
    main()
