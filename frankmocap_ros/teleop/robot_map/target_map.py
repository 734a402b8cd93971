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

"""One target of a robot's map: which part of the robot follows which joint of the operator."""

import math
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from frankmocap_ros.errors import shown
from frankmocap_ros.teleop.operator_state import TargetLimits
from frankmocap_ros.teleop.robot_map.map_parts import PartReader, rotation, vector
from frankmocap_ros.teleop.robot_map.map_values import MapValues
from frankmocap_ros.teleop.robot_model.additions import AddedSite, Base

_TARGET_KEYS: Final = (
    "joint", "origin", "site", "body", "offset", "robot_origin", "chain", "rotation", "position_cost",
    "orientation_cost", "limits",
)  # fmt: skip
_LIMIT_KEYS: Final = (
    "max_speed", "max_acceleration", "max_angular_speed", "max_angular_acceleration", "workspace_min",
    "workspace_max",
)  # fmt: skip
POSITION_COST: Final = 10.0
"""Of a target without one: beside it, the posture's costs and the damping of a map without any are small."""

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")  # what may be a part of a topic's name
FLOOR_M: Final = 0.02
"""A table arm's targets stay so far above its base, where the map says nothing else."""


@dataclass(frozen=True)
class TargetMap:
    """One part of the robot.

    Attributes:
        name: of its commands.
        joint: the operator's joint that it follows.
        origin: the operator's joint that positions are relative to.
        part: the robot's site or body.
        is_site: which of the two.
        robot_origin: the robot's site or body that is the counterpart of ``origin``.
        chain: the robot's sites or bodies from there to ``part``, along the limb; empty where lengths do not
            count.
        rotation_xyzw: the part's orientation in the base frame when the operator stands in SMPL's rest pose.
        position_cost, orientation_cost: weights, 0 for what does not count.
        limits: of its commands, where they are tighter than the gate's settings.
        sites: that the model gets for parts with an offset.
    """

    name: str
    joint: str
    origin: str
    part: str
    is_site: bool
    robot_origin: str
    chain: tuple[str, ...]
    rotation_xyzw: tuple[float, float, float, float]
    position_cost: float
    orientation_cost: float
    limits: TargetLimits
    sites: tuple[AddedSite, ...] = ()


def _limits(path: Path, where: str, values: object) -> TargetLimits:
    reader = MapValues(path, where, values, _LIMIT_KEYS)
    found: dict[str, Any] = {}
    for key, value in reader.values.items():
        if key.startswith("workspace"):
            found[key] = vector(reader, key)
        else:
            found[key] = reader.as_number(key, value, 0.0)
            if found[key] == 0.0:
                raise reader.wrong(key, "expected a number above 0; a target that stays needs no joint")
    return TargetLimits(**found)


def read_target(path: Path, name: str, values: object) -> TargetMap:
    """Read a target.

    Args:
        path: of the map.
        name: of the target.
        values: what the map says of it.

    Raises:
        RobotError: something is wrong; names the key.
    """
    reader = MapValues(path, f"targets.{name}", values, _TARGET_KEYS)
    if not _NAME.fullmatch(name):
        raise reader.wrong("", "expected a name of letters, digits and _, which begins with a letter")
    is_site = "site" in reader.values
    if is_site == ("body" in reader.values):
        raise reader.wrong("", "needs a site or a body of the model, one of the two")
    name_of_part = part = reader.text("site" if is_site else "body")
    parts = PartReader(path, f"targets.{name}")
    if "offset" in reader.values:
        if is_site:
            raise reader.wrong("offset", "needs a body, whose frame it is in")
        part, is_site = parts.offset(reader, part), True
    robot_origin = parts.read("robot_origin", reader.values.get("robot_origin", part))
    listed = reader.values.get("chain", ())
    if not isinstance(listed, list | tuple):
        raise reader.wrong("chain", f"expected a list of names, got {shown(listed)}")
    chain = tuple(parts.read("chain", one) for one in listed)
    if chain and chain[-1] == name_of_part:
        chain = (*chain[:-1], part)
    if chain and (len(chain) < 2 or (chain[0], chain[-1]) != (robot_origin, part)):
        raise reader.wrong("chain", f"expected parts of the robot from {robot_origin} to {part}, got {chain}")
    costs = (reader.number("position_cost", POSITION_COST), reader.number("orientation_cost", 0.0))
    if not any(costs):
        raise reader.wrong("position_cost", "and orientation_cost are both 0: nothing would follow")
    return TargetMap(
        name=name,
        joint=reader.human_joint("joint", name),
        origin=reader.human_joint("origin", ""),
        part=part,
        is_site=is_site,
        robot_origin=robot_origin,
        chain=chain,
        rotation_xyzw=rotation(reader, "rotation"),
        position_cost=costs[0],
        orientation_cost=costs[1],
        limits=_limits(path, f"targets.{name}.limits", reader.values.get("limits", {})),
        sites=tuple(parts.sites),
    )


def above_table(targets: tuple[TargetMap, ...], where: Base) -> tuple[TargetMap, ...]:
    """Targets that stay above the table that the robot's base stands on, where they name no floor."""
    floor_m = where.position[2] + FLOOR_M
    found = []
    for target in targets:
        x, y, z = target.limits.workspace_min
        z = z if math.isfinite(z) else floor_m
        found.append(replace(target, limits=replace(target.limits, workspace_min=(x, y, z))))
    return tuple(found)
