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

"""Definitions of messages, looked up where ROS installed them: a recording carries its own."""

import importlib.util
import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from frankmocap_ros.errors import RecordingError

_PRIMITIVES: Final = frozenset(
    [
        "bool",
        "byte",
        "char",
        "float32",
        "float64",
        "int8",
        "uint8",
        "int16",
        "uint16",
        "int32",
        "uint32",
        "int64",
        "uint64",
        "string",
        "wstring",
    ]
)
_FULL_NAME: Final = re.compile(r"[A-Za-z]\w*/(msg|srv|action)/[A-Za-z]\w*")
_SEPARATOR: Final = "=" * 80
_GIVEN: Final = {  # of packages that need not be installed
    "foxglove_msgs/msg/CompressedVideo": (
        "builtin_interfaces/Time timestamp\nstring frame_id\nuint8[] data\nstring format"
    ),
}


@dataclass(frozen=True)
class Definition:
    """A type of messages.

    Attributes:
        type_name: such as ``sensor_msgs/msg/Image``.
        text: its definition, and after it those of all types that it is made of (encoding ``ros2msg``).
        type_hash: hash of its description, such as ``RIHS01_...``; empty where ROS (Humble) has none.
    """

    type_name: str
    text: str
    type_hash: str


@cache
def definition(type_name: str) -> Definition:
    """The definition of a type of messages.

    Args:
        type_name: such as ``sensor_msgs/msg/Image``.

    Raises:
        RecordingError: its package is not installed here, or its files have no ``.msg``.
    """
    if _FULL_NAME.fullmatch(type_name) is None:
        raise RecordingError(f"{type_name!r} is not a type of messages, such as sensor_msgs/msg/Image")
    parts, seen, open_names = [_text(type_name)], {type_name}, [type_name]
    while open_names:
        name = open_names.pop(0)
        for other in _needs(_text(name), name.partition("/")[0]):
            if other not in seen:
                seen.add(other)
                open_names.append(other)
                package, _, message = other.split("/")
                parts.append(f"{_SEPARATOR}\nMSG: {package}/{message}\n{_text(other)}")
    return Definition(type_name, "\n".join(parts), _hash(type_name))


def _text(type_name: str) -> str:
    given = _GIVEN.get(type_name)
    return _file(type_name, ".msg").read_text(encoding="utf-8").rstrip("\n") if given is None else given


def _needs(text: str, package: str) -> Iterator[str]:
    """Full names of the types of a definition's fields, those of ROS's own language left out."""
    for line in text.splitlines():
        word = line.partition("#")[0].split()
        if not word:
            continue
        kind = re.split(r"[\[<]", word[0], maxsplit=1)[0]
        if kind in _PRIMITIVES:
            continue
        if kind == "Header":
            yield "std_msgs/msg/Header"
        elif "/" in kind:
            parts = kind.split("/")
            yield f"{parts[0]}/msg/{parts[-1]}"
        else:
            yield f"{package}/msg/{kind}"


def _hash(type_name: str) -> str:
    """The type's hash from what ROS generated beside the definition."""
    if type_name in _GIVEN:
        return ""
    path = _file(type_name, ".msg").with_suffix(".json")
    try:
        known = json.loads(path.read_text(encoding="utf-8")).get("type_hashes", [])
    except (OSError, ValueError):
        return ""
    return next((str(entry["hash_string"]) for entry in known if entry["type_name"] == type_name), "")


def _file(type_name: str, suffix: str) -> Path:
    package, folder, name = type_name.split("/")
    for share in _shares(package):
        path = share / folder / f"{name}{suffix}"
        if path.is_file():
            return path
    raise RecordingError(
        f"{type_name} cannot be recorded: its definition ({folder}/{name}{suffix}) is in no share folder of "
        f"{package}; install or source the package (ros2 interface show {type_name} must find it)"
    )


@cache
def _shares(package: str) -> tuple[Path, ...]:
    """Share folders of a package, the most likely first."""
    prefixes = [
        Path(prefix) for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if prefix
    ]
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        spec = None
    if spec is not None and spec.origin is not None:
        prefixes += Path(spec.origin).parents
    folders = [prefix / "share" / package for prefix in (*prefixes, Path(sys.prefix))]
    if package == "frankmocap_ros":
        folders.append(Path(__file__).parents[2])  # a checkout
    return tuple(dict.fromkeys(folder for folder in folders if folder.is_dir()))
