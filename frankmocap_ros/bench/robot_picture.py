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

"""A robot in some postures beside a stick figure of the operator who asks for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.frames import BASE_FROM_REST
from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.geometry.rotation import Array, quat_rotate
from frankmocap_ros.synthetic.human import scene
from frankmocap_ros.teleop.inverse_kinematics.ik_model import IkModel, load_model
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter
from frankmocap_ros.teleop.robot_map.robot_map import RobotMap

_PANEL: Final = (480, 640)  # width and height [px]
_MARGIN: Final = 40
_STEPS: Final = 800
_STEP_S: Final = 0.01
_STRETCH: Final = 0.97
_AHEAD: Final = 0.95
_TURN_RAD: Final = np.radians(25.0)  # seen from ahead and a little from the left
_TABLE_TURN_RAD: Final = np.radians(65.0)  # from the side, where an arm on a table reaches to
_ROBOT, _PERSON, _PART, _TEXT = (200, 120, 40), (150, 150, 150), (40, 40, 220), (30, 30, 30)  # BGR


@dataclass(frozen=True, eq=False)
class Shown:
    """A posture to show.

    Attributes:
        title: of it.
        joints: shape (J,), of the robot [rad] or [m].
        arms: the operator's arms there: unit vectors from the left and the right shoulder; None for none.
    """

    title: str
    joints: Array
    arms: tuple[Array, Array] | None


def postures(robot: Retargeter) -> list[Shown]:
    """Home, the rest pose and a reach ahead, as the robot takes them; of a table arm, ways from home."""
    start = robot.poses(robot.home)
    shown = [Shown("home", robot.home, None)]
    wrists = np.array([t.joint.endswith(("wrist", "elbow")) for t in robot.targets])
    if robot.table_arm:
        for title, way in (("10 cm ahead", (0.1, 0.0, 0.0)), ("10 cm up", (0.0, 0.0, 0.1))):
            shown.append(
                Shown(title, _driven(robot, start.positions + np.array(way), start.orientations), None)
            )
        return shown
    lengths = np.array([t.robot_length for t in robot.targets])[:, None]
    left = np.array([[0.0, 1.0 if t.joint.startswith("left") else -1.0, 0.0] for t in robot.targets])
    ahead = np.tile((np.cos(0.3), 0.0, np.sin(0.3)), (len(left), 1))
    for title, ways, share in (("rest pose", left, _STRETCH), ("reach", ahead, _AHEAD)):
        goal = np.where(wrists[:, None], start.origins + share * lengths * ways, start.positions)
        turned = np.where(wrists[:, None] & (title == "rest pose"), start.rest, start.orientations)
        arms = (
            (np.array((0.0, 1.0, 0.0)), np.array((0.0, -1.0, 0.0))) if share == _STRETCH else (ahead[0],) * 2
        )
        shown.append(Shown(title, _driven(robot, goal, turned), arms))
    return shown


def _driven(robot: Retargeter, positions: Array, orientations: Array) -> Array:
    robot.start(robot.home)
    joints = robot.home
    for _ in range(_STEPS):
        joints, _ = robot.solve(positions, orientations, _STEP_S)
    return joints


def robot_picture(robot: RobotMap, retargeter: Retargeter) -> NDArray[np.uint8]:
    """The postures side by side, shape (H, W, 3), BGR.

    Args:
        robot: its map.
        retargeter: of the same map.
    """
    model = load_model(robot)
    space, data = model.space(), model.mujoco.MjData(model.model)
    turn_rad = _TABLE_TURN_RAD if robot.table_arm else _TURN_RAD
    panels = []
    for one in postures(retargeter):
        data.qpos[:] = space.whole(one.joints)
        model.mujoco.mj_kinematics(model.model, data)
        bones = _bones(model, data)
        parts = [t.part.position(data).copy() for t in model.parts]
        height_m = float(np.ptp(bones.reshape(-1, 3)[:, 2]))
        person = _person(bones, one.arms, max(height_m, 0.5)) if not robot.table_arm else np.zeros((0, 2, 3))
        panels.append(_panel(one, (bones, person), parts, turn_rad))
    return np.hstack(panels)


def _bones(model: IkModel, data: Any) -> Array:
    """Lines between bodies and those that carry them, shape (N, 2, 3) [m]."""
    parents = model.model.body_parentid
    rows = [b for b in range(1, model.model.nbody) if parents[b]]
    return np.array([(data.xpos[parents[b]], data.xpos[b]) for b in rows]).reshape(-1, 2, 3)


def _person(bones: Array, arms: tuple[Array, Array] | None, height_m: float) -> Array:
    """A stick figure to the right of a robot, as tall as it, shape (N, 2, 3) [m]."""
    figure = scene("wave", 0.0)[0]
    rest = figure.offsets[: len(BODY)].copy()
    at = np.zeros_like(rest)
    for parent, joint in BODY.bones:
        at[joint] = at[parent] + rest[joint]
    at = quat_rotate(BASE_FROM_REST, at)
    hanging = np.array((0.1, 0.0, -1.0))
    for side, way in zip(("left", "right"), arms or (hanging, hanging), strict=True):
        shoulder = at[BODY.index[f"{side}_shoulder"]].copy()
        for part in ("elbow", "wrist", "hand"):
            row = BODY.index[f"{side}_{part}"]
            at[row] = shoulder + way / np.linalg.norm(way) * np.linalg.norm(at[row] - shoulder)
    at *= height_m / np.ptp(at[:, 2])
    points = bones.reshape(-1, 3)
    at += np.array(
        (0.0, points[:, 1].max() - at[:, 1].min() + 0.15 * height_m, points[:, 2].min() - at[:, 2].min())
    )
    pairs = [(at[parent], at[joint]) for parent, joint in BODY.bones]
    return np.array(pairs).reshape(-1, 2, 3)


def _panel(
    shown: Shown, lines: tuple[Array, Array], parts: Sequence[Array], turn_rad: float
) -> NDArray[np.uint8]:
    """One posture: lines of the robot and of the person, shape (N, 2, 3) each, and the targets' parts."""
    bones, person = lines
    width, height = _PANEL
    image = np.full((height, width, 3), 255, np.uint8)
    points = np.concatenate([bones.reshape(-1, 3), person.reshape(-1, 3)])
    seen = _seen(points, turn_rad)
    low, high = seen.min(axis=0), seen.max(axis=0)
    scale = float(np.min((np.array(_PANEL) - 2 * _MARGIN) / np.maximum(high - low, 1e-3)))
    middle = 0.5 * (low + high)

    def px(at: Array) -> tuple[int, int]:
        x, y = (np.array(_PANEL) / 2 + scale * (_seen(at, turn_rad) - middle)).round().astype(int).tolist()
        return x, y

    for both, color, thickness in ((person, _PERSON, 2), (bones, _ROBOT, 5)):
        for start, end in both:
            cv2.line(image, px(start), px(end), color, thickness, cv2.LINE_AA)
    for part in parts:
        cv2.circle(image, px(part), 7, _PART, -1, cv2.LINE_AA)
    cv2.putText(image, shown.title, (12, 28), cv2.FONT_HERSHEY_SIMPLEX, 0.7, _TEXT, 2, cv2.LINE_AA)
    return image


def _seen(points: Array, turn_rad: float) -> Array:
    """Positions in the image of somebody who stands before the robot, shape (..., 2): x right, y down [m]."""
    cosine, sine = np.cos(turn_rad), np.sin(turn_rad)
    x, y, z = np.moveaxis(np.asarray(points), -1, 0)
    return np.stack([cosine * y - sine * x, 0.15 * (cosine * x + sine * y) - z], axis=-1)
