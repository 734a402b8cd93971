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

"""Messages of an episode as rows at a fixed rate.

A row has what was known at its instant: the latest value that had come by then, never a later one. So a
policy that is trained on the rows sees what it would have had on the robot.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Numbers = Sequence[float] | NDArray[Any]

NEVER_NS: Final = -(2**62)  # time of what never came: older than anything [ns]
_S_IN_NS: Final = 1_000_000_000


@dataclass(frozen=True, eq=False)
class Held:
    """The latest values at K instants.

    Attributes:
        names: of the C columns.
        values: shape (K, C); NaN where nothing had come yet.
        times_ns: when each value had come, shape (K, C) [ns]; ``NEVER_NS`` where nothing had.
    """

    names: tuple[str, ...]
    values: Floats
    times_ns: Integers


class NamedValues:
    """Named numbers over time. Messages may differ in names: two drivers on a topic have joints each."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, ...], tuple[list[int], list[Numbers]]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """All names: those of one message in its order, whichever message came first."""
        return tuple(dict.fromkeys(name for group in sorted(self._groups) for name in group))

    def add(self, time_ns: int, names: Sequence[str], values: Numbers) -> None:
        """Add one message; the times of the same names must not decrease.

        Args:
            time_ns: when it came [ns].
            names: C names.
            values: C numbers.

        Raises:
            ValueError: there are not as many numbers as names.
        """
        if len(names) != len(values):
            raise ValueError(f"{len(names)} names and {len(values)} numbers")
        key = tuple(names)
        if key not in self._groups:
            self._groups[key] = ([], [])
        times, rows = self._groups[key]
        times.append(time_ns)
        rows.append(values)

    def at(self, instants_ns: Integers) -> Held:
        """The latest values at or before K instants, shape (K,) [ns]."""
        column_of = {name: column for column, name in enumerate(self.names)}
        shape = len(instants_ns), len(column_of)
        values, times_ns = np.full(shape, np.nan), np.full(shape, NEVER_NS, np.int64)
        for names, (times, rows) in self._groups.items():
            came_ns = np.array(times, np.int64)
            row = latest(came_ns, instants_ns)
            came = np.where(row >= 0, came_ns[row], NEVER_NS)
            table = np.asarray(rows, np.float64).reshape(len(rows), len(names))[row]
            for source, name in enumerate(names):
                column = column_of[name]
                newer = came > times_ns[:, column]
                values[newer, column] = table[newer, source]
                times_ns[newer, column] = came[newer]
        return Held(self.names, values, times_ns)


class Exclusions:
    """Which of K instants become rows, and why the others do not: each counts for its first reason.

    Attributes:
        kept: shape (K,).
        counts: number of instants by reason.

    Args:
        count: K.
    """

    def __init__(self, count: int) -> None:
        self.kept: Mask = np.ones(count, np.bool_)
        self.counts: dict[str, int] = {}

    def leave_out(self, which: NDArray[Any], reason: str) -> None:
        """Leave instants out.

        Args:
            which: shape (K,), true for those that it is about.
            reason: in words.
        """
        now = self.kept & which
        if now.any():
            self.counts[reason] = self.counts.get(reason, 0) + int(now.sum())
            self.kept &= ~now

    def parts(self, shortest: int, reason: str) -> list[slice]:
        """Contiguous parts of what is kept, in order; leaves shorter ones out.

        Args:
            shortest: number of instants.
            reason: for those of shorter parts.
        """
        edges = np.flatnonzero(np.diff(self.kept, prepend=False, append=False))
        found = [slice(int(first), int(end)) for first, end in edges.reshape(-1, 2)]
        for part in found:
            if part.stop - part.start < shortest:
                short = np.zeros_like(self.kept)
                short[part] = True
                self.leave_out(short, reason)
        return [part for part in found if part.stop - part.start >= shortest]


def latest(times_ns: Integers, instants_ns: Integers) -> Integers:
    """Index of the last time at or before each instant, shape (K,); -1 where there is none.

    Args:
        times_ns: shape (N,), not decreasing [ns].
        instants_ns: shape (K,) [ns].
    """
    return np.searchsorted(times_ns, instants_ns, side="right").astype(np.int64) - 1


def instants(start_ns: int, end_ns: int, rate_hz: int) -> Integers:
    """Instants at a fixed rate from a start to an end, both included, shape (K,) [ns].

    Each is rounded from the start on, so that rounding never adds up.
    """
    count = max(0, (end_ns - start_ns) * rate_hz // _S_IN_NS + 1)
    steps = np.arange(count, dtype=np.int64) * _S_IN_NS
    return start_ns + (steps + rate_hz // 2) // rate_hz


def rate_of(times_ns: Integers) -> int | None:
    """Rate of what came at these times, shape (N,) [ns], rounded [Hz]; None where fewer than two came.

    The median interval tells it, so that a pause does not count.
    """
    if len(times_ns) < 2:
        return None
    interval_ns = float(np.median(np.diff(times_ns)))
    return max(1, round(_S_IN_NS / interval_ns)) if interval_ns > 0 else None
