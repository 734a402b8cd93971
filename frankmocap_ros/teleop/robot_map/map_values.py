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

"""Reads the mappings of a robot's map; what is wrong is said with the file, the key and what is allowed."""

import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from frankmocap_ros.body.skeleton import BODY_WITH_HANDS, SIDES
from frankmocap_ros.errors import RobotError, shown

_LONGEST: Final = 80  # characters of a key
_LARGEST: Final = sys.float_info.max


class MapValues:
    """Reads one mapping of the file; every complaint names the file and the key.

    Attributes:
        values: what the file has.

    Args:
        path: the file.
        where: its place there, with dots; empty for the whole.
        values: what is there.
        keys: what may be there.

    Raises:
        RobotError: it is no mapping, or has other keys; so do all that read a value, for a wrong one.
    """

    def __init__(self, path: Path, where: str, values: object, keys: Sequence[str]) -> None:
        self._path, self._where = path, where
        if not isinstance(values, Mapping):
            raise self.wrong("", f"expected a mapping, got {shown(values)}")
        unknown = [str(key) for key in values if key not in keys]
        if unknown:
            raise self.wrong(unknown[0][:_LONGEST], f"is not known; allowed: {', '.join(keys)}")
        self.values = values

    def wrong(self, key: str, text: str) -> RobotError:
        """The error for a key of this mapping; the mapping itself for an empty one."""
        where = ".".join(part for part in (self._where, key) if part)
        return RobotError(f"{self._path}: {where + ': ' if where else ''}{text}")

    def inner(self, key: str, values: object, keys: Sequence[str]) -> "MapValues":
        """A reader of a mapping inside of this one."""
        return MapValues(self._path, ".".join(part for part in (self._where, key) if part), values, keys)

    def text(self, key: str, default: str | None = None) -> str:
        """A name."""
        value = self.values.get(key, default)
        if value is None:
            raise self.wrong(key, "is missing")
        if not isinstance(value, str):
            raise self.wrong(key, f"expected a name, got {shown(value)}")
        return value

    def flag(self, key: str) -> bool:
        """Whether something holds; not without it."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, f"expected true or false, got {shown(value)}")
        return value

    def choice(self, key: str, allowed: Sequence[str]) -> str:
        """One of the allowed words; the first without one."""
        value = self.values.get(key, allowed[0])
        if value not in allowed:
            raise self.wrong(key, f"expected {' or '.join(allowed)}, got {shown(value)}")
        return str(value)

    def number(self, key: str, default: float, least: float = 0.0) -> float:
        """A finite number, ``least`` or more."""
        return self.as_number(key, self.values.get(key, default), least)

    def as_number(self, key: str, value: object, least: float = -math.inf) -> float:
        """A value as a finite number, ``least`` or more; ``key`` is where it is from."""
        is_number = isinstance(value, int | float) and abs(value) <= _LARGEST  # not NaN
        if isinstance(value, bool) or not is_number or value < least:  # type: ignore[operator]
            at_least = f" of {least:g} or more" if math.isfinite(least) else ""
            raise self.wrong(key, f"expected a finite number{at_least}, got {shown(value)}")
        return float(value)  # type: ignore[arg-type]

    def names(self, key: str) -> tuple[str, ...]:
        """A list of names; empty without one."""
        value = self.values.get(key, ())
        if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
            raise self.wrong(key, f"expected a list of names, got {shown(value)}")
        return tuple(value)

    def sides(self, key: str, form: str) -> dict[str, object]:
        """A mapping from ``left`` and ``right`` to something; empty without one.

        Args:
            key: its key.
            form: what it holds for each side, in words.
        """
        value = self.values.get(key, {})
        if not isinstance(value, Mapping):
            raise self.wrong(key, f"expected a mapping from left or right to {form}, got {shown(value)}")
        for side in value:
            if side not in SIDES:
                raise self.wrong(f"{key}.{side}", f"is not known; allowed: {', '.join(SIDES)}")
        return {str(side): of_side for side, of_side in value.items()}

    def numbers(self, key: str, least: float = -math.inf) -> dict[str, float]:
        """A mapping from joints to numbers; empty without one."""
        value = self.values.get(key, {})
        if not isinstance(value, Mapping):
            raise self.wrong(key, f"expected a mapping from joint to number, got {shown(value)}")
        return {str(name): self.as_number(f"{key}.{name}", number, least) for name, number in value.items()}

    def human_joint(self, key: str, default: str | None = None) -> str:
        """A joint of the operator."""
        name = self.text(key, default)
        if name and name not in BODY_WITH_HANDS.index:
            raise self.wrong(key, f"unknown joint {shown(name)}; allowed: {', '.join(BODY_WITH_HANDS.names)}")
        return name
