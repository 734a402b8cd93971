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

"""Paths of networks, looked at before an engine reads what lies there."""

import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from frankmocap_ros.engines.network_files.onnx_structure import check_onnx
from frankmocap_ros.errors import AssetError
from frankmocap_ros.runtime.file_names import printable

SUFFIXES: Final = {".onnx": "ONNX", ".tflite": "TFLite", ".xml": "OpenVINO"}
"""Of the files that can be read, with their format."""
MOST_BYTES: Final = 1 << 30
_MOST_XML_BYTES: Final = 64 << 20
_ALLOWED: Final = (
    "allowed: an ONNX file (.onnx), a TFLite file (.tflite), OpenVINO's .xml with its .bin beside it, or a "
    "folder with one of them"
)


@dataclass(frozen=True)
class NetworkFile:
    """A file that may be read.

    Attributes:
        path: of the file itself.
        format: one of ``SUFFIXES``' values.
    """

    path: Path
    format: str


def checked_path(path: Path) -> NetworkFile:
    """The network's file at a path; where that is a folder, the one in it.

    Raises:
        AssetError: there is none, or it is not what its name says, too large, or refers to other files.
    """
    try:
        return _checked(path)
    except OSError as error:
        raise AssetError(f"cannot be read ({error.strerror}); {_ALLOWED}") from error


def _checked(path: Path) -> NetworkFile:
    if not path.exists():
        raise AssetError(f"is missing; {_ALLOWED}")
    file = _only_file(path) if path.is_dir() else path
    if file.suffix.lower() not in SUFFIXES:
        raise AssetError(f"is no network's file; {_ALLOWED}")
    found = SUFFIXES[file.suffix.lower()]
    size = _size(file, _MOST_XML_BYTES if found == "OpenVINO" else MOST_BYTES)
    if not size:
        raise AssetError("is empty; get the file again")
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        if found == "ONNX":
            with memoryview(mapped) as data:
                check_onnx(data)
        elif found == "TFLite" and mapped[4:8] != b"TFL3":
            raise AssetError("is no TFLite file: it does not say TFL3 at its 5th byte")
        elif found == "OpenVINO" and b"<net" not in mapped[:4096]:
            raise AssetError("is no network of OpenVINO: its XML does not begin with <net>")
    if found == "OpenVINO":
        _check_weights(file)
    return NetworkFile(file, found)


def _only_file(folder: Path) -> Path:
    files = [f for f in sorted(folder.iterdir()) if f.suffix.lower() in SUFFIXES]
    if len(files) != 1:
        names = ", ".join(printable(f.name) for f in files) or "none"
        raise AssetError(f"is a folder that holds not one network but: {names}; name the file")
    if not files[0].resolve().is_relative_to(folder.resolve()):
        raise AssetError(f"holds {printable(files[0].name)}, a link to another folder, which is not followed")
    return files[0]


def _check_weights(file: Path) -> None:
    """OpenVINO reads the file of the same name with ``.bin``, and nothing else."""
    weights = file.with_suffix(".bin")
    if not weights.exists():
        raise AssetError(f"needs {printable(weights.name)} beside it, which is missing; copy both")
    if not weights.resolve().is_relative_to(file.resolve().parent):
        raise AssetError("has its weights behind a link to another folder, which is not followed; copy them")
    _size(weights, MOST_BYTES)


def _size(file: Path, most: int) -> int:
    if not file.is_file():
        raise AssetError(f"is no regular file; {_ALLOWED}")
    size = file.stat().st_size
    if size > most:
        raise AssetError(f"is {size / 2**20:.0f} MiB large; allowed: up to {most >> 20} MiB")
    return size
