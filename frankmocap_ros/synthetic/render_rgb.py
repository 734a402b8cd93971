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

"""Drawing the figure of ``synthetic/human.py``: shaded capsules before a plain room.

BlazePose takes it for a person, left and right as they are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.hand_shape import TIPS, shapes_of_joints
from frankmocap_ros.body.kinematics import Posed
from frankmocap_ros.body.skeleton import BODY_WITH_HANDS, FINGERS, HAND_POINTS, SIDES
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array, quat_rotate
from frankmocap_ros.synthetic.human import FLOOR_M, HumanPose

Pixels = NDArray[np.uint8]
Color = tuple[int, int, int]

_SKIN, _HAIR, _SHOES, _DARK = (140, 172, 222), (38, 48, 66), (48, 44, 44), (40, 44, 60)
_SHIRTS: tuple[Color, ...] = ((168, 104, 48), (72, 92, 176))
_TROUSERS: tuple[Color, ...] = ((96, 80, 70), (84, 100, 92))
_SHIFT = 4  # OpenCV's fixed point: 1/16 px
# Of a capsule from the rim inwards: share of the radius, shift towards the light, brightness.
_RINGS = ((1.0, 0.0, 0.72), (0.72, 0.16, 0.92), (0.35, 0.3, 1.12))
_FLAT = ((1.0, 0.0, 1.0),)


@dataclass(frozen=True)
class _Capsule:
    """A limb between two of ``drawn_points``; radius as a share of body height."""

    start: int
    end: int
    radius: float
    paint: str


def _capsules() -> tuple[_Capsule, ...]:
    index = dict(BODY_WITH_HANDS.index)
    tips = [f"{side}_{HAND_POINTS[row]}" for side in SIDES for row in TIPS]
    index |= {name: len(BODY_WITH_HANDS) + i for i, name in enumerate(tips)}
    limbs = (
        ("hip", "knee", 0.042, "trousers"),
        ("knee", "ankle", 0.030, "trousers"),
        ("ankle", "foot", 0.022, "shoes"),
        ("shoulder", "elbow", 0.028, "shirt"),
        ("elbow", "wrist", 0.022, "skin"),
        ("wrist", "hand", 0.016, "skin"),
        ("wrist", "thumb1", 0.012, "skin"),
        ("index1", "pinky1", 0.008, "skin"),
    )
    sides = [
        _Capsule(index[f"{side}_{a}"], index[f"{side}_{b}"], radius, paint)
        for side in SIDES
        for a, b, radius, paint in limbs
    ]
    fingers = [
        _Capsule(index[f"{s}_{f}{k}"], index[f"{s}_{f}{k + 1}"], 0.0055, "skin")
        for s in SIDES
        for f in FINGERS
        for k in (1, 2, 3)
    ]
    middle = [
        _Capsule(index["left_hip"], index["right_hip"], 0.045, "trousers"),
        _Capsule(index["neck"], index["head"], 0.030, "skin"),
    ]
    return (*sides, *fingers, *middle)


CAPSULES = _capsules()
"""Limbs, fingers, hips and neck; torso and head are drawn in their own ways."""
_STARTS = np.array([c.start for c in CAPSULES])
_ENDS = np.array([c.end for c in CAPSULES])
TORSO = [BODY_WITH_HANDS.index[n] for n in ("left_shoulder", "right_shoulder", "right_hip", "left_hip")]
"""Joints at the corners of the torso, around it."""
_SPINE = [BODY_WITH_HANDS.index[n] for n in ("spine3", "pelvis")]
HEAD = BODY_WITH_HANDS.index["head"]
HEAD_POINTS = np.array([
    (0.0, 0.045, 0.008), (0.0, 0.064, -0.006),
    (0.018, 0.053, 0.046), (-0.018, 0.053, 0.046), (0.0, 0.036, 0.054), (0.0, 0.012, 0.046),
])  # fmt: skip
"""Points of the head in its own frame, shares of body height: middle, crown, then what a face has."""
WALL_M = 5.0
"""How far away the wall of the room is [m]."""


def drawn_points(pose: HumanPose) -> Array:
    """Joints, then tips of the left fingers and of the right ones, shape (64, 3) [m]."""
    sure = np.ones(len(pose.positions))
    posed = Posed(pose.positions, pose.orientations_xyzw, pose.local_rotations_xyzw, sure, sure)
    wrists = (pose.positions[BODY_WITH_HANDS.index[f"{side}_wrist"]] for side in SIDES)
    hands = zip(shapes_of_joints(posed), wrists, strict=True)
    return np.concatenate([pose.positions, *(h.points[TIPS] + at for h, at in hands if h is not None)])


def render(poses: Sequence[HumanPose], camera: Camera, background: Pixels | None = None) -> Pixels:
    """Draw the people as ``camera`` sees them, the nearest last.

    Args:
        poses: the people of ``figure.scene``.
        camera: its size is the image's.
        background: shape (H, W, 3), BGR, uint8, not written to; None is a plain room.

    Returns:
        A new image, shape (H, W, 3), BGR, uint8.
    """
    image: Pixels = (room(camera) if background is None else background).copy()
    for pose in sorted(poses, key=lambda p: -float(p.positions[0, 2])):
        _draw_person(image, pose, camera)
    return image


@lru_cache(maxsize=4)
def room(camera: Camera) -> Pixels:
    """A wall and a floor, shape (H, W, 3), BGR, uint8; read-only."""
    edge_y = camera.fy * FLOOR_M / WALL_M + camera.cy
    y, x = np.mgrid[0 : camera.height, 0 : camera.width].astype(np.float32)
    light = 1.0 - 0.25 * np.hypot(x / camera.width - 0.35, y / camera.height - 0.3)
    wall, floor = np.array((196, 204, 206), np.float32), np.array((116, 136, 156), np.float32)
    colors = np.where((y < edge_y)[..., None], wall, floor) * light[..., None]
    image: Pixels = colors.astype(np.uint8)
    image.flags.writeable = False
    return image


def _draw_person(image: Pixels, pose: HumanPose, camera: Camera) -> None:
    """Draw one person, far parts first."""
    points = drawn_points(pose)
    pixels, depths = camera.project(points), points[:, 2]
    scale = camera.fx * pose.height_m / np.maximum(depths, 0.1)  # pixels per body height, at each joint
    shirt, trousers = _SHIRTS[pose.person % len(_SHIRTS)], _TROUSERS[pose.person % len(_TROUSERS)]
    paints: dict[str, Color] = {"skin": _SKIN, "shoes": _SHOES, "shirt": shirt, "trousers": trousers}
    parts: list[tuple[float, Callable[[], None]]] = [
        (float(depths[TORSO].mean()), lambda: _draw_torso(image, pixels, float(scale[0]), shirt)),
        (float(depths[HEAD]), lambda: _draw_head(image, pose, camera)),
    ]
    for capsule, depth in zip(CAPSULES, 0.5 * (depths[_STARTS] + depths[_ENDS]), strict=True):

        def draw(c: _Capsule = capsule) -> None:
            _draw_capsule(image, pixels[[c.start, c.end]], c.radius * float(scale[c.start]), paints[c.paint])

        parts.append((float(depth), draw))
    for _, draw_part in sorted(parts, key=lambda part: -part[0]):
        draw_part()


def _fixed(pixels: Array) -> NDArray[np.int32]:
    """OpenCV's fixed-point coordinates: 0 is the middle of the first pixel, a camera's 0 its corner."""
    return np.asarray(np.round((np.clip(pixels, -1e4, 1e4) - 0.5) * (1 << _SHIFT)), dtype=np.int32)


def _shade(color: Color, factor: float) -> Color:
    b, g, r = (min(int(c * factor), 255) for c in color)
    return b, g, r


def _draw_capsule(image: Pixels, ends: Array, radius_px: float, color: Color) -> None:
    """A rounded rod lit from the upper left."""
    for share, shift, light in _RINGS if radius_px > 3.0 else _FLAT:
        a, b = _fixed(ends - shift * radius_px).tolist()
        width = max(round(2.0 * share * radius_px), 1)
        cv2.line(image, a, b, _shade(color, light), width, cv2.LINE_8, _SHIFT)


def _draw_torso(image: Pixels, pixels: Array, scale: float, color: Color) -> None:
    """Chest and belly: a rounded quadrilateral, and a rod down the spine that keeps its width in profile."""
    corners = pixels[TORSO]
    for share, shift, light in ((1.0, 0.0, 0.72), (0.7, 0.008, 0.92), (0.35, 0.015, 1.05)):
        middle = corners.mean(axis=0)
        points = _fixed(middle + (corners - middle) * (0.5 + 0.5 * share) - shift * scale)
        lit, border = _shade(color, light), round(0.076 * share * scale) + 1
        cv2.polylines(image, [points], True, lit, border, cv2.LINE_8, _SHIFT)
        cv2.fillConvexPoly(image, cv2.convexHull(points), lit, cv2.LINE_8, _SHIFT)
        _draw_line(image, pixels[_SPINE] - shift * scale, 0.13 * share * scale, lit)


def _draw_line(image: Pixels, ends: Array, width_px: float, color: Color) -> None:
    a, b = _fixed(ends).tolist()
    cv2.line(image, a, b, color, max(round(width_px), 1), cv2.LINE_8, _SHIFT)


def _draw_head(image: Pixels, pose: HumanPose, camera: Camera) -> None:
    """Hair behind or before the face, whichever is nearer, and eyes, nose and mouth where they are seen."""
    points = pose.positions[HEAD] + quat_rotate(pose.orientations_xyzw[HEAD], HEAD_POINTS * pose.height_m)
    scale = camera.fx * pose.height_m / max(float(points[0, 2]), 0.1)
    up = camera.project(points[1]) - camera.project(pose.positions[HEAD])
    tilt_deg = float(np.degrees(np.arctan2(up[0], -up[1])))
    middle, crown, *face = camera.project(points)

    def ellipse(at: Array, wide: float, tall: float, color: Color) -> None:
        axes = (max(round(wide * scale * (1 << _SHIFT)), 1), max(round(tall * scale * (1 << _SHIFT)), 1))
        cv2.ellipse(image, _fixed(at).tolist(), axes, tilt_deg, 0, 360, color, -1, cv2.LINE_8, _SHIFT)

    skull = [(middle, 0.046, 0.064, _shade(_SKIN, 0.82)), (middle - 0.008 * scale, 0.034, 0.050, _SKIN)]
    hair = [(crown, 0.050, 0.056, _HAIR)]
    looks_away = points[1, 2] < points[0, 2]
    for part in skull + hair if looks_away else hair + skull:
        ellipse(*part)
    for k, (wide, tall) in enumerate(((0.008, 0.005), (0.008, 0.005), (0.007, 0.009), (0.014, 0.004))):
        if points[2 + k, 2] < points[0, 2] - 0.008 * pose.height_m:
            ellipse(face[k], wide, tall, _shade(_SKIN, 0.7) if k == 2 else _DARK)
