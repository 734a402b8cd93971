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

"""Where a map's model is: given by the user, beside the map, in a folder of robots, in a package."""

import importlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from frankmocap_ros.errors import RobotError
from frankmocap_ros.settings.robot_model import topic_of
from frankmocap_ros.teleop.robot_model.resources import located

ROBOTS_DIR: Final = "FRANKMOCAP_ROBOTS_DIR"
"""Environment variable: a folder with models of robots, such as a clone of mujoco_menagerie."""
_PACKAGE: Final = "robot_descriptions"


@dataclass(frozen=True)
class ModelName:
    """What a map says of its model.

    Attributes:
        uri: path or URI; relative to the map, or to the folder of robots.
        description: module of the package robot_descriptions; empty for none.
    """

    uri: str
    description: str = ""


def find_model(name: ModelName, map_path: Path, given: str = "") -> Path:
    """The model's file.

    Args:
        name: what the map says.
        map_path: the map.
        given: by the user, in place of what the map says; empty for nothing.

    Raises:
        RobotError: there is none; says where it was looked for, and what to do.
    """
    if topic_of(given):
        raise RobotError(f"robot_model {given!r}: nodes alone take a model from a topic; give a file here")
    if given:
        try:
            return located(given, Path.cwd(), map_path)
        except RobotError as error:
            raise RobotError(f"robot_model {given!r}: {error}") from error
    try:
        return located(name.uri, map_path.parent, map_path)
    except RobotError as error:
        found = _in_folder(name.uri, map_path.stem) or _from_package(name.description)
        if found is not None:
            return found
        raise RobotError(
            f"no file {name.uri!r}, seen from {map_path.parent}: {error}; give it as robot_model "
            f"(--robot-model), or set {ROBOTS_DIR} to a folder that has it"
            + (f", or pip install {_PACKAGE}" if name.description else "")
        ) from error


def _in_folder(uri: str, robot: str) -> Path | None:
    """The model in the folder of robots: where the map says, in a folder of the robot's name, or anywhere."""
    told = os.environ.get(ROBOTS_DIR, "")
    if not told or "://" in uri:
        return None
    folder, name = Path(told).expanduser(), Path(uri).name
    for path in (folder / uri, folder / robot / name, folder / name):
        if path.is_file():
            return path
    found = sorted(folder.glob(f"*/{name}"))
    return found[0] if len(found) == 1 else None


def _from_package(description: str) -> Path | None:
    """The model from robot_descriptions, which fetches it once where it is installed.

    Raises:
        RobotError: it is installed and has no such model, or cannot fetch it.
    """
    if not description:
        return None
    if not description.isidentifier():
        raise RobotError(f"robot_descriptions: expected the name of one of its modules, got {description!r}")
    try:
        importlib.import_module(_PACKAGE)
    except ImportError:
        return None
    try:
        module = importlib.import_module(f"{_PACKAGE}.{description}")
        return Path(str(getattr(module, "MJCF_PATH", "") or module.URDF_PATH))
    except Exception as error:  # whatever fetching raises
        raise RobotError(f"{_PACKAGE}.{description}: {type(error).__name__}: {error}") from error
