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

"""A command for a robot's joints, and what every controller looks at first: its names and its numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from frankmocap_ros.geometry.rotation import Array, Mask


@dataclass(frozen=True, eq=False)
class JointLimits:
    """What the joints can do. J joints; hinges in rad, slides in m.

    Attributes:
        names: J names.
        low: shape (J,), lower end of the range, -inf where there is none.
        high: shape (J,), upper end.
        speed: shape (J,), the highest speed, above 0 [1/s].
        gripping: those of grippers, which go on holding what they hold when commands end.
    """

    names: tuple[str, ...]
    low: Array
    high: Array
    speed: Array
    gripping: frozenset[str] = frozenset()

    @property
    def grips(self) -> Mask:
        """Which joints are of grippers, shape (J,)."""
        return np.array([name in self.gripping for name in self.names], dtype=bool)


@dataclass(frozen=True, eq=False)
class JointCommand:
    """A trajectory point.

    Attributes:
        names: of the joints, in any order.
        positions: one a joint.
        velocities: one a joint, or None.
        valid_s: its stamp: what time it is for, where no time is given from there on [s].
        from_start_s: how long after the stamp the joints are to be there [s].
    """

    names: Sequence[str]
    positions: Sequence[float]
    velocities: Sequence[float] | None
    valid_s: float
    from_start_s: float = 0.0


@dataclass(frozen=True)
class Refusal:
    """Why a command is not taken.

    Attributes:
        reason: short word to count by.
        text: with names and numbers.
    """

    reason: str
    text: str


class JointOrder:
    """Brings commands into the order of a robot's joints.

    Args:
        limits: of the robot's J joints; commands may leave out those of grippers, which stay.
    """

    def __init__(self, limits: JointLimits) -> None:
        self._own, self._optional = limits.names, limits.gripping
        self._names: tuple[str, ...] | None = None
        self._rows = np.zeros(0, dtype=int)
        self._order = np.zeros(0, dtype=int)

    def bad_names(self, command: JointCommand) -> Refusal | None:
        """Check names and lengths, and note where each joint is in the command."""
        own, names = self._own, tuple(command.names)
        for what, values in (("positions", command.positions), ("velocities", command.velocities)):
            if values is not None and len(values) != len(names):
                return Refusal("wrong_length", f"it has {len(values)} {what} for {len(names)} joints")
        if names == self._names:
            return None
        place = {name: i for i, name in enumerate(names)}
        if len(place) < len(names):
            twice = sorted({name for name in names if names.count(name) > 1})
            return Refusal("joint_twice", f"it names {_some(twice)} more than once")
        unknown = [name for name in names if name not in own]
        if unknown:
            return Refusal("unknown_joint", f"unknown joint {_some(unknown)}; known: {', '.join(own)}")
        missing = [name for name in own if name not in place and name not in self._optional]
        if missing:
            return Refusal("missing_joint", f"it lacks {_some(missing)}; every joint is needed")
        self._names, self._order = names, np.array([place[name] for name in own if name in place])
        self._rows = np.array([row for row, name in enumerate(own) if name in place])
        return None

    def arranged(self, command: JointCommand, stay: Array) -> tuple[Array, Array]:
        """Positions and velocities of a command with good names, shape (J,) each; zero where it has none.

        Args:
            command: the command.
            stay: shape (J,), where the joints stay that it leaves out.
        """
        positions, velocities = stay.copy(), np.zeros(len(stay))
        positions[self._rows] = np.asarray(command.positions, dtype=np.float64)[self._order]
        if command.velocities is not None:
            velocities[self._rows] = np.asarray(command.velocities, dtype=np.float64)[self._order]
        return positions, velocities

    def not_finite(self, positions: Array, velocities: Array) -> Refusal | None:
        """Check the numbers, shape (J,) each."""
        for what, values in (("position", positions), ("velocity", velocities)):
            bad = which(~np.isfinite(values))
            if bad is not None:
                return Refusal("not_finite", f"{self._own[bad]}: its {what} is {values[bad]}")
        return None


def which(mask: Mask) -> int | None:
    """The first that is true, or None."""
    return int(mask.argmax()) if mask.any() else None


def _some(names: Sequence[str]) -> str:
    more = len(names) - 3
    return ", ".join(names[:3]) + (f" and {more} more" if more > 0 else "")
