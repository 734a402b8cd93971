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

"""A figure whose hand is put somewhere: two bones of an arm, and the hand turned as asked."""

from dataclasses import replace
from typing import Final

import numpy as np

from frankmocap_ros.body.kinematics import forward_kinematics
from frankmocap_ros.body.skeleton import BODY_WITH_HANDS
from frankmocap_ros.geometry.rotation import (
    Array,
    cross,
    dot,
    frames,
    normalize,
    quat_conjugate,
    quat_from_matrix,
    quat_multiply,
)
from frankmocap_ros.synthetic.human import HumanPose

_J: Final = BODY_WITH_HANDS.index
_STRAIGHT: Final = 0.995  # of an arm's length: further away it cannot reach


def reaching(figure: HumanPose, side: str, wrist: Array, elbow_out: Array, hand_xyzw: Array) -> HumanPose:
    """The figure with one wrist elsewhere; what is out of reach is pointed at.

    Args:
        figure: how it stands.
        side: ``left`` or ``right``, the person's.
        wrist: shape (3,), where the wrist is to be, in the optical frame [m].
        elbow_out: shape (3,), the direction that the elbow bends out to.
        hand_xyzw: shape (4,), the wrist joint's orientation; identity is SMPL's rest pose.
    """
    shoulder, elbow, hand = (_J[f"{side}_{part}"] for part in ("shoulder", "elbow", "wrist"))
    upper, fore = (float(np.sqrt(dot(v, v))) for v in (figure.offsets[elbow], figure.offsets[hand]))
    at = figure.positions[shoulder]
    way = wrist - at
    far = float(np.clip(np.sqrt(dot(way, way)), abs(upper - fore) + 1e-3, _STRAIGHT * (upper + fore)))
    along = normalize(way)
    # where the elbow is on the way to the wrist, and how far beside it
    share = (upper**2 - fore**2 + far**2) / (2.0 * far)
    beside = normalize(elbow_out - dot(elbow_out, along) * along)
    bent = at + share * along + np.sqrt(max(upper**2 - share**2, 0.0)) * beside
    upper_way, fore_way = normalize(bent - at), normalize(at + far * along - bent)
    hinge = normalize(cross(upper_way, fore_way)) * (1.0 if side == "right" else -1.0)
    turned = [
        _turn(figure.offsets[elbow], upper_way, hinge),
        _turn(figure.offsets[hand], fore_way, hinge),
        hand_xyzw,
    ]
    local = figure.local_rotations_xyzw.copy()
    parent = figure.orientations_xyzw[_J[f"{side}_collar"]]
    for joint, turn in zip((shoulder, elbow, hand), turned, strict=True):
        local[joint] = quat_multiply(quat_conjugate(parent), turn)
        parent = turn
    positions, orientations = forward_kinematics(BODY_WITH_HANDS, figure.positions[0], local, figure.offsets)
    return replace(figure, positions=positions, orientations_xyzw=orientations, local_rotations_xyzw=local)


def _turn(bone: Array, direction: Array, hinge: Array) -> Array:
    """Rotation that brings a bone of the rest pose into a direction and the elbow's axis, y, to ``hinge``."""
    rest = frames(normalize(bone), np.array([0.0, 1.0, 0.0]))
    return np.asarray(quat_from_matrix(frames(direction, hinge) @ rest.T))
