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

"""Reads the map of a robot, a YAML file of this package or of the user's."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from frankmocap_ros.errors import RobotError, shown
from frankmocap_ros.runtime.installing import optional_import
from frankmocap_ros.runtime.text_values import yaml_values
from frankmocap_ros.teleop.robot_map.controller_map import ControllerMap, controllers
from frankmocap_ros.teleop.robot_map.driven_map import check_controllers, driven_by
from frankmocap_ros.teleop.robot_map.gripper_map import (
    read_grippers,
    with_grippers,
)
from frankmocap_ros.teleop.robot_map.hand_map import read_hands
from frankmocap_ros.teleop.robot_map.map_parts import base, keep_out
from frankmocap_ros.teleop.robot_map.map_values import MapValues
from frankmocap_ros.teleop.robot_map.model_file import ModelName, find_model
from frankmocap_ros.teleop.robot_map.robot_map import (
    DEFAULT_ACCELERATION,
    DEFAULT_SPEED,
    KINEMATIC,
    PHYSICS,
    RobotMap,
)
from frankmocap_ros.teleop.robot_map.target_map import above_table, read_target
from frankmocap_ros.teleop.robot_model.model_source import ReceivedModel
from frankmocap_ros.teleop.robot_model.resources import located
from frankmocap_ros.teleop.robot_model.xml_source import shortened

ROBOTS: Final = Path(__file__).parents[2] / "robots"

_POSTURE_COST: Final = 0.3  # beside target_map.POSITION_COST
_DAMPING: Final = 2.0

_KEYS: Final = (
    "model", "keyframe", "home", "joints", "velocity_limits", "acceleration_limits", "targets",
    "posture_costs", "damping", "self_collision", "simulation", "base", "table_arm", "controllers",
    "robot_descriptions", "keep_out", "effort_limits", "grippers",
    "hands", "scene", "simulation_limits",
)  # fmt: skip
_MODELS: Final = (".xml", ".mjcf", ".urdf", ".xacro")
_COLLISION_KEYS: Final = ("minimum_distance", "pairs")
_SIMULATION_KEYS: Final = ("max_speed", "max_acceleration")


def is_model(robot: str) -> bool:
    """Whether what is given for a robot is a model, which a map would name."""
    return Path(robot).suffix.lower() in _MODELS


def _joints(
    reader: MapValues, controllers: Mapping[str, ControllerMap], driven: Mapping[str, str]
) -> tuple[str, ...]:
    """The commanded joints; those of the controllers where the map names none.

    Args:
        reader: of the map.
        controllers: topic -> what the controller takes.
        driven: joint of a gripper or a hand, which is not commanded -> its key.
    """
    names = reader.names("joints")
    if "joints" in reader.values and not names:
        raise reader.wrong(
            "joints", "is empty; list the joints to command, or remove it to command all that move a target"
        )
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise reader.wrong("joints", f"names {twice[0]} more than once")
    for name in names:
        if name in driven:
            raise reader.wrong("joints", f"{name} is of {driven[name]}, too; leave it out here")
    every = [joint for controller in controllers.values() for joint in controller.joints]
    owned = [joint for joint in every if joint not in driven]
    without = [name for name in names if name not in owned]
    if owned and without:
        raise reader.wrong(
            "controllers", f"none has {without[0]} of joints; give it one, or leave it out there"
        )
    more = [joint for joint in owned if names and joint not in names]
    if more:
        raise reader.wrong(
            "joints", f"lacks {more[0]}, which a controller has; a controller needs all of its own"
        )
    return names or tuple(owned)


def _pairs(path: Path, values: object) -> tuple[float, tuple[tuple[str, str], ...]]:
    reader = MapValues(path, "self_collision", values, _COLLISION_KEYS)
    pairs = reader.values.get("pairs", ())
    fine = isinstance(pairs, list | tuple) and all(
        isinstance(pair, list | tuple) and len(pair) == 2 and all(isinstance(n, str) for n in pair)
        for pair in pairs
    )
    if not fine:
        raise reader.wrong("pairs", f"expected a list of pairs of geoms or bodies, got {shown(pairs)}")
    return reader.number("minimum_distance", 0.01), tuple((a, b) for a, b in pairs)


def _simulation_limits(reader: MapValues) -> dict[str, float]:
    """Limits of commands to the simulated robot, each above 0."""
    inner = reader.inner("simulation_limits", reader.values.get("simulation_limits", {}), _SIMULATION_KEYS)
    found = {str(key): inner.number(str(key), 0.0) for key in inner.values}
    for key, limit in found.items():
        if limit <= 0.0:
            raise inner.wrong(key, f"expected a limit above 0, got {limit:g}")
    return found


def _of_joints(reader: MapValues, key: str, what: str) -> dict[str, float]:
    """Limits of joints, each above 0."""
    found = reader.numbers(key)
    for name, limit in found.items():
        if limit <= 0.0:
            raise reader.wrong(f"{key}.{name}", f"expected {what} above 0, got {limit:g}")
    return found


def _scene(path: Path, reader: MapValues) -> Path | None:
    """The file of the scene, seen from the map."""
    if "scene" not in reader.values:
        return None
    try:
        return located(reader.text("scene"), path.parent, path)
    except RobotError as error:
        raise reader.wrong("scene", str(error)) from error


def _named(values: Mapping[str, float]) -> dict[str, float]:
    """What is said of joints by name."""
    return {name: value for name, value in values.items() if name != "default"}


def map_path(robot: str) -> Path:
    """The file of a robot: by its name here, or a path, in which ``~`` is somebody's home."""
    if "/" not in robot and not Path(robot).suffix:
        return ROBOTS / f"{robot}.yaml"
    try:
        return Path(robot).expanduser()
    except RuntimeError as error:  # nobody of that name
        raise RobotError(f"robot {robot!r}: {error}") from error


