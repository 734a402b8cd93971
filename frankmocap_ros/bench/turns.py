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

"""Rows measured in turns, so that the machine's mood is the same for all.

In its turn a row processes some images back to back. The first of them find caches and threads as the row
before left them and do not count.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from frankmocap_ros.bench.rows import Sample
from frankmocap_ros.errors import MocapError

FRAMES: Final = 15  # of a turn that count
SETTLE: Final = 3  # before them that do not
BEGIN: Final = 10  # that do not count before the first turn: nobody is followed yet

Tell = Callable[[str], None]


class Turning(Protocol):
    """Whatever processes images when its turn comes."""

    def turn(self, settle: int, count: int) -> Mapping[str, Any]:
        """Process ``settle`` images, then ``count`` that are measured.

        Returns:
            ``samples`` (each a ``Sample`` as a dict), ``energy_j``, ``rss_mb``.

        Raises:
            MocapError: it cannot go on.
        """


@dataclass
class Measurement:
    """What was measured of one row.

    Attributes:
        turns: samples of each turn; a row that failed has fewer turns than the others.
        rss_mb: the most memory, None where the system does not tell.
        energy_j: of all turns, None where the system does not tell.
        error: why it stopped, empty where it did not.
        records: of all images, those that do not count too, where the row tells poses.
    """

    turns: list[list[Sample]] = field(default_factory=list)
    rss_mb: float | None = None
    energy_j: float | None = None
    error: str = ""
    records: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def samples(self) -> list[Sample]:
        """Of all turns."""
        return [sample for turn in self.turns for sample in turn]

    def add(self, answer: Mapping[str, Any]) -> None:
        """Take what a turn gave."""
        self.turns.append([Sample(**sample) for sample in answer["samples"]])
        self.records += answer.get("records", ())
        if answer["rss_mb"] is not None:
            self.rss_mb = max(self.rss_mb or 0.0, answer["rss_mb"])
        if answer["energy_j"] is not None:
            self.energy_j = (self.energy_j or 0.0) + answer["energy_j"]


def turn_lengths(frames: int) -> list[int]:
    """How many images count in each turn, ``frames`` in all: even shares of at most ``FRAMES``."""
    turns = max(1, -(-frames // FRAMES))
    return [frames // turns + (i < frames % turns) for i in range(turns)]


def in_turns(rows: Mapping[str, Turning], frames: int, tell: Tell = lambda _: None) -> dict[str, Measurement]:
    """Measure rows on the same images.

    Args:
        rows: by name.
        frames: how many images of each count.
        tell: told of what cannot go on.
    """
    measured = {name: Measurement() for name in rows}
    names = list(rows)
    lengths = turn_lengths(frames)
    for number, count in enumerate(lengths):
        # there and back, so that no row always follows the same other
        for name in names if number % 2 == 0 else reversed(names):
            found = measured[name]
            if found.error:
                continue
            try:
                found.add(rows[name].turn(BEGIN if number == 0 else SETTLE, count))
            except MocapError as error:
                found.error = str(error)
                tell(f"{name}: {error}")
        tell(f"turn {number + 1} of {len(lengths)}")
    return measured
