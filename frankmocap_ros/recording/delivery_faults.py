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

"""Faults of messages on their way: stamps, losses, repetition, order and delay."""

from dataclasses import replace
from typing import Final

import numpy as np

from frankmocap_ros.recording.fault import Fault, Messages, in_order

_LATE_S: Final = (0.05, 0.4)
_DOUBLE_S: Final = (0.0, 0.1)  # so much later comes a message that comes twice


def stamps_off(messages: Messages, fault: Fault) -> Messages:
    """Put stamps ahead or behind, for moments."""
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


def dropped(messages: Messages, fault: Fault) -> Messages:
    """Leave messages out."""
    return [one for one, is_dropped in zip(messages, fault.chosen(messages), strict=True) if not is_dropped]


def doubled(messages: Messages, fault: Fault) -> Messages:
    """Let messages come twice."""
    found = list(messages)
    for one, comes_twice in zip(messages, fault.chosen(messages), strict=True):
        if comes_twice:
            later_s = float(fault.random.uniform(*_DOUBLE_S))
            found.append(replace(one, received_s=one.received_s + later_s))
    return in_order(found)


def out_of_order(messages: Messages, fault: Fault) -> Messages:
    """Let messages change places with the next."""
    found, chosen = list(messages), fault.chosen(messages)
    after = 0  # what has changed places is not carried on
    for i in range(len(messages) - 1):
        if chosen[i] and i >= after:
            first, second = messages[i], messages[i + 1]
            found[i] = replace(second, received_s=first.received_s)
            found[i + 1] = replace(first, received_s=second.received_s)
            after = i + 2
    return found


def late(messages: Messages, fault: Fault) -> Messages:
    """Let messages come late."""
    return in_order(
        [
            replace(one, received_s=one.received_s + float(fault.random.uniform(*_LATE_S))) if late else one
            for one, late in zip(messages, fault.chosen(messages), strict=True)
        ]
    )


def delayed(messages: Messages, fault: Fault) -> Messages:
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
