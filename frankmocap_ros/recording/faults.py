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
from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.errors import SettingError
from frankmocap_ros.recording.bodies import ReceivedBodies
from frankmocap_ros.recording.delivery_faults import delayed, doubled, dropped, late, out_of_order, stamps_off
from frankmocap_ros.recording.fault import Fault, Messages, in_order
from frankmocap_ros.recording.sight_faults import frozen, joints_lost, scaled, second_person, swapped

ALL: Final = "all"


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
    put: Callable[[Messages, Fault], Messages]
    amount: str
    usual: float
    most: float


_TIME, _MESSAGES = "share of the time, up to 1", "share of the messages, up to 1"

# what the images show first, then what happens to messages on their way
FAULTS: Final[Mapping[str, FaultKind]] = {
    "swap": FaultKind("left and right are exchanged, for moments", swapped, _TIME, 0.1, 1.0),
    "second_person": FaultKind(
        "another person is taken for the operator: every other time with an id of their own, else with the "
        "operator's", second_person, _TIME, 0.1, 1.0,
    ),
    "joints_lost": FaultKind("some joints of the arms are not seen", joints_lost, _TIME, 0.2, 1.0),
    "scale": FaultKind(
        "the person's size and distance jump by this factor and back", scaled, "factor, up to 4", 1.3, 4.0
    ),
    "frozen": FaultKind("the camera repeats an image, with new stamps", frozen, _TIME, 0.2, 1.0),
    "stamps": FaultKind(
        "stamps are ahead or behind, for moments", stamps_off, "seconds, up to 10", 0.05, 10.0
    ),
    "dropped": FaultKind("messages do not come", dropped, _MESSAGES, 0.2, 1.0),
    "doubled": FaultKind("messages come twice, up to 0.1 s apart", doubled, _MESSAGES, 0.2, 1.0),
    "out_of_order": FaultKind("messages change places with the next", out_of_order, _MESSAGES, 0.1, 1.0),
    "late": FaultKind("messages come 0.05 to 0.4 s late", late, _MESSAGES, 0.1, 1.0),
    "delay": FaultKind(
        "all messages come later by this much and up to half as much again", delayed, "seconds, up to 2",
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
    return in_order(found)
