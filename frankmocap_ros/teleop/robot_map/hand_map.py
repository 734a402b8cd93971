"""Which robot hands a robot has whose fingers follow the operator's, and how their joints are found."""

import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from frankmocap_ros.errors import RobotError
from frankmocap_ros.teleop.robot_map.map_parts import PartReader, rotation
from frankmocap_ros.teleop.robot_map.map_values import MapValues, shown
from frankmocap_ros.teleop.robot_map.model_file import ROBOTS_DIR
from frankmocap_ros.teleop.robot_model.additions import AddedSite
from frankmocap_ros.teleop.robot_model.resources import located
from frankmocap_ros.teleop.robot_model.xml_source import shortened

IK: Final = "ik"
METHODS: Final = ("dexpilot", "vector", "position", IK)
FINGERS: Final = ("thumb", "index", "middle", "ring", "pinky")
"""The operator's, in the order of ``skeleton.HAND_POINTS``."""
AUTO: Final = "auto"

_SIDES: Final = ("left", "right")
_OF_ALL: Final = ("side", "method", "joints")
_OF_PACKAGE: Final = (*_OF_ALL, "configuration", "urdf")
_OF_IK: Final = (*_OF_ALL, "wrist", "tips", "scale", "rotation")
_PACKAGE: Final = "dex_retargeting"
_FOLDERS: Final = {"position": "offline"}  # of the package's own configurations; the others are in teleop


@dataclass(frozen=True, eq=False)
class HandMap:
    """A robot hand whose fingers follow one hand of the operator.

    Attributes:
        key: its place in the map, such as ``hands[0]``.
        side: ``left`` or ``right``, of the operator, before mirroring.
        method: one of ``METHODS``.
        joints: to be moved, in the robot's model; empty for those of the configuration, or that move a tip.
        settings: what ``dex-retargeting``'s configuration says; its ``urdf_path`` is a file that is there.
            Empty with ``ik``.
        wrist: the robot's site or body that is the counterpart of the operator's wrist; with ``ik``.
        tips: operator's finger -> the robot's site or body that follows its tip; with ``ik``.
        scale: size of the robot's hand to the operator's; None to measure it.
        rotation_xyzw: orientation of the palm's frame (``teleop/hands/palm_frame``) in that of ``wrist``.
        sites: that the model gets for parts with an offset.
    """

    key: str
    side: str
    method: str
    joints: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    wrist: str = ""
    tips: Mapping[str, str] = field(default_factory=dict)
    scale: float | None = None
    rotation_xyzw: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0)
    sites: tuple[AddedSite, ...] = ()


def hands(path: Path, reader: MapValues) -> tuple[HandMap, ...]:
    """The robot hands of a map.

    Args:
        path: of the map.
        reader: of the whole map.

    Raises:
        RobotError: one is wrong, or two follow the same hand.
    """
    values = reader.values.get("hands", ())
    if not isinstance(values, list | tuple):
        raise reader.wrong(
            "hands",
            "expected a list of {side, method, configuration} or {side, method: ik, wrist, tips}, "
            f"got {shown(values)}",
        )
    found: dict[str, HandMap] = {}
    for row, value in enumerate(values):
        key = f"hands[{row}]"
        hand = _hand(path, reader, key, value)
        if hand.side in found:
            raise reader.wrong(
                f"{key}.side", f"{hand.side} is the side of {found[hand.side].key}, too; one hand a side"
            )
        found[hand.side] = hand
    return tuple(found.values())


def _hand(path: Path, reader: MapValues, key: str, value: object) -> HandMap:
    is_ik = isinstance(value, Mapping) and value.get("method") == IK
    own = reader.inner(key, value, _OF_IK if is_ik else _OF_PACKAGE)
    for needed in ("side", "method"):
        own.text(needed)
    side, method = own.choice("side", _SIDES), own.choice("method", METHODS)
    joints = own.names("joints")
    twice = [name for name in joints if joints.count(name) > 1]
    if twice:
        raise own.wrong("joints", f"names {twice[0]} more than once")
    if not is_ik:
        return HandMap(key, side, method, joints, settings=_settings(path, own, method))
    parts = PartReader(path, key)
    for needed in ("wrist", "tips"):
        if needed not in own.values:
            raise own.wrong(needed, "is missing")
    wrist = parts.read("wrist", own.values["wrist"])
    listed = own.inner("tips", own.values["tips"], FINGERS)
    tips = {f: parts.read(f"tips.{f}", listed.values[f]) for f in FINGERS if f in listed.values}
    if not tips:
        raise own.wrong("tips", f"names no finger; allowed: {', '.join(FINGERS)}, each with a site or body")
    scale = own.values.get("scale", AUTO)
    if scale != AUTO and not own.as_number("scale", scale) > 0.0:
        raise own.wrong("scale", f"expected {AUTO}, or a number above 0, got {shown(scale)}")
    return HandMap(
        key,
        side,
        method,
        joints,
        wrist=wrist,
        tips=tips,
        scale=None if scale == AUTO else float(scale),
        rotation_xyzw=rotation(own, "rotation"),
        sites=tuple(parts.sites),
    )


def _settings(path: Path, own: MapValues, method: str) -> dict[str, Any]:
    """What the configuration says, with its URDF found."""
    file = _configuration(path, own, method)
    import yaml  # the map itself has been read with it

    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise own.wrong("configuration", f"{file} cannot be read: {shortened(error)}") from error
    settings = values.get("retargeting") if isinstance(values, Mapping) else None
    if not isinstance(settings, Mapping):
        raise own.wrong("configuration", f"{file} has no mapping of the name retargeting, as dex-retargeting's have")
    kind = str(settings.get("type", "")).lower()
    if kind != method:
        raise own.wrong(
            "method", f"{method}, but {file} has type: {shown(settings.get('type'))}; give the method of the file"
        )
    return {**settings, "urdf_path": str(_urdf(path, own, file, settings.get("urdf_path")))}


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
        allowed += "; dex-retargeting, which brings some, is not installed: pip install 'frankmocap_ros[hands]'"
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
        f"{file}: urdf_path: no file {named}, seen from {' or '.join(map(str, folders))}; give it as urdf: beside "
        f"configuration:, or set {ROBOTS_DIR} to the folder that has it",
    )
