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

"""What has a form of its own in a robot's map: parts with an offset, the base, and keep-out boxes."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from frankmocap_ros.errors import shown
from frankmocap_ros.teleop.robot_map.map_values import MapValues
from frankmocap_ros.teleop.robot_model.additions import AddedSite, Base, KeepOutBox

_UNIT: Final = 1e-3


def vector(reader: MapValues, key: str, default: Sequence[float] | None = None) -> tuple[float, float, float]:
    """Three numbers.

    Raises:
        RobotError: they are something else.
    """
    value = reader.values.get(key, default)
    if not isinstance(value, list | tuple) or len(value) != 3:
        raise reader.wrong(key, f"expected three numbers, got {shown(value)}")
    x, y, z = (reader.as_number(key, number) for number in value)
    return x, y, z


def rotation(reader: MapValues, key: str) -> tuple[float, float, float, float]:
    """A unit quaternion x y z w; the identity without one.

    Raises:
        RobotError: it is something else.
    """
    value = reader.values.get(key, (0.0, 0.0, 0.0, 1.0))
    if not isinstance(value, list | tuple) or len(value) != 4:
        raise reader.wrong(key, f"expected four numbers x, y, z, w, got {shown(value)}")
    x, y, z, w = (reader.as_number(key, number) for number in value)
    if abs(math.hypot(x, y, z, w) - 1.0) > _UNIT:
        raise reader.wrong(key, f"expected a unit quaternion x, y, z, w, got {shown(value)}")
    return x, y, z, w


def base(path: Path, values: object) -> Base:
    """Where the robot's base stands.

    Raises:
        RobotError: it is wrong.
    """
    reader = MapValues(path, "base", values, ("position", "rotation"))
    return Base(vector(reader, "position", (0.0, 0.0, 0.0)), rotation(reader, "rotation"))


def keep_out(path: Path, reader: MapValues) -> tuple[KeepOutBox, ...]:
    """The boxes that no commanded part enters.

    Raises:
        RobotError: one is wrong, or two have the same name.
    """
    values = reader.values.get("keep_out", ())
    if not isinstance(values, list | tuple):
        raise reader.wrong(
            "keep_out", f"expected a list of boxes {{name, center, size, rotation}}, got {shown(values)}"
        )
    found: dict[str, KeepOutBox] = {}
    for row, value in enumerate(values):
        box = MapValues(path, f"keep_out[{row}]", value, ("name", "center", "size", "rotation"))
        name, size = box.text("name"), vector(box, "size")
        if name in found:
            raise box.wrong("name", f"{name} names more than one box; give each its own name")
        if min(size) <= 0.0:
            raise box.wrong("size", f"expected three edge lengths above 0, got {shown(box.values['size'])}")
        found[name] = KeepOutBox(name, vector(box, "center"), size, rotation(box, "rotation"))
    return tuple(found.values())


class PartReader:
    """Reads names of parts, each with an offset or without; keeps the sites that they need.

    Attributes:
        sites: that the model needs for what was read.

    Args:
        path: the file.
        where: the target's place in it.
    """

    def __init__(self, path: Path, where: str) -> None:
        self._path, self._where = path, where
        self.sites: list[AddedSite] = []

    def offset(self, reader: MapValues, body: str) -> str:
        """Name of the site that stands for a body and the ``offset`` beside it."""
        return self._site(body, vector(reader, "offset"))

    def read(self, key: str, value: object) -> str:
        """A part: its name, or ``{body: name, offset: [x, y, z]}``.

        Raises:
            RobotError: it is neither.
        """
        if isinstance(value, str):
            return value
        reader = MapValues(self._path, f"{self._where}.{key}", value, ("body", "offset"))
        return self._site(reader.text("body"), vector(reader, "offset"))

    def _site(self, body: str, offset: tuple[float, float, float]) -> str:
        site = AddedSite(body, offset)
        self.sites.append(site)
        return site.name
