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

"""From what the user names to inputs: files, folders of them, and patterns."""

import glob
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from frankmocap_ros.errors import BatchError
from frankmocap_ros.runtime.file_names import home_expanded, natural_order, printable

_PATTERN: Final = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Kind:
    """What counts as one input where a folder is searched.

    Attributes:
        is_file: whether a file found in a folder is an input.
        is_folder: whether a folder is one input itself, and is not searched.
        text: what is allowed, for errors.
    """

    is_file: Callable[[Path], bool]
    is_folder: Callable[[Path], bool]
    text: str


def inputs_of(words: Sequence[str], kind: Kind, leave_out: Path | None = None) -> list[Path]:
    """The inputs, absolute and each once, in the order in which they are named.

    A pattern (``*``, ``?``, ``[...]``, ``**`` for folders of any depth) stands for what it matches. A file is
    an input, whatever its name. A folder is one input if ``kind`` says so; otherwise it stands for all inputs
    below it.

    Args:
        words: paths and patterns.
        kind: what counts as one input.
        leave_out: a folder that is not searched, such as that of the results.

    Raises:
        BatchError: something is not there, or nothing is found in a folder.
    """
    found: dict[Path, None] = {}
    for word in words:
        for path in _matches(word, kind):
            if path.is_file() or (path.is_dir() and kind.is_folder(path)):
                found[path] = None
                continue
            if not path.is_dir():  # a webcam or a pipe
                raise BatchError(f"{printable(path)}: neither a file nor a folder; allowed: {kind.text}")
            seen = set[tuple[int, int]]()
            if leave_out is not None and leave_out.is_dir():
                seen.add(_identity(leave_out))
            below = list(_below(path, kind, seen))
            if not below:
                raise BatchError(f"{printable(path)}: no input in this folder; allowed: {kind.text}")
            found.update(dict.fromkeys(below))
    return list(found)


def _matches(word: str, kind: Kind) -> list[Path]:
    path = home_expanded(word)
    if path.exists():
        return [path.absolute()]
    if _PATTERN.search(word):
        paths = sorted(
            (Path(match).absolute() for match in glob.glob(str(path), recursive=True)), key=natural_order
        )
        if paths:
            return paths
        raise BatchError(f"{printable(word)}: nothing matches this pattern; check it, or name a folder")
    raise BatchError(f"{printable(word)}: there is no such file or folder; allowed: {kind.text}")


def _below(folder: Path, kind: Kind, seen: set[tuple[int, int]]) -> Iterator[Path]:
    """Inputs below a folder, without those in folders that were seen; each folder is searched once.

    So links that lead in circles, or to a folder twice, do not matter.
    """
    try:
        seen.add(_identity(folder))
        paths = [path for path in folder.iterdir() if not path.name.startswith((".", "_"))]
    except OSError as error:
        raise BatchError(f"{printable(folder)}: {error.strerror}; name a folder that can be read") from error
    for path in sorted(paths, key=natural_order):
        if path.is_dir():
            if _identity(path) in seen:
                continue
            if kind.is_folder(path):
                yield path
            else:
                yield from _below(path, kind, seen)
        elif path.is_file() and kind.is_file(path):  # not a pipe, which waits for who writes into it
            yield path


def _identity(folder: Path) -> tuple[int, int]:
    """What tells a folder from others, whatever path leads to it."""
    found = folder.stat()
    return found.st_dev, found.st_ino
