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

"""Bodies drawn into an image, for people to look at."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.pose import Body, Frame, Hand, JointState
from frankmocap_ros.body.skeleton import HAND_BONES
from frankmocap_ros.body.transform import image_of
from frankmocap_ros.geometry.rotation import Array

Color = tuple[int, int, int]

COLORS_BGR: dict[JointState, Color] = {
    JointState.TRACKED: (80, 220, 40),
    JointState.PREDICTED: (30, 180, 255),
    JointState.HELD: (60, 60, 230),
}
HELD_OPACITY = 0.4
"""Of a hand whose shape is an earlier one."""
_FLAT: Color = (200, 200, 200)
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)


def annotate(image_bgr: NDArray[np.uint8], frame: Frame, notes: Sequence[str] = ()) -> None:
    """Draw boxes, skeletons and hands in the colors of their states (gray without meters), and ids, in place.

    Fingers are drawn from the hands where a body in space has these, else from its joints.

    Args:
        image_bgr: shape (H, W, 3), the full image that ``frame`` is of; written to.
        frame: what was found in it.
        notes: lines for the upper left corner, such as age and rate.
    """
    height = image_bgr.shape[0]
    thick = max(1, round(height / 240))
    for body in frame.bodies:
        _draw_body(image_bgr, body, thick, body.id == frame.operator_id)
        for hand in body.hands:
            if hand.state != JointState.INVALID:
                _draw_hand(image_bgr, hand, image_of(hand.points, frame), thick)
    for line, note in enumerate(notes, 1):
        _write(image_bgr, note, (4 * thick, 12 * line * thick), thick)


def _draw_body(image_bgr: NDArray[np.uint8], body: Body, thick: int, is_operator: bool) -> None:
    states = body.states.tolist()
    skeleton, hands_apart = body.skeleton, body.has_3d and bool(body.hands)
    colors: list[Color | None] = [COLORS_BGR.get(JointState(state)) for state in states]
    if not body.has_3d:  # where something is in the image is all that is known
        colors = [_FLAT if known else None for known in (body.pixels != 0.0).any(axis=1).tolist()]
    pixels = [(round(x), round(y)) for x, y in body.pixels.tolist()]
    for parent, joint in skeleton.bones_without_fingers if hands_apart else skeleton.bones:
        color = colors[max(joint, parent, key=lambda end: states[end])]
        if color is not None and None not in (colors[joint], colors[parent]):
            cv2.line(image_bgr, pixels[parent], pixels[joint], color, thick, cv2.LINE_AA)
    for joint in skeleton.without_fingers if hands_apart else range(len(skeleton)):
        color = colors[joint]
        if color is not None:
            cv2.circle(image_bgr, pixels[joint], thick + 1, color, -1, cv2.LINE_AA)
    x, y, w, h = (round(v) for v in body.box_xywh.tolist())
    cv2.rectangle(image_bgr, (x, y), (x + w, y + h), _WHITE, max(1, thick // 2))
    role = " operator" if is_operator else ""
    _write(image_bgr, f"{body.id}{role} {body.estimator}", (x, max(12 * thick, y - 4 * thick)), thick)


def _draw_hand(image_bgr: NDArray[np.uint8], hand: Hand, pixels: Array, thick: int) -> None:
    """The bones of a hand whose points are at ``pixels`` (21, 2); of a HELD one the image shines through."""
    width = max(1, thick // 2)
    size = np.array(image_bgr.shape[1::-1])
    low = np.clip(np.floor(pixels.min(axis=0)) - width - 1, 0, size).astype(int)
    high = np.clip(np.ceil(pixels.max(axis=0)) + width + 2, 0, size).astype(int)
    if (low >= high).any():
        return  # beside the image
    part = image_bgr[low[1] : high[1], low[0] : high[0]]
    held = hand.state == JointState.HELD
    drawn = part.copy() if held else part
    ends = np.round(pixels - low).astype(int).tolist()
    for start, end in HAND_BONES:
        cv2.line(drawn, ends[start], ends[end], COLORS_BGR[hand.state], width, cv2.LINE_AA)
    if held:
        cv2.addWeighted(drawn, HELD_OPACITY, part, 1.0 - HELD_OPACITY, 0.0, dst=part)


def _write(image_bgr: NDArray[np.uint8], text: str, at: tuple[int, int], thick: int) -> None:
    """White text with a black edge; the edge is shifted text, as OpenCV 5 sets thicker text wider."""
    scale, width, edge = 0.25 * thick + 0.1, max(1, thick // 2), (thick + 1) // 2
    x, y = at
    shifts = [(dx, dy, _BLACK) for dx in (-edge, edge) for dy in (-edge, edge)]
    for dx, dy, color in (*shifts, (0, 0, _WHITE)):
        place = (x + dx, y + dy)
        cv2.putText(image_bgr, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, color, width, cv2.LINE_AA)
