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

"""Which robot hands a robot has whose fingers follow the operator's, and how their joints are found."""

import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from frankmocap_ros.body.skeleton import HAND_FINGERS
from frankmocap_ros.errors import RobotError, shown
from frankmocap_ros.runtime.installing import install_command
from frankmocap_ros.runtime.text_values import yaml_values
from frankmocap_ros.teleop.robot_map.hand_joints import joints_of_tips, urdf_joints
from frankmocap_ros.teleop.robot_map.map_parts import PartReader, rotation
from frankmocap_ros.teleop.robot_map.map_values import MapValues
from frankmocap_ros.teleop.robot_map.model_file import ROBOTS_DIR
from frankmocap_ros.teleop.robot_model.additions import AddedSite, Additions, Base
from frankmocap_ros.teleop.robot_model.model_source import ModelSource
from frankmocap_ros.teleop.robot_model.resources import located
from frankmocap_ros.teleop.robot_model.xml_source import shortened

IK: Final = "ik"
METHODS: Final = ("dexpilot", "vector", "position", IK)
"""The operator's, in the order of ``skeleton.HAND_POINTS``."""
AUTO: Final = "auto"

_OF_PACKAGE: Final = ("method", "configuration", "urdf", "prefix")
_FORM: Final = "{method, configuration} or {method: ik, wrist, tips}"
_OF_IK: Final = ("method", "wrist", "tips", "joints", "scale", "rotation")
_PACKAGE: Final = "dex_retargeting"
_FOLDERS: Final = {"position": "offline"}  # of the package's own configurations; the others are in teleop


@dataclass(frozen=True, eq=False)
class HandMap:
    """A robot hand whose fingers follow one hand of the operator.

    Attributes:
        side: ``left`` or ``right``, the robot's; the operator's, too, unless the gate mirrors.
        method: one of ``METHODS``.
        joints: to be moved, in the robot's model; without those that follow them.
        settings: what ``dex-retargeting``'s configuration says; its ``urdf_path`` is a file that is there,
            and its ``target_joint_names`` are those of ``joints``, without the prefix. Empty with ``ik``.
        wrist: the robot's site or body that is the counterpart of the operator's wrist; with ``ik``.
        tips: operator's finger -> the robot's site or body that follows its tip; with ``ik``.
        scale: size of the robot's hand to the operator's; None to measure it.
        rotation_xyzw: orientation of the palm's frame (``teleop/hands/palm_frame``) in that of ``wrist``.
        sites: that the model gets for parts with an offset.
    """

    side: str
    method: str
    joints: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    wrist: str = ""
    tips: Mapping[str, str] = field(default_factory=dict)
    scale: float | None = None
    rotation_xyzw: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0)
    sites: tuple[AddedSite, ...] = ()

    @property
    def key(self) -> str:
        """Its place in the map."""
        return f"hands.{self.side}"


def read_hands(path: Path, reader: MapValues, model: ModelSource, where: Base) -> tuple[HandMap, ...]:
    """The robot hands of a map; none where it names none.

    Args:
        path: of the map.
        reader: of the whole map.
        model: that it names.
        where: the robot's base.

    Raises:
        RobotError: one is wrong, or two have the same joint; names the key, and what is allowed.
        MissingDependencyError: MuJoCo is not installed and joints are to be found in the model.
    """
    found: list[HandMap] = []
    owners: dict[str, str] = {}
    for side, value in reader.sides("hands", _FORM).items():
        key = f"hands.{side}"
        is_ik = isinstance(value, Mapping) and value.get("method") == IK
        own = reader.inner(key, value, _OF_IK if is_ik else _OF_PACKAGE)
        own.text("method")
        method = own.choice("method", METHODS)
        hand = _of_tips(path, own, side, (model, where)) if is_ik else _of_package(path, own, side, method)
        for joint in hand.joints:
            if joint in owners:
                raise reader.wrong(key, f"{joint} is a joint of {owners[joint]}, too; a joint is of one hand")
            owners[joint] = key
        found.append(hand)
    return tuple(found)


def _of_package(path: Path, own: MapValues, side: str, method: str) -> HandMap:
    settings = _settings(path, own, method)
    prefix = own.text("prefix", "")
    joints = tuple(prefix + name for name in settings["target_joint_names"])
    return HandMap(side, method, joints, settings=settings)