def robot_names() -> tuple[str, ...]:
    """Names of the robots whose maps are in this package."""
    return tuple(sorted(path.stem for path in ROBOTS.glob("*.yaml")))


def load_map(robot: str, model: str | ReceivedModel = "") -> RobotMap:
    """Read a map.

    Args:
        robot: name of a robot of this package, or the path of a YAML file.
        model: the robot's model, as a file's name or received; empty for what the map says.

    Raises:
        RobotError: the file is missing or wrong; names the key.
        MissingDependencyError: PyYAML is not installed.
    """
    path = map_path(robot)
    if is_model(robot):
        raise RobotError(
            f"robot {robot!r}: a model alone does not say which part follows which joint; pass "
            "the YAML file of a map, which names it as model:"
        )
    if not path.is_file():
        raise RobotError(
            f"robot {robot!r}: no file {path}; allowed: {', '.join(robot_names())}, or the YAML file of a map"
        )
    try:
        with optional_import("PyYAML", "a robot's map needs", "robot"):
            values = yaml_values(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise RobotError(f"{path}: cannot be read: {shortened(error)}") from error
    reader = MapValues(path, "", values, _KEYS)
    targets = reader.values.get("targets")
    if not isinstance(targets, Mapping) or not targets:
        raise reader.wrong("targets", "expected a mapping from names to what they follow, with one at least")
    name = ModelName(reader.text("model"), reader.text("robot_descriptions", ""))
    try:
        found = model if isinstance(model, ReceivedModel) else find_model(name, path, model)
    except RobotError as error:
        raise reader.wrong("model", str(error)) from error
    speeds = _of_joints(reader, "velocity_limits", "a speed")
    accelerations = _of_joints(reader, "acceleration_limits", "an acceleration")
    efforts = _of_joints(reader, "effort_limits", "an effort")
    costs = reader.numbers("posture_costs", least=0.0)
    if "keyframe" in reader.values and "home" in reader.values:
        raise reader.wrong("home", "and keyframe exclude each other; remove one of them")
    where = base(path, reader.values.get("base", {}))
    table_arm = reader.flag("table_arm")
    targets_read = tuple(read_target(path, str(name), target) for name, target in targets.items())
    owned, grippers = controllers(reader), read_grippers(reader)
    fingers = read_hands(path, reader, found, where)
    check_controllers(reader, owned, fingers)
    distance_m, pairs = _pairs(path, reader.values.get("self_collision", {}))
    return RobotMap(
        model=found,
        keyframe=reader.text("keyframe", ""),
        home=reader.numbers("home"),
        speeds=_named(speeds),
        default_speed=speeds.get("default", DEFAULT_SPEED),
        accelerations=_named(accelerations),
        default_acceleration=accelerations.get("default", DEFAULT_ACCELERATION),
        targets=above_table(targets_read, where) if table_arm else targets_read,
        posture_costs=_named(costs),
        default_posture_cost=costs.get("default", _POSTURE_COST),
        damping=reader.number("damping", _DAMPING),
        minimum_distance_m=distance_m,
        pairs=pairs,
        joints=_joints(reader, owned, driven_by(reader, grippers, fingers)),
        simulation=reader.choice("simulation", (KINEMATIC, PHYSICS)),
        simulation_limits=_simulation_limits(reader),
        base=where,
        table_arm=table_arm,
        controllers=with_grippers(reader, owned, grippers),
        keep_out=keep_out(path, reader),
        efforts=_named(efforts),
        default_effort=efforts.get("default", math.inf),
        grippers=grippers,
        hands=fingers,
        scene=_scene(path, reader),
    )
