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

"""Faults of what the images show: sides, people, joints and sizes that are taken for others."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from frankmocap_ros.body.skeleton import mirrored
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW
from frankmocap_ros.recording.fault import Fault, Messages
from frankmocap_ros.teleop.operator_joints import OperatorJoints
from frankmocap_ros.teleop.operator_state import Poses

_OTHERS_ID: Final = 1000  # added to an id, for somebody else's
_OTHERS_S: Final = 1.0  # the other person does what the operator did so much earlier,
_BESIDE_M: Final = np.array((0.7, 0.0, 0.0))  # from them
_OTHER_SIDE: Final = {"left": "right", "right": "left"}
_LOST: Final = tuple(f"{side}_{part}" for side in _OTHER_SIDE for part in ("wrist", "elbow", "shoulder"))


def swapped(messages: Messages, fault: Fault) -> Messages:
    """Exchange left and right, for moments."""
    return [
        one if spell is None else replace(one, operator=_mirrored_names(one.operator))
        for one, spell in zip(messages, fault.spells(messages), strict=True)
    ]


def _mirrored_names(seen: OperatorJoints) -> OperatorJoints:
    """Everything of the left is called that of the right, and the other way round."""
    names = tuple(mirrored(name) for name in seen.names)
    hands = tuple(replace(hand, side=_OTHER_SIDE.get(hand.side, hand.side)) for hand in seen.state.hands)
    return OperatorJoints(names, replace(seen.state, hands=hands))


def second_person(messages: Messages, fault: Fault) -> Messages:
    """Take another person for the operator, for moments: every other time with an id of their own."""
    found = list(messages)
    for i, (one, spell) in enumerate(zip(messages, fault.spells(messages), strict=True)):
        if spell is None or not one.operator.state.operator_id:
            continue
        earlier = next(
            (m for m in reversed(messages[:i]) if one.received_s - m.received_s >= _OTHERS_S), messages[0]
        )
        poses, state = earlier.operator.state.poses, one.operator.state
        beside = np.where(poses.valid[:, None], poses.positions + _BESIDE_M, 0.0)
        who = state.operator_id + (_OTHERS_ID if spell % 2 == 0 else 0)
        other = replace(
            earlier.operator.state,
            captured_s=state.captured_s,
            operator_id=who,
            poses=replace(poses, positions=beside),
        )
        found[i] = replace(one, operator=OperatorJoints(earlier.operator.names, other))
    return found


def joints_lost(messages: Messages, fault: Fault) -> Messages:
    """Some joints of the arms are not seen, for moments."""
    found: Messages = []
    lost: dict[int, tuple[str, ...]] = {}
    for one, spell in zip(messages, fault.spells(messages), strict=True):
        if spell is None:
            found.append(one)
            continue
        if spell not in lost:
            count = int(fault.random.integers(1, len(_LOST) + 1))
            lost[spell] = tuple(fault.random.permutation(_LOST)[:count].tolist())
        found.append(replace(one, operator=_without(one.operator, lost[spell])))
    return found


def _without(seen: OperatorJoints, names: Sequence[str]) -> OperatorJoints:
    """Joints are not seen."""
    there = np.array([name not in names for name in seen.names], dtype=bool)
    state, poses = seen.state, seen.state.poses
    left = Poses(
        np.where(there[:, None], poses.positions, 0.0),
        np.where(there[:, None], poses.orientations, IDENTITY_XYZW),
        np.where(there, poses.confidence, 0.0),
        poses.valid & there,
        poses.oriented & there,
    )
    return replace(seen, state=replace(state, poses=left, tracked=state.tracked & there))


def scaled(messages: Messages, fault: Fault) -> Messages:
    """Let the person's size and distance jump by a factor and back."""
    part = replace(fault, amount=0.5)
    return [
        one if spell is None else replace(one, operator=_at_scale(one.operator, fault.amount))
        for one, spell in zip(messages, part.spells(messages), strict=True)
    ]


def _at_scale(seen: OperatorJoints, factor: float) -> OperatorJoints:
    """Everybody is so much larger, and further from the camera: the image is the same."""
    state, poses = seen.state, seen.state.poses
    camera = state.camera_position
    positions = np.where(poses.valid[:, None], camera + factor * (poses.positions - camera), 0.0)
    return replace(seen, state=replace(state, poses=replace(poses, positions=positions)))


def frozen(messages: Messages, fault: Fault) -> Messages:
    """Repeat an image with new stamps, for moments."""
    found: Messages = []
    last, of = None, None
    for one, spell in zip(messages, fault.spells(messages), strict=True):
        if spell is None or last is None or of != spell:
            last, of = one, spell
            found.append(one)
        else:
            found.append(replace(one, operator=last.operator.at_time(one.operator.time_s)))
    return found
