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

"""What a robot's map names in its model: bodies, sites, joints; and what it says where a name is wrong."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from frankmocap_ros.errors import RobotError
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.teleop.robot_map.robot_map import RobotMap
from frankmocap_ros.teleop.robot_model.model_source import ModelSource

_LISTED: Final = 20


@dataclass(frozen=True)
class RobotPart:
    """A site or a body of a model.

    Attributes:
        name: of it.
        kind: ``site`` or ``body``.
        row: its number.
        body: number of the body that it is, or that carries it.
    """

    name: str
    kind: str
    row: int
    body: int

    def position(self, data: Any) -> Array:
        """Where it is, shape (3,) [m]; a view of ``data``, an MjData."""
        return np.asarray((data.site_xpos if self.kind == "site" else data.xpos)[self.row])

    def matrix(self, data: Any) -> Array:
        """How it is turned, shape (3, 3)."""
        return np.asarray((data.site_xmat if self.kind == "site" else data.xmat)[self.row]).reshape(3, 3)


@dataclass(frozen=True)
class TargetParts:
    """What a target names in the model.

    Attributes:
        part: what follows.
        origin: the counterpart of the operator's origin.
        chain: the limb from there to the part; empty for none.
    """

    part: RobotPart
    origin: RobotPart
    chain: tuple[RobotPart, ...]


def numbers_by_name(one: Any, count: int) -> dict[str, int]:
    """Names of a kind of a model's elements -> numbers, such as of ``model.site`` and ``model.nsite``."""
    return {str(one(i).name): i for i in range(count) if one(i).name}


def target_parts(robot: RobotMap, model: Any) -> tuple[TargetParts, ...]:
    """What each target of a map names.

    Raises:
        RobotError: the model has no such part.
    """
    known = _known(model)
    found = []
    for target in robot.targets:
        where = f"targets.{target.name}"
        kind = "site" if target.is_site else "body"
        part = _part(robot, f"{where}.{kind}", target.part, {kind: known[kind]})
        origin = _part(robot, f"{where}.robot_origin", target.robot_origin, known)
        limb = [_part(robot, f"{where}.chain", name, known) for name in target.chain[:-1]]
        found.append(TargetParts(part, origin, (*limb, part) if limb else ()))
    return tuple(found)


def part_of(robot: RobotMap, model: Any, key: str, name: str) -> RobotPart:
    """The site of a name, or else the body.

    Args:
        robot: the map.
        model: the MjModel.
        key: of the map.
        name: that it has there.

    Raises:
        RobotError: the model has neither.
    """
    return _part(robot, key, name, _known(model))


def _known(model: Any) -> dict[str, dict[str, RobotPart]]:
    """The parts of a model by kind and name."""
    sites = numbers_by_name(model.site, model.nsite)
    return {
        "site": {name: RobotPart(name, "site", i, int(model.site_bodyid[i])) for name, i in sites.items()},
        "body": {n: RobotPart(n, "body", i, i) for n, i in numbers_by_name(model.body, model.nbody).items()},
    }


def _part(robot: RobotMap, key: str, name: str, kinds: Mapping[str, Mapping[str, RobotPart]]) -> RobotPart:
    """A part of that name, of the first kind that has one."""
    for known in kinds.values():
        if name in known:
            return known[name]
    everything: Sequence[str] = [n for known in kinds.values() for n in known]
    refuse_unknown(robot.model, key, " or ".join(kinds), [name], everything)
    raise AssertionError(name)


def refuse_unknown(
    model: ModelSource, key: str, kind: str, names: Iterable[str], known: Iterable[str]
) -> None:
    """Refuse names that are not known.

    Args:
        model: the file.
        key: of the map.
        kind: what is named, in words.
        names: that the map has.
        known: that the model has.

    Raises:
        RobotError: one of ``names`` is not in ``known``; says which there are.
    """
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise RobotError(f"{model}: {key}: it has no {kind} {', '.join(unknown)}; it has {listed(known)}")


def listed(names: Iterable[str]) -> str:
    """Names in words, in their alphabet's order; not endlessly many."""
    ordered = sorted(set(names))
    return (", ".join(ordered[:_LISTED]) or "none") + (", ..." if len(ordered) > _LISTED else "")
