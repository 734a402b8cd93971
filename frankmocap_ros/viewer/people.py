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

"""What is drawn of people: lines, points and ellipsoids in the colors of their states. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.body.covariance import Ellipsoids, ellipsoids
from frankmocap_ros.body.drawing import COLORS_BGR, HELD_OPACITY
from frankmocap_ros.body.pose import Hand, JointState
from frankmocap_ros.body.skeleton import HAND_BONES, Skeleton
from frankmocap_ros.geometry.rotation import Array

_COLORS: Final = {int(state): np.array(bgr[::-1], np.uint8) for state, bgr in COLORS_BGR.items()}
_WHITE: Final = 255  # of the scene, into which what is held fades


@dataclass(frozen=True, eq=False)
class SeenBody:
    """A person as a message tells.

    Attributes:
        id: of the body.
        operator: whether it is the operator.
        estimator: what estimated it.
        skeleton: names and parents of J joints.
        positions: shape (J, 3), in the frame of the message [m].
        orientations_xyzw: shape (J, 4).
        states: shape (J,), values of ``JointState``.
        stddev: shape (J, 2), of the positions across and along the line of sight; NaN or 0 for unknown [m].
        camera_position: shape (3,), in the frame of the message [m].
        hands: in the frame of the message; empty where they are not estimated.
    """

    id: int
    operator: bool
    estimator: str
    skeleton: Skeleton
    positions: Array
    orientations_xyzw: Array
    states: NDArray[np.uint8]
    stddev: Array
    camera_position: Array
    hands: tuple[Hand, ...] = ()


def bones(bodies: Sequence[SeenBody]) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Every bone whose two ends are known: ends (N, 2, 3) [m], and colors (N, 2, 3) of the less sure end.

    Fingers are left to ``hand_bones`` where the body has hands.
    """
    ends, colors = [], []
    for body in bodies:
        for parent, joint in body.skeleton.bones_without_fingers if body.hands else body.skeleton.bones:
            if JointState.INVALID not in (body.states[joint], body.states[parent]):
                ends.append(body.positions[[parent, joint]])
                colors.append([_COLORS[int(max(body.states[joint], body.states[parent]))]] * 2)
    return _lines(ends, colors)


def hand_bones(bodies: Sequence[SeenBody]) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """The bones of every hand that is known: ends (N, 2, 3) [m], and colors (N, 2, 3); HELD ones are pale."""
    ends, colors = [], []
    for hand in (hand for body in bodies for hand in body.hands if hand.state != JointState.INVALID):
        color = _COLORS[int(hand.state)]
        if hand.state == JointState.HELD:
            color = np.round(HELD_OPACITY * color + (1.0 - HELD_OPACITY) * _WHITE).astype(np.uint8)
        ends.append(hand.points[np.array(HAND_BONES)])
        colors.append(np.broadcast_to(color, (len(HAND_BONES), 2, 3)))
    return _lines(ends, colors)


def _lines(ends: Sequence[Any], colors: Sequence[Any]) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    return np.array(ends, np.float32).reshape(-1, 2, 3), np.array(colors, np.uint8).reshape(-1, 2, 3)


def known_joints(bodies: Sequence[SeenBody], fingers: bool = True) -> tuple[Array, Array, NDArray[np.uint8]]:
    """Positions (N, 3) [m], orientations (N, 4) and colors (N, 3) of every joint that is known.

    Args:
        bodies: whose.
        fingers: also those of fingers of bodies that have hands.
    """
    rows = []
    for body in bodies:
        known = body.states != JointState.INVALID
        if body.hands and not fingers:
            shown = np.zeros_like(known)
            shown[list(body.skeleton.without_fingers)] = True
            known &= shown
        rows.append(known)
    if not bodies:
        return np.empty((0, 3)), np.empty((0, 4)), np.empty((0, 3), np.uint8)
    positions = [body.positions[k] for body, k in zip(bodies, rows, strict=True)]
    turned = [body.orientations_xyzw[k] for body, k in zip(bodies, rows, strict=True)]
    states = [body.states[k] for body, k in zip(bodies, rows, strict=True)]
    colors = np.array([_COLORS[int(state)] for state in np.concatenate(states)], np.uint8)
    return np.concatenate(positions), np.concatenate(turned), colors.reshape(-1, 3)


def known_ellipsoids(bodies: Sequence[SeenBody]) -> tuple[Ellipsoids, NDArray[np.uint8]]:
    """Where joints are within one standard deviation, and their colors (N, 3)."""
    found, colors = [], []
    for body in bodies:
        stddev = np.where((body.states != JointState.INVALID)[:, None], body.stddev, np.nan)
        found.append(ellipsoids(body.positions, stddev, body.camera_position))
        colors += [_COLORS[int(state)] for state in body.states[found[-1].rows]]
    if not found:
        found = [ellipsoids(np.empty((0, 3)), np.empty((0, 2)), np.zeros(3))]
    joined = Ellipsoids(
        *(
            np.concatenate([getattr(one, name) for one in found])
            for name in ("positions", "orientations_xyzw", "radii", "rows")
        )
    )
    return joined, np.array(colors, np.uint8).reshape(-1, 3)
