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

"""Which instants of an episode teach something, and what was known at each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import SettingError
from frankmocap_ros.recording.recorded import Recorded
from frankmocap_ros.recording.roles import Roles
from frankmocap_ros.recording.samples import (
    NEVER_NS,
    Exclusions,
    Held,
    Integers,
    Mask,
    instants,
    latest,
)

DEFAULT_RATE_HZ: Final = 30  # of episodes without images
MAX_RATE_HZ: Final = 1000
GATE_STATES: Final = ("DISENGAGED", "ARMING", "ENGAGED", "HOLD", "FAULT")  # as in GateState
_ENGAGED: Final = GATE_STATES.index("ENGAGED")
_HOLD: Final = GATE_STATES.index("HOLD")
NO_GATE: Final = 255  # in place of a state where there is none


@dataclass(frozen=True)
class RowOptions:
    """How an episode becomes rows.

    Attributes:
        rate_hz: rows per second; None for the rate of the first camera's images, or 30.
        everything: also rows where the gate did not follow, the operator was lost or something is not known.
        shortest_s: parts that are shorter are left out [s].
        max_age_s: older states, bodies and images count as missing [s].

    Raises:
        SettingError: a number is out of range.
    """

    rate_hz: int | None = None
    everything: bool = False
    shortest_s: float = 1.0
    max_age_s: float = 0.5

    def __post_init__(self) -> None:
        if self.rate_hz is not None and not 1 <= self.rate_hz <= MAX_RATE_HZ:
            raise SettingError(f"rate: {self.rate_hz} is out of range; allowed: 1 .. {MAX_RATE_HZ} Hz")
        if not 0.0 <= self.shortest_s <= 3600.0:  # also for NaN
            raise SettingError(f"shortest: {self.shortest_s} is out of range; allowed: 0 .. 3600 s")
        if not 0.01 <= self.max_age_s <= 60.0:
            raise SettingError(f"max age: {self.max_age_s} is out of range; allowed: 0.01 .. 60 s")


@dataclass(frozen=True, eq=False)
class CameraRows:
    """A camera's images at R rows.

    Attributes:
        topic: of the images.
        messages: number of each row's image among the topic's messages, from 0, shape (R,); -1 for none.
        times_ns: when it came, shape (R,) [ns]; ``NEVER_NS`` for none.
    """

    topic: str
    messages: Integers
    times_ns: Integers


@dataclass(frozen=True, eq=False)
class Rows:
    """R rows of an episode.

    Attributes:
        rate_hz: rows per second within a part.
        times_ns: instant of each row, by the recorder's clock, shape (R,) [ns].
        parts: number of the contiguous part that each row belongs to, from 0, shape (R,).
        frames: number of each row within its part, from 0, shape (R,).
        gate: state of the gate, as in GateState, shape (R,); ``NO_GATE`` for none.
        operators: the operator's id, shape (R,); 0 for none.
        values: what was known, by what it is: state, velocity, action, target, base, grip, operator,
            operator_state.
        operator_frame: frame of the operator's positions.
        cameras: images, by the camera's name.
        seen: number of instants in the whole episode.
        left_out: number of instants that are no rows, by reason.
    """

    rate_hz: int
    times_ns: Integers
    parts: Integers
    frames: Integers
    gate: NDArray[np.uint8]
    operators: Integers
    values: Mapping[str, Held]
    operator_frame: str = ""
    cameras: Mapping[str, CameraRows] = field(default_factory=dict)
    seen: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)

    def part_slices(self) -> list[slice]:
        """The rows of each part."""
        edges = [*np.flatnonzero(self.frames == 0).tolist(), len(self.frames)]
        return [slice(first, end) for first, end in pairwise(edges)]


def rows_of(found: Recorded, roles: Roles, span_ns: tuple[int, int], options: RowOptions) -> Rows:
    """The rows of an episode.

    Args:
        found: its messages.
        roles: of its topics.
        span_ns: its start and end, by the recorder's clock [ns].
        options: of the rows.
    """
    rates = (found.image_rate(topic) for topic in roles.images)
    rate_hz = options.rate_hz or next((rate for rate in rates if rate), None) or DEFAULT_RATE_HZ
    rate_hz = min(rate_hz, MAX_RATE_HZ)
    at_ns = instants(*span_ns, rate_hz)
    whole = _all_instants(found, roles, at_ns, rate_hz)
    out = Exclusions(len(at_ns))
    if not options.everything:
        _exclude(out, whole, found, round(options.max_age_s * 1e9), f"older than {options.max_age_s:g} s")
    shortest = max(1, round(options.shortest_s * rate_hz))
    parts = out.parts(shortest, f"in a part shorter than {options.shortest_s:g} s")
    return replace(_chosen(whole, parts), left_out=out.counts)


def _all_instants(found: Recorded, roles: Roles, at_ns: Integers, rate_hz: int) -> Rows:
    """What was known at every instant, whether or not it becomes a row."""
    gate = _taken(found.gate_ns, found.gate_states, at_ns, NO_GATE)
    operators = _taken(found.bodies_ns, found.operators, at_ns, 0)
    values = {
        "state": found.state.at(at_ns),
        "velocity": found.velocity.at(at_ns),
        "operator": _where(found.operator.at(at_ns), operators > 0),
        "operator_state": _where(found.operator_states.at(at_ns), operators > 0),
    }
    # a command from before this engagement is no command: nothing followed it
    idle_ns = _last_idle(found, at_ns)
    for name, commands in (
        ("action", found.action), ("target", found.targets), ("base", found.base), ("grip", found.grips),
    ):  # fmt: skip
        held = commands.at(at_ns)
        values[name] = _where(held, held.times_ns > idle_ns[:, None])
    cameras = {}
    for topic, camera in roles.images.items():
        came_ns = found.image_times(topic)
        message = latest(came_ns, at_ns)
        cameras[camera] = CameraRows(topic, message, _or_never(came_ns, message))
    none = np.zeros(len(at_ns), np.int64)
    return Rows(
        rate_hz,
        at_ns,
        none,
        none,
        gate.astype(np.uint8),
        operators,
        values,
        found.operator_frame,
        cameras,
        seen=len(at_ns),
    )


def _exclude(out: Exclusions, rows: Rows, found: Recorded, max_age_ns: int, older: str) -> None:
    """Leave out every instant from which nothing is to be learned, each for its first reason."""
    at_ns = rows.times_ns
    out.leave_out(rows.gate == NO_GATE, "no gate state yet" if found.gate_ns else "no gate was recorded")
    for number, name in enumerate(GATE_STATES):
        if number != _ENGAGED:
            out.leave_out(rows.gate == number, f"gate {name}")
    out.leave_out(_age(found.gate_ns, at_ns) > max_age_ns, f"gate state {older}")
    if found.bodies_ns:
        out.leave_out(_age(found.bodies_ns, at_ns) > max_age_ns, f"bodies {older}")
        out.leave_out(rows.operators == 0, "operator lost")
    state = rows.values["state"]
    out.leave_out(np.any(at_ns[:, None] - state.times_ns > max_age_ns, axis=1), f"joint states {older}")
    out.leave_out(_unknown(state), "joint states are not numbers")
    for name in ("action", "target", "base", "grip"):
        out.leave_out(_unknown(rows.values[name]), f"no {name} commanded yet")
    for name, camera in rows.cameras.items():
        out.leave_out(at_ns - camera.times_ns > max_age_ns, f"image of {name} {older}")


def _unknown(held: Held) -> Mask:
    """Instants at which any of the columns is not known, shape (K,)."""
    return np.asarray(np.isnan(held.values).any(axis=1))


def _chosen(rows: Rows, parts: list[slice]) -> Rows:
    """The rows of some parts."""
    lengths = [part.stop - part.start for part in parts]
    index = np.concatenate([np.arange(p.start, p.stop) for p in parts] or [np.zeros(0, np.int64)])
    numbers = np.repeat(np.arange(len(parts), dtype=np.int64), lengths)
    frames = np.concatenate([np.arange(n) for n in lengths] or [np.zeros(0, np.int64)])
    take: Callable[[NDArray[Any]], NDArray[Any]] = lambda array: array[index]  # noqa: E731
    return replace(
        rows,
        times_ns=take(rows.times_ns),
        parts=numbers,
        frames=frames,
        gate=take(rows.gate),
        operators=take(rows.operators),
        values={n: Held(h.names, take(h.values), take(h.times_ns)) for n, h in rows.values.items()},
        cameras={n: CameraRows(c.topic, take(c.messages), take(c.times_ns)) for n, c in rows.cameras.items()},
    )


def _taken(came_ns: list[int], numbers: list[int], at_ns: Integers, none: int) -> Integers:
    """The latest of some numbers at each instant, shape (K,)."""
    index = latest(np.array(came_ns, np.int64), at_ns)
    return np.append(np.array(numbers, np.int64), none)[index]  # -1 is the last


def _or_never(came_ns: Integers, index: Integers) -> Integers:
    return np.append(came_ns, NEVER_NS)[index]


def _age(came_ns: list[int], at_ns: Integers) -> Integers:
    came = np.array(came_ns, np.int64)
    return at_ns - _or_never(came, latest(came, at_ns))


def _last_idle(found: Recorded, at_ns: Integers) -> Integers:
    """When the gate last said, by each instant, that no commands flow, shape (K,) [ns]."""
    came, states = np.array(found.gate_ns, np.int64), np.array(found.gate_states, np.int64)
    idle = came[~np.isin(states, (_ENGAGED, _HOLD))]
    return _or_never(idle, latest(idle, at_ns))


def _where(held: Held, known: Mask) -> Held:
    """Values where they are known, and NaN elsewhere; ``known`` has shape (K,) or (K, C)."""
    mask = known[:, None] if known.ndim == 1 else known
    return replace(held, values=np.where(mask, held.values, np.nan))
