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

"""The folder of converted files, and what is known of each: from which file, with which SHA-256."""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from frankmocap_ros.errors import AssetError, MocapError
from frankmocap_ros.runtime.file_names import home_expanded, printable
from frankmocap_ros.runtime.whole_files import replace_text

CACHE_VARIABLE: Final = "FRANKMOCAP_CACHE_DIR"
_VERSION: Final = 2  # of the conversion; a change converts every file again
_WORK: Final = "converting-"


@dataclass(frozen=True)
class Stamp:
    """What tells at a glance whether a file changed.

    Attributes:
        path: absolute path.
        size: in bytes.
        mtime_ns: time of the last change [ns].
    """

    path: str
    size: int
    mtime_ns: int

    @staticmethod
    def of(path: Path) -> "Stamp":
        """The stamp of a file that is there."""
        found = path.stat()
        return Stamp(str(path.absolute()), found.st_size, found.st_mtime_ns)


@dataclass(frozen=True)
class Entry:
    """What the manifest says of one source file.

    Attributes:
        source: the source's stamp when it was read.
        source_sha256: of its content.
        file: name of the converted file in the cache; empty where the source was refused.
        sha256: of the converted file.
        refused: why the source was refused, or empty.
        version: of the conversion.
    """

    source: Stamp
    source_sha256: str
    file: str = ""
    sha256: str = ""
    refused: str = ""
    version: int = _VERSION


def cache_folder() -> Path:
    """$FRANKMOCAP_CACHE_DIR, else $XDG_CACHE_HOME/frankmocap_ros, else ~/.cache/frankmocap_ros.

    Raises:
        AssetError: the home folder is not known, or the name is not UTF-8, which engines cannot open.
    """
    own, base = os.environ.get(CACHE_VARIABLE), os.environ.get("XDG_CACHE_HOME")
    try:
        folder = home_expanded(own or f"{base or '~/.cache'}/frankmocap_ros")
    except MocapError as error:
        raise AssetError(f"{error}; or set {CACHE_VARIABLE} to a writable folder") from error
    if printable(folder) != str(folder):
        raise AssetError(
            f"the cache folder {printable(folder)} has a name that is not UTF-8; set {CACHE_VARIABLE} to "
            "another folder"
        )
    return folder


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


class Cache:
    """Converted files in one folder, each with a manifest of its source.

    Several processes may use the folder at once: files appear whole or not at all, and one process converts
    at a time.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _manifest(self, key: str, source: Path) -> Path:
        place = hashlib.sha256(os.fsencode(source.absolute())).hexdigest()[:16]
        return self.folder / f"{key}-{place}.json"

    def entry(self, key: str, source: Path) -> Entry | None:
        """What is known of a source; None where there is nothing, or nothing that can be read."""
        try:
            found = json.loads(self._manifest(key, source).read_text(encoding="utf-8"))
            entry = Entry(**{**found, "source": Stamp(**found["source"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None
        named = isinstance(entry.file, str) and Path(entry.file).name == entry.file
        return entry if entry.version == _VERSION and named else None

    def remember(self, key: str, source: Path, entry: Entry) -> None:
        """Write a source's manifest, in one step."""
        replace_text(self._manifest(key, source), json.dumps(asdict(entry), indent=1))

    def sound(self, entry: Entry) -> Path | None:
        """A converted file; None where it is gone or not what was written."""
        if not entry.file:
            return None
        path = self.folder / entry.file
        try:
            return path if sha256_of(path) == entry.sha256 else None
        except OSError:
            return None

    def keep(self, written: Path, name: str) -> str:
        """Take a file into the cache under a name, in one step; returns its SHA-256."""
        digest = sha256_of(written)
        os.replace(written, self.folder / name)
        return digest

    @contextlib.contextmanager
    def converting(self) -> Iterator[Path]:
        """An empty folder to convert one file in; no other process converts meanwhile.

        Raises:
            AssetError: the cache cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = (self.folder / "lock").open("ab")
        except OSError as error:
            raise AssetError(
                f"the cache folder {self.folder} cannot be written ({error}); "
                f"set {CACHE_VARIABLE} to a writable one"
            ) from error
        with lock:
            if _locked(lock.fileno()):
                for left in self.folder.glob(f"{_WORK}*"):  # by a process that was ended
                    shutil.rmtree(left, ignore_errors=True)
            with tempfile.TemporaryDirectory(dir=self.folder, prefix=_WORK) as work:
                yield Path(work)


def _locked(handle: int) -> bool:
    """Wait until nobody else holds the lock; False on file systems that have none."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError:
        return False
    return True