def _of_tips(path: Path, own: MapValues, side: str, robot: tuple[ModelSource, Base]) -> HandMap:
    parts = PartReader(path, f"hands.{side}")
    for needed in ("wrist", "tips"):
        if needed not in own.values:
            raise own.wrong(needed, "is missing")
    wrist = parts.read("wrist", own.values["wrist"])
    listed = own.inner("tips", own.values["tips"], HAND_FINGERS)
    tips = {f: parts.read(f"tips.{f}", listed.values[f]) for f in HAND_FINGERS if f in listed.values}
    if not tips:
        raise own.wrong(
            "tips", f"names no finger; allowed: {', '.join(HAND_FINGERS)}, each with a site or body"
        )
    scale = None if own.values.get("scale", AUTO) == AUTO else own.number("scale", 1.0)
    if scale is not None and not scale > 0.0:
        raise own.wrong("scale", f"expected {AUTO}, or a number above 0, got {scale:g}")
    sites, (model, where) = tuple(parts.sites), robot
    joints = own.names("joints")
    if len(set(joints)) < len(joints):
        raise own.wrong("joints", f"names a joint twice: {', '.join(joints)}")
    if not joints:
        try:
            joints = joints_of_tips(model, Additions(where, sites), wrist, tuple(tips.values()))
        except RobotError as error:
            raise own.wrong("tips", f"{model}: {error}") from error
    return HandMap(
        side,
        IK,
        joints,
        wrist=wrist,
        tips=tips,
        scale=scale,
        rotation_xyzw=rotation(own, "rotation"),
        sites=sites,
    )


def _settings(path: Path, own: MapValues, method: str) -> dict[str, Any]:
    """What the configuration says, with its URDF found."""
    file = _configuration(path, own, method)
    try:
        values = yaml_values(file.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise own.wrong("configuration", f"{file} cannot be read: {shortened(error)}") from error
    settings = values.get("retargeting") if isinstance(values, Mapping) else None
    if not isinstance(settings, Mapping):
        raise own.wrong(
            "configuration", f"{file} has no mapping of the name retargeting, as dex-retargeting's have"
        )
    kind = str(settings.get("type", "")).lower()
    if kind != method:
        raise own.wrong(
            "method",
            f"{method}, but {file} has type: {shown(settings.get('type'))}; give the method of the file",
        )
    urdf = _urdf(path, own, file, settings.get("urdf_path"))
    names = settings.get("target_joint_names")
    if names is not None and not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise own.wrong(
            "configuration", f"{file}: target_joint_names: expected a list of names, got {shown(names)}"
        )
    try:
        joints = list(names or urdf_joints(urdf))
    except RobotError as error:
        raise own.wrong("configuration", f"{file}: urdf_path: {error}") from error
    return {**settings, "urdf_path": str(urdf), "target_joint_names": joints}


def _configuration(path: Path, own: MapValues, method: str) -> Path:
    """The configuration's file: beside the map, or one of the package's own."""
    name = own.text("configuration")
    beside = path.parent / Path(name).expanduser()
    if beside.is_file():
        return beside
    allowed = "a YAML file, seen from the map"
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is not None and spec.submodule_search_locations:
        folder = Path(spec.submodule_search_locations[0]) / "configs" / _FOLDERS.get(method, "teleop")
        within = folder / Path(name).name
        if within.is_file():
            return within
        known = ", ".join(sorted(file.name for file in folder.glob("*.yml")))
        allowed += f", or one of dex-retargeting's own: {known}"
    else:
        allowed += f"; dex-retargeting, which brings some, is not installed: {install_command('hands')}"
    raise own.wrong("configuration", f"no file {beside}; allowed: {allowed}")


def _urdf(path: Path, own: MapValues, file: Path, named: object) -> Path:
    """The hand's URDF: as the map says, beside the configuration, or in the folder of robots."""
    if "urdf" in own.values:
        try:
            return located(own.text("urdf"), path.parent, path)
        except RobotError as error:
            raise own.wrong("urdf", f"{own.text('urdf')}: {error}") from error
    if not isinstance(named, str):
        raise own.wrong("configuration", f"{file}: urdf_path: expected a file's name, got {shown(named)}")
    folders = [file.parent]
    if os.environ.get(ROBOTS_DIR):
        folders.append(Path(os.environ[ROBOTS_DIR]).expanduser())
    for folder in folders:
        if (folder / named).is_file():
            return folder / named
    raise own.wrong(
        "configuration",
        f"{file}: urdf_path: no file {named}, seen from {' or '.join(map(str, folders))}; give it as urdf: "
        f"beside configuration:, or set {ROBOTS_DIR} to the folder that has it",
    )
