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

"""What was done in a folder of results: one line of JSON for each input that was finished."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from frankmocap_ros.errors import BatchError
from frankmocap_ros.runtime.file_names import printable
from frankmocap_ros.runtime.records import record_of
from frankmocap_ros.runtime.text_values import json_values

NAME: Final = "_journal.jsonl"  # what reads a folder of Parquet files leaves out names that start like this
PARTIAL: Final = ".partial-"
"""Start of the names of results that are still written."""


@dataclass(frozen=True)
class Entry:
    """What became of an input.

    Attributes:
        input: its absolute path.
        content: its content as a number, see ``contents.content_of``.
        key: of content and job, see ``job.Job.key``.
        result: name of the result in the folder; empty where there is none.
        reason: why it failed; empty where it did not.
        stamp: size and time of change of the input, by which its content is known without reading it.
        notes: what the job told of it.
        spent_s: time that it took [s].
    """

    input: str
    content: str
    key: str
    result: str = ""
    reason: str = ""
    stamp: list[int] | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)
    spent_s: float = 0.0


class Journal:
    """The journal of one folder; ``opened`` makes it.

    Args:
        folder: with the results.
        descriptor: of the journal's file, open for reading and appending.
    """

    def __init__(self, folder: Path, descriptor: int) -> None:
        self.folder = folder
        self._descriptor = descriptor
        self._done: dict[str, Entry] = {}  # by key
        self._latest: dict[str, Entry] = {}  # by input
        self._results: dict[str, str] = {}  # by input: the latest that there is
        for entry in _read(descriptor):
            self._note(entry)

    def done(self, key: str) -> Entry | None:
        """What was written for a content and a job, if the result is still there."""
        entry = self._done.get(key)
        there = entry is not None and (not entry.result or (self.folder / entry.result).exists())
        return entry if there else None

    def known_content(self, path: Path, stamp: list[int] | None) -> str | None:
        """The content of an input that did not change since it was finished; None where that is not known."""
        entry = self._latest.get(str(path))
        return entry.content if entry is not None and stamp is not None and entry.stamp == stamp else None

    def superseded(self, entry: Entry) -> str | None:
        """Name of the result of what an input contained before, unless it is that of another input, too."""
        old = self._results.get(entry.input)
        if not entry.result or old in (None, entry.result):
            return None
        others = (result for path, result in self._results.items() if path != entry.input)
        return None if old in others else old

    def latest(self, path: str) -> Entry | None:
        """What was last written of an input."""
        return self._latest.get(path)

    def write(self, entry: Entry) -> None:
        """Add a line, and have it on the disk.

        A result that replaces another one of the same name makes what was written of that one void.

        Raises:
            OSError: it cannot be written.
        """
        line = f"{json.dumps(asdict(entry))}\n".encode("ascii")
        if os.write(self._descriptor, line) != len(line):
            raise BatchError(f"{printable(self.folder / NAME)}: no space left; free some, and start again")
        os.fsync(self._descriptor)
        self._note(entry)

    def _note(self, entry: Entry) -> None:
        self._latest[entry.input] = entry
        if entry.reason:
            return
        if entry.result:
            self._results[entry.input] = entry.result
            replaced = [key for key, other in self._done.items() if other.result == entry.result]
            for key in replaced:
                del self._done[key]
        self._done[entry.key] = entry


@contextmanager
def opened(folder: Path) -> Iterator[Journal]:
    """The journal of a folder, which is made where it is not there; nobody else writes to it meanwhile.

    What a run left unfinished there is removed.

    Raises:
        BatchError: another run has it open, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / NAME, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
    except OSError as error:
        raise BatchError(
            f"{printable(folder)}: {error.strerror or error}; choose a folder that can be written"
        ) from error
    try:
        _lock(descriptor, folder)
        remove_partials(folder)
        yield Journal(folder, descriptor)
    finally:
        os.close(descriptor)


def remove_partials(folder: Path) -> None:
    """Remove what was not finished."""
    for path in folder.glob(f"{PARTIAL}*"):
        remove(path)


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there and can be removed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise BatchError(
            f"{printable(folder)}: another run writes into this folder; wait for it, or choose another one"
        ) from error
    except OSError:  # a file system without locks
        pass


def _read(descriptor: int) -> Iterator[Entry]:
    """The entries of a journal; lines that are cut off or no entries are left out."""
    with os.fdopen(os.dup(descriptor), "rb") as file:
        file.seek(0)
        text = file.read()
    if text and not text.endswith(b"\n"):  # killed while it was written: start a new line
        os.write(descriptor, b"\n")
    for line in text.splitlines():
        try:
            entry = record_of(Entry, json_values(line))
        except ValueError:
            continue
        if not entry.result or _is_result(entry.result):
            yield entry


def _is_result(name: str) -> bool:
    """Whether a name is one of a result in the folder: what is removed by it must be nothing else."""
    inside = "/" not in name and "\0" not in name and name not in (os.curdir, os.pardir)
    return inside and name != NAME and not name.startswith(PARTIAL)
