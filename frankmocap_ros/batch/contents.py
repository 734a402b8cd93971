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

"""What an input contains, as one number: the same for the same bytes under another name."""

import hashlib
import os
from pathlib import Path

from frankmocap_ros.errors import SourceError
from frankmocap_ros.runtime.file_cache import sha256_of
from frankmocap_ros.runtime.file_names import printable


def content_of(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of all files of a folder; hidden ones do not count.

    Raises:
        SourceError: it cannot be read.
    """
    try:
        if not path.is_dir():
            return sha256_of(path)
        digest = hashlib.sha256()
        for file in files_below(path):
            digest.update(os.fsencode(file.relative_to(path)) + b"\0" + sha256_of(file).encode() + b"\n")
        return digest.hexdigest()
    except OSError as error:
        raise SourceError(
            f"{printable(path)}: {error.strerror or error}; check that it exists and can be read"
        ) from error


def files_below(folder: Path) -> list[Path]:
    """All files below a folder, in the order of their names; without hidden ones, pipes and devices.

    Links that lead nowhere are among them: whoever reads them says so.
    """
    found = []
    for place, folders, names in os.walk(folder, onerror=_raised):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(place, name) for name in sorted(names) if not name.startswith(".")]
    return [path for path in found if path.is_file() or not path.exists()]


def stamp_of(path: Path) -> list[int] | None:
    """Size [bytes] and time of the last change [ns] of a file; None for folders."""
    try:
        found = path.stat()
    except OSError:
        return None
    return None if path.is_dir() else [found.st_size, found.st_mtime_ns]


def _raised(error: OSError) -> None:
    raise error
