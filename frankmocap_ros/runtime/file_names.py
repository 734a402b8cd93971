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

"""File names that users give: of any bytes, for libraries and messages that take UTF-8 alone."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from frankmocap_ros.errors import MocapError


def home_expanded(path: str | Path) -> Path:
    """A path with ``~`` and ``~user`` replaced.

    Raises:
        MocapError: the home folder is not known: HOME is not set, and the user has no entry of their own.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise MocapError(
            f"{printable(path)}: the home folder is unknown; set HOME, or write the full path"
        ) from error


def natural_order(path: Path) -> tuple[list[str | int], str]:
    """Sort key that compares the numbers in a path as numbers: frame2 before frame10."""
    text = str(path)
    parts = re.split(r"([0-9]+)", text)  # text and numbers by turns, text first
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], text


def printable(name: str | bytes | Path) -> str:
    """A file name as text that can be encoded; bytes that are not UTF-8 are shown by their numbers."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


@contextmanager
def native_path(path: str | Path) -> Iterator[str]:
    """A name by which C and C++ libraries can open an existing file, as long as the context lasts.

    They take names as UTF-8; OpenCV crashes on what cannot be encoded. The name is absolute, because FFmpeg
    takes the start of ``12:30.mp4`` for a protocol. A name of other bytes is replaced by that of an open
    file descriptor.

    Raises:
        OSError: the file has such a name and cannot be opened.
    """
    whole = os.path.abspath(path)
    if os.fsencode(whole) == whole.encode("utf-8", "surrogatepass"):
        yield whole
        return
    descriptor = os.open(whole, os.O_RDONLY)
    try:
        yield f"/dev/fd/{descriptor}"
    finally:
        os.close(descriptor)
