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

"""A fault that is put into messages, and which of them it meets."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.recording.bodies import ReceivedBodies

_SPELL_S: Final = (0.1, 0.8)  # a fault that comes and goes lasts so long at a time

Messages = list[ReceivedBodies]


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


def in_order(messages: Messages) -> Messages:
    """Messages in the order in which they are received."""
    return sorted(messages, key=lambda one: one.received_s)
