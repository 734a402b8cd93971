"""The map of a robot: its model, and which part of it follows which joint of the operator. A YAML file."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from frankmocap_ros.errors import MissingDependencyError, RobotError
from frankmocap_ros.teleop.operator_state import TargetLimits
from frankmocap_ros.teleop.robot.map_reader import MapReader, shown
from frankmocap_ros.teleop.robot_model.resources import located
from frankmocap_ros.teleop.robot_model.stated_speeds import stated_speeds
from frankmocap_ros.teleop.robot_model.xml_source import shortened

ROBOTS: Final = Path(__file__).parents[2] / "robots"
DEFAULT_SPEED: Final = 10.0
DEFAULT_ACCELERATION: Final = 10.0
_POSITION_COST: Final = 10.0  # beside which the next two are small
_POSTURE_COST: Final = 0.3
_DAMPING: Final = 2.0

_KEYS: Final = (
    "model", "keyframe", "home", "joints", "velocity_limits", "acceleration_limits", "targets",
    "posture_costs", "damping", "self_collision",
)  # fmt: skip
_TARGET_KEYS: Final = (
    "joint", "origin", "site", "body", "robot_origin", "chain", "rotation", "position_cost",
    "orientation_cost", "limits",
)  # fmt: skip
_MODELS: Final = (".xml", ".mjcf", ".urdf", ".xacro")
_LIMIT_KEYS: Final = (
    "max_speed", "max_acceleration", "max_angular_speed", "max_angular_acceleration", "workspace_min",
    "workspace_max",
)  # fmt: skip
_COLLISION_KEYS: Final = ("minimum_distance", "pairs")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")  # what may be a part of a topic's name


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


@dataclass(frozen=True)
class RobotMap:
    """A robot and how it follows a person. Names of the model are checked where it is loaded.

    Attributes:
        model: MJCF or URDF file.
        keyframe: the model's keyframe of the home posture; empty for none.
        home: joint -> position where no keyframe is named; others are 0, or the middle of their range.
        speeds: joint -> highest speed [rad/s] or [m/s].
        default_speed: of the other joints, where the model does not state a lower one.
        targets: what follows.
        posture_costs: joint -> weight of its home position.
        default_posture_cost: of the other joints.
        damping: weight of rest.
        minimum_distance_m: between the pairs.
        pairs: names of geoms, or of bodies for all of theirs, that must not touch.
        joints: names of those that are commanded; empty for those that move a target.
        accelerations: joint -> highest acceleration [rad/s^2] or [m/s^2].
        default_acceleration: of the other joints.
    """

    model: Path
    keyframe: str
    home: Mapping[str, float]
    speeds: Mapping[str, float]
    default_speed: float
    targets: tuple[TargetMap, ...]
    posture_costs: Mapping[str, float]
    default_posture_cost: float
    damping: float
    minimum_distance_m: float
    pairs: tuple[tuple[str, str], ...]
    joints: tuple[str, ...] = ()
    accelerations: Mapping[str, float] = field(default_factory=dict)
    default_acceleration: float = DEFAULT_ACCELERATION

    @cached_property
    def _stated(self) -> Mapping[str, float]:
        """The speeds that the model's file states."""
        return stated_speeds(self.model)

    def speed(self, joint: str) -> float:
        """Highest speed of a joint [rad/s] or [m/s]: its own, or the lesser one of default and model.

        Raises:
            RobotError: the model cannot be read.
        """
        own = self.speeds.get(joint)
        return min(self.default_speed, self._stated.get(joint, math.inf)) if own is None else own

    def acceleration(self, joint: str) -> float:
        """Highest acceleration of a joint [rad/s^2] or [m/s^2]."""
        return self.accelerations.get(joint, self.default_acceleration)


def is_model(robot: str) -> bool:
    """Whether what is given for a robot is a model, which a map would name."""
    return Path(robot).suffix.lower() in _MODELS


def _joints(reader: MapReader) -> tuple[str, ...]:
    """The commanded joints."""
    names = reader.names("joints")
    if "joints" in reader.values and not names:
        raise reader.wrong(
            "joints", "is empty; name those to command, or leave it out for all that move a target"
        )
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise reader.wrong("joints", f"names {twice[0]} more than once")
    return names


def _limits(path: Path, where: str, values: object) -> TargetLimits:
    reader = MapReader(path, where, values, _LIMIT_KEYS)
    found: dict[str, Any] = {}
    for key, value in reader.values.items():
        if key.startswith("workspace"):
            if not isinstance(value, list | tuple) or len(value) != 3:
                raise reader.wrong(key, f"expected three numbers, got {shown(value)}")
            found[key] = tuple(reader.as_number(key, number) for number in value)
        else:
            found[key] = reader.as_number(key, value, 0.0)
            if found[key] == 0.0:
                raise reader.wrong(key, "expected a number above 0; a target that stays needs no joint")
    return TargetLimits(**found)


