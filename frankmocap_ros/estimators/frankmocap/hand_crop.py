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

"""Hands: crops around them, wrists in the body's tree, left hands by way of right ones.

The hand network knows right hands only. A left hand is shown to it mirrored, and what it says is mirrored
back. Its wrist rotation is the hand's in the camera frame; the body's tree wants it relative to the elbow.
"""

from dataclasses import dataclass
from typing import Literal, cast

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from frankmocap_ros.body.skeleton import BODY, FINGERS
from frankmocap_ros.geometry.rotation import Array, Mask

CROP_PX = 224
FINGER_JOINTS = 3 * len(FINGERS)

Side = Literal["left", "right"]

_MARGIN = 0.3  # of the square's height, on each side
_JOINT_MARGIN = 0.2  # of the longer side, on each side
_SMALLEST_PX = 4  # less than that of a hand is in the image: nothing to see
_MIRROR_ROTVEC = np.array([1.0, -1.0, -1.0])
_MIRROR_CAMERA = np.array([1.0, -1.0, 1.0])  # s, tx, ty


@dataclass(frozen=True, eq=False)
class HandCrop:
    """A hand as the network sees it.

    Attributes:
        pixels: shape (224, 224, 3), 8 bit, channel order as in the frame; mirrored where ``is_left``.
        scale: crop pixels per frame pixel.
        box_xywh: shape (4,), the part of the frame in the crop: min x, min y, width, height [px].
        is_left: whether this is a left hand, shown as a right one.
    """

    pixels: NDArray[np.uint8]
    scale: float
    box_xywh: NDArray[np.int64]
    is_left: bool


@dataclass(frozen=True, eq=False)
class HandParameters:
    """What the hand network says of N hands; MANO's shape, axis-angles [rad].

    Attributes:
        camera: shape (N, 3), scale s and translation tx, ty of the weak perspective in the crop, whose sides
            reach from -1 to 1: a point X lies at s (X + t).
        wrist_axis_angle: shape (N, 3), hand to camera frame.
        fingers: shape (N, 15, 3), parent-relative, in the order of ``skeleton.BODY_WITH_HANDS``.
        betas: shape (N, 10).
    """

    camera: Array
    wrist_axis_angle: Array
    fingers: Array
    betas: Array


def _integers(box_xywh: ArrayLike) -> tuple[int, int, int, int] | None:
    """Whole pixels of a box, or None where it is no box."""
    box = np.asarray(box_xywh, np.float64)
    if box.shape != (4,) or not np.isfinite(box).all():
        return None
    # Python's integers: a box of any size must neither overflow nor raise
    x, y, width, height = (int(value) for value in box)
    return (x, y, width, height) if width > 0 and height > 0 else None


def _used(box: tuple[int, int, int, int], frame_width: int, frame_height: int) -> tuple[int, int, int, int]:
    """Edges left, top, right, bottom of the part of the frame that goes into the crop [px]."""
    left, top, width, height = box
    right, bottom = left + width, top + height
    grow = abs(width - height) // 2
    if width > height:
        top, bottom = max(top - grow, 0), min(bottom + grow, frame_height)
    else:
        left, right = max(left - grow, 0), min(right + grow, frame_width)
    margin = int(_MARGIN * (bottom - top))
    return (
        max(left - margin, 0),
        max(top - margin, 0),
        min(right + margin, frame_width),
        min(bottom + margin, frame_height),
    )


def hand_crop(image: NDArray[np.uint8], box_xywh: ArrayLike, is_left: bool) -> HandCrop | None:
    """The crop of one hand, as FrankMocap's hand network was trained on.

    The box grows to a square along its short side, then by 0.3 of its height on each side, and ends at the
    frame. What lacks for a square is black at the right and the bottom. Left hands are mirrored last.

    Args:
        image: shape (H, W, C) or (H, W), 8 bit; the network wants BGR, which may as well be made of the crop.
        box_xywh: shape (4,), tight box around the hand: min x, min y, width, height [px].
        is_left: whether it is a left hand.

    Returns:
        None where the box is empty, not finite or outside of the frame, or where less than 4 px of it are in
        the frame.
    """
    box = _integers(box_xywh)
    if box is None:
        return None
    frame_height, frame_width = image.shape[:2]
    if box[0] >= frame_width or box[1] >= frame_height or box[0] + box[2] <= 0 or box[1] + box[3] <= 0:
        return None  # the margin alone may reach into the frame, the hand does not
    left, top, right, bottom = _used(box, frame_width, frame_height)
    width, height = right - left, bottom - top
    if min(width, height) < _SMALLEST_PX:
        return None
    side = max(width, height)
    part: cv2.typing.MatLike = image[top:bottom, left:right]
    if width != height:
        part = cv2.copyMakeBorder(part, 0, side - height, 0, side - width, cv2.BORDER_CONSTANT)
    pixels = cv2.resize(part, (CROP_PX, CROP_PX), interpolation=cv2.INTER_LINEAR)
    if is_left:
        pixels = cv2.flip(pixels, 1)
    used = np.array([left, top, width, height], np.int64)
    return HandCrop(cast(NDArray[np.uint8], pixels), CROP_PX / side, used, is_left)


def hand_box(joints_px: Array) -> Array | None:
    """Tight box around a hand whose joints are known from the body's projection.

    Args:
        joints_px: shape (K, 2), the wrist and the finger joints in the frame [px].

    Returns:
        shape (4,): min x, min y, width, height [px], grown by 0.2 of the longer side on each side; None
        where there is no joint, or one is not finite.
    """
    if not joints_px.size or not np.isfinite(joints_px).all():
        return None
    low, high = joints_px.min(axis=0), joints_px.max(axis=0)
    margin = _JOINT_MARGIN * float((high - low).max())
    return np.asarray(np.concatenate([low - margin, high - low + 2.0 * margin]), np.float64)


def unmirrored(parameters: HandParameters, is_left: Mask) -> HandParameters:
    """The parameters with those of left hands mirrored back.

    A reflection in x turns a rotation by (x, y, z) into one by (x, -y, -z); a point's x and the camera's tx
    change their sign; the shape stays.

    Args:
        parameters: of N hands, all as right ones.
        is_left: shape (N,), which of them are left hands.
    """
    left = np.asarray(is_left, bool)[:, None]
    rotvec = np.where(left, _MIRROR_ROTVEC, 1.0)
    return HandParameters(
        parameters.camera * np.where(left, _MIRROR_CAMERA, 1.0),
        parameters.wrist_axis_angle * rotvec,
        parameters.fingers * rotvec[:, None],
        parameters.betas,
    )


def wrist_local(body_rotations: Array, side: Side, wrist_rotation: Array) -> Array:
    """The parent-relative rotation that gives a wrist its global one ("copy and paste").

    With E the product of the body's rotations from the root to the elbow it is E^T W.

    Args:
        body_rotations: shape (J, 3, 3), J >= 20, parent-relative in ``skeleton.BODY``'s order; the root's
            is relative to the camera.
        side: ``"left"`` or ``"right"``.
        wrist_rotation: shape (3, 3), W, hand to camera frame.

    Returns:
        shape (3, 3), in place of joint ``left_wrist`` or ``right_wrist``.
    """
    joint = BODY.index[f"{side}_elbow"]
    result = np.asarray(wrist_rotation, np.float64)
    above = []
    while joint >= 0:
        above.append(joint)
        joint = BODY.parents[joint]
    for joint in reversed(above):
        result = np.asarray(body_rotations[joint], np.float64).T @ result
    return result
