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

"""Faults that are put into what a gate sees: by name, with an amount and a seed, the same every time."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from frankmocap_ros.body.skeleton import mirrored
from frankmocap_ros.errors import SettingError
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW
from frankmocap_ros.recording.bodies import ReceivedBodies
from frankmocap_ros.teleop.operator_joints import OperatorJoints
from frankmocap_ros.teleop.operator_state import Poses

ALL: Final = "all"
_SPELL_S: Final = (0.1, 0.8)  # a fault that comes and goes lasts so long at a time
_OTHERS_ID: Final = 1000  # added to an id, for somebody else's
_OTHERS_S: Final = 1.0  # the other person does what the operator did so much earlier,
_BESIDE_M: Final = np.array((0.7, 0.0, 0.0))  # from them
_LATE_S: Final = (0.05, 0.4)
_DOUBLE_S: Final = (0.0, 0.1)  # so much later comes a message that comes twice
_OTHER_SIDE: Final = {"left": "right", "right": "left"}
_LOST: Final = tuple(f"{side}_{part}" for side in _OTHER_SIDE for part in ("wrist", "elbow", "shoulder"))

Messages = list[ReceivedBodies]


@dataclass(frozen=True)
class FaultKind:
    """A fault that can be put in.

    Attributes:
        text: what it does, in a sentence.
        put: puts it into messages, with its amount, from a time on [s].
        amount: what its amount is, with its unit.
        usual: its amount where none is given.
        most: its highest amount; the least is above 0.
    """

    text: str
    put: "Callable[[Messages, Fault], Messages]"
    amount: str
    usual: float
    most: float


@dataclass(frozen=True, eq=False)
class Fault:
    """A fault as it is put in.

    Attributes:
        name: of its kind.
        amount: see its kind.
        start_s: from when on, since the episode's start [s].
        random: what is left to chance.
    """

    name: str
    amount: float
    start_s: float
    random: np.random.Generator

    def spells(self, messages: Messages) -> "list[int | None]":
        """For each message the number of the spell of the fault that it is in, from 0; None for none.

        Spells have together the share ``amount`` of the time.
        """
        found: list[int | None] = []
        number, from_s, to_s = -1, self.start_s, self.start_s
        for one in messages:
            while one.received_s >= to_s:
                long_s = float(self.random.uniform(*_SPELL_S))
                pause_s = long_s * (1.0 - self.amount) / self.amount * float(self.random.uniform(0.5, 1.5))
                number, from_s = number + 1, to_s + pause_s
                to_s = from_s + long_s
            found.append(number if one.received_s >= from_s else None)
        return found

    def chosen(self, messages: Messages) -> list[bool]:
        """Which messages it meets: the share ``amount`` of those from its start on, each by itself."""
        return [
            bool(self.random.random() < self.amount) and one.received_s >= self.start_s for one in messages
        ]


def _swapped(messages: Messages, fault: Fault) -> Messages:
    return [
        one if spell is None else replace(one, operator=_mirrored_names(one.operator))
        for one, spell in zip(messages, fault.spells(messages), strict=True)
    ]


def _mirrored_names(seen: OperatorJoints) -> OperatorJoints:
    """Everything of the left is called that of the right, and the other way round."""
    names = tuple(mirrored(name) for name in seen.names)
    hands = tuple(replace(hand, side=_OTHER_SIDE.get(hand.side, hand.side)) for hand in seen.state.hands)
    return OperatorJoints(names, replace(seen.state, hands=hands))


def _second_person(messages: Messages, fault: Fault) -> Messages:
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


def _joints_lost(messages: Messages, fault: Fault) -> Messages:
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


def _scaled(messages: Messages, fault: Fault) -> Messages:
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


def _frozen(messages: Messages, fault: Fault) -> Messages:
    found: Messages = []
    last, of = None, None
    for one, spell in zip(messages, fault.spells(messages), strict=True):
        if spell is None or last is None or of != spell:
            last, of = one, spell
            found.append(one)
        else:
            found.append(replace(one, operator=last.operator.at_time(one.operator.time_s)))
    return found


def _stamps_off(messages: Messages, fault: Fault) -> Messages:
    part = replace(fault, amount=0.5)
    found: Messages = []
    off_s: dict[int, float] = {}
    for one, spell in zip(messages, part.spells(messages), strict=True):
        if spell is not None:
            if spell not in off_s:
                off_s[spell] = fault.amount * (-1.0 if fault.random.random() < 0.5 else 1.0)
            one = replace(one, operator=one.operator.at_time(one.operator.time_s + off_s[spell]))  # noqa: PLW2901
        found.append(one)
    return found


def _dropped(messages: Messages, fault: Fault) -> Messages:
    return [one for one, is_dropped in zip(messages, fault.chosen(messages), strict=True) if not is_dropped]


def _doubled(messages: Messages, fault: Fault) -> Messages:
    found = list(messages)
    for one, comes_twice in zip(messages, fault.chosen(messages), strict=True):
        if comes_twice:
            later_s = float(fault.random.uniform(*_DOUBLE_S))
            found.append(replace(one, received_s=one.received_s + later_s))
    return _in_order(found)


def _out_of_order(messages: Messages, fault: Fault) -> Messages:
    found, chosen = list(messages), fault.chosen(messages)
    after = 0  # what has changed places is not carried on
    for i in range(len(messages) - 1):
        if chosen[i] and i >= after:
            first, second = messages[i], messages[i + 1]
            found[i] = replace(second, received_s=first.received_s)
            found[i + 1] = replace(first, received_s=second.received_s)
            after = i + 2
    return found


def _late(messages: Messages, fault: Fault) -> Messages:
    return _in_order(
        [
            replace(one, received_s=one.received_s + float(fault.random.uniform(*_LATE_S))) if late else one
            for one, late in zip(messages, fault.chosen(messages), strict=True)
        ]
    )


def _delayed(messages: Messages, fault: Fault) -> Messages:
    """All come later, by the amount and up to half as much again, and in their order."""
    found: Messages = []
    before_s = -np.inf
    for one in messages:
        if one.received_s >= fault.start_s:
            share = float(fault.random.uniform(1.0, 1.5))
            before_s = max(before_s, one.received_s + fault.amount * share)
            one = replace(one, received_s=before_s)  # noqa: PLW2901
        found.append(one)
    return found


def _in_order(messages: Messages) -> Messages:
    return sorted(messages, key=lambda one: one.received_s)


_TIME, _MESSAGES = "share of the time, up to 1", "share of the messages, up to 1"

# what the images show first, then what happens to messages on their way
FAULTS: Final[Mapping[str, FaultKind]] = {
    "swap": FaultKind("left and right are exchanged, for moments", _swapped, _TIME, 0.1, 1.0),
    "second_person": FaultKind(
        "another person is taken for the operator: every other time with an id of their own, else with the "
        "operator's", _second_person, _TIME, 0.1, 1.0,
    ),
    "joints_lost": FaultKind("some joints of the arms are not seen", _joints_lost, _TIME, 0.2, 1.0),
    "scale": FaultKind(
        "the person's size and distance jump by this factor and back", _scaled, "factor, up to 4", 1.3, 4.0
    ),
    "frozen": FaultKind("the camera repeats an image, with new stamps", _frozen, _TIME, 0.2, 1.0),
    "stamps": FaultKind(
        "stamps are ahead or behind, for moments", _stamps_off, "seconds, up to 10", 0.05, 10.0
    ),
    "dropped": FaultKind("messages do not come", _dropped, _MESSAGES, 0.2, 1.0),
    "doubled": FaultKind("messages come twice, up to 0.1 s apart", _doubled, _MESSAGES, 0.2, 1.0),
    "out_of_order": FaultKind("messages change places with the next", _out_of_order, _MESSAGES, 0.1, 1.0),
    "late": FaultKind("messages come 0.05 to 0.4 s late", _late, _MESSAGES, 0.1, 1.0),
    "delay": FaultKind(
        "all messages come later by this much and up to half as much again", _delayed, "seconds, up to 2",
        0.05, 2.0,
    ),
}  # fmt: skip
"""The faults by name, in the order in which they are put in."""


def parsed_faults(text: str) -> dict[str, float]:
    """Amounts of the faults that are asked for, by name, in the order in which they are put in.

    Args:
        text: names with or without an amount, such as ``swap,second_person:0.3``; ``all``; empty for none.

    Raises:
        SettingError: a name is not known or twice there, or an amount is out of range.
    """
    if text.strip() == ALL:
        return {name: kind.usual for name, kind in FAULTS.items()}
    asked: dict[str, float] = {}
    for one in filter(None, (part.strip() for part in text.split(","))):
        name, colon, number = one.partition(":")
        kind = FAULTS.get(name)
        if kind is None:
            raise SettingError(f"--inject {one}: no such fault; allowed: {', '.join(FAULTS)}, or {ALL} alone")
        if name in asked:
            raise SettingError(f"--inject {one}: {name} is there twice; leave one out")
        try:
            amount = float(number) if colon else kind.usual
        except ValueError:
            amount = np.nan
        if not 0.0 < amount <= kind.most:
            raise SettingError(f"--inject {one}: allowed: {name}:AMOUNT, {kind.amount}, above 0")
        asked[name] = amount
    return {name: asked[name] for name in FAULTS if name in asked}


def injected(
    messages: Sequence[ReceivedBodies], amounts: Mapping[str, float], seed: int, start_s: float
) -> Messages:
    """Messages with faults put in, in the order in which they are received.

    What is left to chance for one fault does not depend on which others there are.

    Args:
        messages: in order.
        amounts: of the faults, by name.
        seed: of chance, 0 or more.
        start_s: from when on, since the episode's start [s].
    """
    found = list(messages)
    for name in FAULTS:
        if name in amounts:
            random = np.random.default_rng([seed, zlib.crc32(name.encode())])
            found = FAULTS[name].put(found, Fault(name, amounts[name], start_s, random))
    return _in_order(found)
