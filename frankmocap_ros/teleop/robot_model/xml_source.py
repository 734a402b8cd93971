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

"""The XML of a robot's description, read with care: bounded in size and depth, without entities."""

import importlib.util
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Final

from frankmocap_ros.errors import MissingDependencyError, RobotError
from frankmocap_ros.teleop.robot_model.model_source import ModelSource

MAX_BYTES: Final = 32 * 2**20
"""Largest description; those of humanoids with hands have less than 1 MiB."""
_MAX_DEPTH: Final = 400  # MuJoCo's own parser stops at 500
_XACRO: Final = ("http://ros.org/wiki/xacro", "http://www.ros.org/wiki/xacro", "http://wiki.ros.org/xacro")
_XACRO_S: Final = 60.0
_SHOWN: Final = 300  # characters of somebody else's error


def shortened(error: object) -> str:
    """Somebody else's error as one line of bounded length."""
    text = " ".join(str(error).split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


class _NoDoctype(ET.TreeBuilder):
    """Refuses a document type, without which there are no entities to expand."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError("it declares a document type (DOCTYPE), which is not allowed; remove it")


def read_xml(path: ModelSource) -> ET.Element:
    """The root element of a description; xacro is run where a file is xacro's.

    Raises:
        RobotError: it is missing, too large, no XML, or xacro fails; xacro's input that is no file.
        MissingDependencyError: xacro is needed and not installed.
    """
    root = _parse(path, _text(path))
    if not isinstance(path, Path):
        if _is_xacro(root):
            raise RobotError(f"{path}: it is xacro; publish the URDF that xacro makes of it")
    elif path.suffix == ".xacro" or _is_xacro(root):
        root = _parse(path, _run_xacro(path))
    return root


def _text(path: ModelSource) -> str:
    if not isinstance(path, Path):
        if len(path.text) > MAX_BYTES:
            raise RobotError(
                f"{path}: it has {len(path.text) / 2**20:.0f} MiB; allowed: {MAX_BYTES // 2**20}"
            )
        return path.text.removeprefix("\ufeff")
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise RobotError(f"{path}: it has {size / 2**20:.0f} MiB; allowed: {MAX_BYTES // 2**20}")
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise RobotError(f"{path}: no such file; give a URDF, xacro or MJCF file") from error
    except OSError as error:
        raise RobotError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RobotError(f"{path}: it is not UTF-8 text; save it as such") from error


def _parse(path: ModelSource, text: str) -> ET.Element:
    try:
        root = ET.fromstring(text, ET.XMLParser(target=_NoDoctype()))
    except (ET.ParseError, ValueError) as error:
        raise RobotError(f"{path}: MuJoCo cannot read it: no XML of a robot: {shortened(error)}") from error
    level, depth = [root], 0
    while level:
        depth += 1
        level = [child for element in level for child in element]
        if depth > _MAX_DEPTH:
            raise RobotError(f"{path}: its elements are nested more than {_MAX_DEPTH} deep")
    return root


def _is_xacro(root: ET.Element) -> bool:
    spaces = tuple(f"{{{space}}}" for space in _XACRO)
    return any(element.tag.startswith(spaces) for element in root.iter() if isinstance(element.tag, str))


def _run_xacro(path: Path) -> str:
    """The XML that xacro makes of a file, with the arguments' defaults."""
    executable = shutil.which("xacro")
    if executable:
        command = [executable]
    elif importlib.util.find_spec("xacro") is not None:
        command = [sys.executable, "-c", "import xacro; xacro.main()"]
    else:
        raise MissingDependencyError(
            f"{path}: it is xacro, which is not installed; run: apt install ros-$ROS_DISTRO-xacro (or pip "
            f"install xacro), or where it is installed: xacro {path.name} > robot.urdf, for the map to name"
        )
    try:
        done = subprocess.run(
            [*command, str(path)],
            capture_output=True,
            timeout=_XACRO_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RobotError(f"{path}: xacro does not run: {shortened(error)}") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = next((line for line in said if line.strip()), f"exit code {done.returncode}")
        raise RobotError(
            f"{path}: xacro fails: {shortened(why)}; try: xacro {path}, and where it needs arguments: "
            "write its output to a file, and name that in the map"
        )
    if len(done.stdout) > MAX_BYTES:
        raise RobotError(f"{path}: xacro makes more than {MAX_BYTES // 2**20} MiB of it")
    return done.stdout.decode("utf-8", "replace")
