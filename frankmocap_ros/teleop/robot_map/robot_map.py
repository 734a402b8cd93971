"""The map of a robot: its model, and which part of it follows which joint of the operator. A YAML file."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from frankmocap_ros.errors import MissingDependencyError, RobotError
from frankmocap_ros.runtime.installing import install_command
from frankmocap_ros.teleop.robot_map.controller_map import ControllerMap, controllers
from frankmocap_ros.teleop.robot_map.driven_map import check_controllers, driven_by
from frankmocap_ros.teleop.robot_map.gripper_map import (
    DrivenJoint,
    GripperMap,
    read_grippers,
    with_grippers,
)
from frankmocap_ros.teleop.robot_map.hand_map import HandMap, read_hands
from frankmocap_ros.teleop.robot_map.map_parts import base, keep_out
from frankmocap_ros.teleop.robot_map.map_values import MapValues, shown
from frankmocap_ros.teleop.robot_map.model_file import ModelName, find_model
from frankmocap_ros.teleop.robot_map.target_map import TargetMap, above_table, read_target
from frankmocap_ros.teleop.robot_model.additions import AddedSite, Additions, Base, KeepOut, KeepOutBox
from frankmocap_ros.teleop.robot_model.model_source import ModelSource, ReceivedModel
from frankmocap_ros.teleop.robot_model.resources import located
from frankmocap_ros.teleop.robot_model.stated_speeds import stated_speeds
from frankmocap_ros.teleop.robot_model.xml_source import shortened

ROBOTS: Final = Path(__file__).parents[2] / "robots"
DEFAULT_SPEED: Final = 10.0
DEFAULT_ACCELERATION: Final = 10.0
KINEMATIC: Final = "kinematic"
PHYSICS: Final = "physics"

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


@dataclass(frozen=True)
class RobotMap:
    """A robot and how it follows a person. Names of the model are checked where it is loaded.

    Attributes:
        model: MJCF or URDF, as a file or received.
        keyframe: the model's keyframe of the home posture; empty for none.
        home: joint -> position where no keyframe is named; others are 0, or the middle of their range.
        speeds: joint -> highest speed [rad/s] or [m/s].
        default_speed: of the other joints, where the model does not state a lower one.
        targets: what follows.
        posture_costs: joint -> weight of its home position.
        default_posture_cost: of the other joints.
        damping: weight of rest.
        minimum_distance_m: between the pairs, and from the boxes.
        pairs: names of geoms, or of bodies for all of theirs, that must not touch.
        joints: names of those that are commanded; empty for those that move a target.
        simulation: how the robot is simulated: ``kinematic`` or ``physics``.
        simulation_limits: settings of a simulated robot's gate, instead of those of ``SIMULATED``.
            No real robot's gate reads them.
        base: where its base is in the frame of the commands.
        table_arm: whether it follows the operator's motion only: no limb is scaled by the operator's, and it
            never aligns with their posture.
        controllers: topic -> what the controller takes that listens there; empty for one of all joints.
        accelerations: joint -> highest acceleration [rad/s^2] or [m/s^2].
        default_acceleration: of the other joints.
        keep_out: boxes that no commanded part enters.
        efforts: joint -> effort above which it is in contact [Nm] or [N].
        default_effort: of the other commanded joints; infinite for no limit.
        grippers: what opens and shuts.
        hands: whose fingers follow the operator's.
        scene: MJCF of what stands around the robot where it is simulated; None for nothing.
    """

    model: ModelSource
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
    simulation: str = KINEMATIC
    simulation_limits: Mapping[str, float] = field(default_factory=dict)
    base: Base = field(default_factory=Base)
    table_arm: bool = False
    controllers: Mapping[str, ControllerMap] = field(default_factory=dict)
    accelerations: Mapping[str, float] = field(default_factory=dict)
    default_acceleration: float = DEFAULT_ACCELERATION
    keep_out: tuple[KeepOutBox, ...] = ()
    efforts: Mapping[str, float] = field(default_factory=dict)
    default_effort: float = math.inf
    grippers: tuple[GripperMap, ...] = ()
    hands: tuple[HandMap, ...] = ()
    scene: Path | None = None

    @property
    def driven(self) -> tuple[DrivenJoint, ...]:
        """Joints that are driven to positions of their own, beside the inverse kinematics."""
        fingers = (
            DrivenJoint(name, self.speed(name), self.acceleration(name), hand.key)
            for hand in self.hands
            for name in hand.joints
        )
        return (*(joint for gripper in self.grippers for joint in gripper.driven), *fingers)

    @property
    def joints_apart(self) -> frozenset[str]:
        """Driven joints with a controller of their own, which is the only one that takes their commands."""
        return frozenset(j for gripper in self.grippers if gripper.controller for j in gripper.joints)

    def without_grippers(self) -> "RobotMap":
        """The map of the robot while nobody opens or shuts anything.

        What shares a controller with other joints stays: a controller needs all of its own.
        """
        own = {one.controller.topic for one in self.grippers if one.controller is not None}
        controllers = {topic: one for topic, one in self.controllers.items() if topic not in own}
        shared = {joint for one in controllers.values() for joint in one.joints}
        grippers = tuple(one for one in self.grippers if shared.issuperset(one.joints))
        return replace(self, grippers=grippers, controllers=controllers)

    @property
    def _sites(self) -> tuple[tuple[AddedSite, ...], ...]:
        return (*(target.sites for target in self.targets), *(hand.sites for hand in self.hands))

    @property
    def additions(self) -> Additions:
        """What its model gets beside what its file has."""
        sites = tuple(s for sites in self._sites for s in sites)
        return Additions(self.base, sites, scene=self.scene)

    @property
    def constrained(self) -> Additions:
        """The same without a scene, with the boxes that its commanded parts are kept out of."""
        points = tuple(target.part for target in self.targets) if self.keep_out else ()
        return replace(self.additions, keep_out=KeepOut(self.keep_out, points), scene=None)

    @cached_property
    def _stated(self) -> Mapping[str, float]:
        """The speeds that the model's file states."""
        return stated_speeds(self.model)

    def speed(self, joint: str) -> float:
        """Highest speed of a joint [rad/s] or [m/s]: its own, or the lesser one of default and model.

        Raises:
            RobotError: the model cannot be read.
        """
        of_grippers = {one.name: one.max_speed for gripper in self.grippers for one in gripper.driven}
        own = of_grippers.get(joint, self.speeds.get(joint))
        return min(self.default_speed, self._stated.get(joint, math.inf)) if own is None else own

    def effort(self, joint: str) -> float:
        """Effort of a joint above which it is in contact [Nm] or [N]; infinite for no limit."""
        return self.efforts.get(joint, self.default_effort)

    def acceleration(self, joint: str) -> float:
        """Highest acceleration of a joint [rad/s^2] or [m/s^2]."""
        return self.accelerations.get(joint, self.default_acceleration)


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
        import yaml
    except ImportError as error:
        raise MissingDependencyError(
            f"a robot's map needs PyYAML, which is not installed ({error}); run: {install_command('robot')}"
        ) from error
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
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
