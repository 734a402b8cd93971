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

"""Files that a robot's description names: where they are, and which of them MuJoCo gets."""

import os
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from frankmocap_ros.errors import RobotError
from frankmocap_ros.teleop.robot_model.model_source import ModelSource

_MESHES: Final = (".stl", ".obj", ".msh")
_MAX_BYTES: Final = 256 * 2**20
_PARENTS: Final = 6  # folders above a description that may be its package
_NAMED: Final = 30  # files in one note


class Shapes(Enum):
    """Which meshes of a model are read."""

    NONE = "none"
    """Kinematics need none."""
    SIMPLE = "simple"
    """Everything that can be drawn without meshes."""
    SOLID = "solid"
    """What can touch something."""
    ALL = "all"


def package_folder(name: str, near: ModelSource | None = None) -> Path | None:
    """The share folder of a ROS package: by the ament index, else among the folders above a file.

    Args:
        name: of the package.
        near: a file that may belong to it, or lie beside it.
    """
    for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep):
        folder = Path(prefix) / "share" / name
        if prefix and folder.is_dir():
            return folder
    for parent in list(near.absolute().parents)[:_PARENTS] if isinstance(near, Path) else []:
        if parent.name == name:
            return parent
        if (parent / name).is_dir():
            return parent / name
    return None


def located(uri: str, folder: Path, near: ModelSource) -> Path:
    """The file that a description's URI means.

    Args:
        uri: ``package://``, ``model://`` or ``file://``, an absolute path, one with ``~``, or a relative one.
        folder: what a relative one is relative to.
        near: the description; packages that no index knows are looked for around it.

    Raises:
        RobotError: there is none; says why, in a few words.
    """
    scheme, _, rest = uri.partition("://")
    try:
        if not rest:
            path = folder / Path(uri).expanduser()
        elif scheme in ("package", "model"):
            package, _, inside = rest.partition("/")
            found = package_folder(package, near)
            if found is None:
                raise RobotError(
                    f"package {package} is not found: source its workspace, or put it beside the model"
                )
            path = found / inside
        elif scheme == "file":
            path = Path(rest if rest.startswith(("/", "~")) else f"/{rest}").expanduser()
        else:
            raise RobotError(f"{scheme}:// is not read: give a file of this machine")
        if path.is_file():
            return path
        raise RobotError("no such file")
    except RobotError:
        beside = folder / rest.rpartition("/")[2]
        if rest and beside.is_file():  # as MuJoCo does, which keeps a file's name alone
            return beside
        raise
    except (OSError, ValueError, RuntimeError) as error:  # a name too long, with a NUL, of nobody's home
        raise RobotError("no path that can be read") from error


@dataclass(frozen=True)
class LeftOut:
    """A file that MuJoCo does not get.

    Attributes:
        uri: as the description has it.
        why: in words.
    """

    uri: str
    why: str


class Resources:
    """The files that MuJoCo gets beside a description, under names of their own: it sees no path.

    Attributes:
        contents: name -> content, for MuJoCo.
        left_out: files that it does not get, each once.
        unread: how often a file was named that is there and not wanted.

    Args:
        near: the description.
        unreadable: files that MuJoCo was found unable to read, and why.
    """

    def __init__(self, near: ModelSource, unreadable: dict[Path, str]) -> None:
        self.near = near
        self.contents: dict[str, bytes] = {}
        self.paths: dict[str, Path] = {}
        self.left_out: dict[str, LeftOut] = {}
        self.unread = 0
        self._unreadable = unreadable
        self._names: dict[Path, str] = {}

    def name(self, uri: str, folder: Path, wanted: bool = True, mesh: bool = True) -> str | None:
        """MuJoCo's name for a file; None where it does not get it.

        Args:
            uri: the file, as the description has it.
            folder: what it may be relative to.
            wanted: whether MuJoCo is to have it; else it is only told if it is not there.
            mesh: whether it is a mesh, which MuJoCo reads in some formats only.
        """
        try:
            path = located(uri, folder, self.near)
            if not wanted:
                self.unread += 1
                return None
            if path not in self._names:
                name = f"{len(self.contents)}{path.suffix.lower()}"
                self.contents[name] = self._content(path, mesh)
                self.paths[name] = path
                self._names[path] = name
            return self._names[path]
        except RobotError as error:
            self.left_out.setdefault(uri, LeftOut(uri, str(error)))
            return None

    def told(self, uri: str) -> str:
        """A file that was left out, and why, in words."""
        return f"{uri} ({self.left_out[uri].why})" if uri in self.left_out else uri

    def _content(self, path: Path, mesh: bool) -> bytes:
        if path in self._unreadable:
            raise RobotError(self._unreadable[path])
        if mesh and path.suffix.lower() not in _MESHES:
            raise RobotError(f"MuJoCo reads STL, OBJ and MSH, not {path.suffix or 'this'}: convert it")
        try:
            if path.stat().st_size > _MAX_BYTES:
                raise RobotError(f"it has more than {_MAX_BYTES // 2**20} MiB")
            return path.read_bytes()
        except OSError as error:
            raise RobotError(f"cannot be read: {error.strerror}") from error

    def notes(self) -> tuple[str, ...]:
        """What was left out, in words: a note for each cause."""
        causes: dict[str, list[str]] = {}
        for one in self.left_out.values():
            causes.setdefault(one.why, []).append(one.uri)
        return tuple(
            f"{self.near}: left out, as {why}: {', '.join(uris[:_NAMED])}"
            + (f" and {len(uris) - _NAMED} more" if len(uris) > _NAMED else "")
            for why, uris in causes.items()
        )