def _target(path: Path, name: str, values: object) -> TargetMap:
    reader = MapReader(path, f"targets.{name}", values, _TARGET_KEYS)
    if not _NAME.fullmatch(name):
        raise reader.wrong("", "expected a name of letters, digits and _, which begins with a letter")
    is_site = "site" in reader.values
    if is_site == ("body" in reader.values):
        raise reader.wrong("", "needs a site or a body of the model, one of the two")
    part = reader.text("site" if is_site else "body")
    rotation = reader.values.get("rotation", (0.0, 0.0, 0.0, 1.0))
    if not isinstance(rotation, list | tuple) or len(rotation) != 4:
        raise reader.wrong("rotation", f"expected four numbers x, y, z, w, got {shown(rotation)}")
    x, y, z, w = (reader.as_number("rotation", number) for number in rotation)
    if abs(math.hypot(x, y, z, w) - 1.0) > 1e-3:
        raise reader.wrong("rotation", f"expected a unit quaternion x, y, z, w, got {shown(rotation)}")
    chain = reader.names("chain")
    robot_origin = reader.text("robot_origin", part)
    if chain and (len(chain) < 2 or (chain[0], chain[-1]) != (robot_origin, part)):
        raise reader.wrong("chain", f"expected parts of the robot from {robot_origin} to {part}, got {chain}")
    costs = (reader.number("position_cost", _POSITION_COST), reader.number("orientation_cost", 0.0))
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
        rotation_xyzw=(x, y, z, w),
        position_cost=costs[0],
        orientation_cost=costs[1],
        limits=_limits(path, f"targets.{name}.limits", reader.values.get("limits", {})),
    )


def _pairs(path: Path, values: object) -> tuple[float, tuple[tuple[str, str], ...]]:
    reader = MapReader(path, "self_collision", values, _COLLISION_KEYS)
    pairs = reader.values.get("pairs", ())
    fine = isinstance(pairs, list | tuple) and all(
        isinstance(pair, list | tuple) and len(pair) == 2 and all(isinstance(n, str) for n in pair)
        for pair in pairs
    )
    if not fine:
        raise reader.wrong("pairs", f"expected a list of pairs of geoms or bodies, got {shown(pairs)}")
    return reader.number("minimum_distance", 0.01), tuple((a, b) for a, b in pairs)


def _of_joints(reader: MapReader, key: str, what: str) -> dict[str, float]:
    """Limits of joints, each above 0."""
    found = reader.numbers(key)
    for name, limit in found.items():
        if limit <= 0.0:
            raise reader.wrong(f"{key}.{name}", f"expected {what} above 0, got {limit:g}")
    return found


def _named(values: Mapping[str, float]) -> dict[str, float]:
    """What is said of joints by name."""
    return {name: value for name, value in values.items() if name != "default"}


def map_path(robot: str) -> Path:
    """The file of a robot: the built-in ``torso``, or a path, in which ``~`` is somebody's home."""
    if "/" not in robot and not Path(robot).suffix:
        return ROBOTS / f"{robot}.yaml"
    try:
        return Path(robot).expanduser()
    except RuntimeError as error:  # nobody of that name
        raise RobotError(f"robot {robot!r}: {error}") from error


def load_map(robot: str) -> RobotMap:
    """Read a map.

    Args:
        robot: ``torso``, or the path of a YAML file.

    Raises:
        RobotError: the file is missing or wrong; names the key.
        MissingDependencyError: PyYAML is not installed.
    """
    path = map_path(robot)
    if is_model(robot):
        raise RobotError(
            f"robot {robot!r}: a model alone does not tell what follows whom; give the YAML file of a map, "
            "which names it as model:"
        )
    if not path.is_file():
        built_in = ", ".join(sorted(p.stem for p in ROBOTS.glob("*.yaml")))
        raise RobotError(f"robot {robot!r}: no file {path}; allowed: {built_in}, or the YAML file of a map")
    try:
        import yaml
    except ImportError as error:
        raise MissingDependencyError(
            f"a robot's map needs PyYAML, which is not installed ({error}); "
            "do: pip install 'frankmocap_ros[robot]'"
        ) from error
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise RobotError(f"{path}: cannot be read: {shortened(error)}") from error
    reader = MapReader(path, "", values, _KEYS)
    targets = reader.values.get("targets")
    if not isinstance(targets, Mapping) or not targets:
        raise reader.wrong("targets", "expected a mapping from names to what they follow, with one at least")
    uri = reader.text("model")
    try:
        model = located(uri, path.parent, path)
    except RobotError as error:
        raise reader.wrong("model", f"no file {shown(uri)}, seen from {path.parent}: {error}") from error
    speeds = _of_joints(reader, "velocity_limits", "a speed")
    accelerations = _of_joints(reader, "acceleration_limits", "an acceleration")
    costs = reader.numbers("posture_costs", least=0.0)
    if "keyframe" in reader.values and "home" in reader.values:
        raise reader.wrong("home", "and keyframe are both there: leave one of them out")
    distance_m, pairs = _pairs(path, reader.values.get("self_collision", {}))
    return RobotMap(
        model=model,
        keyframe=reader.text("keyframe", ""),
        home=reader.numbers("home"),
        speeds=_named(speeds),
        default_speed=speeds.get("default", DEFAULT_SPEED),
        accelerations=_named(accelerations),
        default_acceleration=accelerations.get("default", DEFAULT_ACCELERATION),
        targets=tuple(_target(path, str(name), target) for name, target in targets.items()),
        posture_costs=_named(costs),
        default_posture_cost=costs.get("default", _POSTURE_COST),
        damping=reader.number("damping", _DAMPING),
        minimum_distance_m=distance_m,
        pairs=pairs,
        joints=_joints(reader),
    )
