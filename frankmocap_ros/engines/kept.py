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

"""Files that are made once from a network and kept: a folder each, with a manifest of their content."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from frankmocap_ros.runtime.file_cache import Cache, cache_folder, sha256_of

_MANIFEST: Final = "manifest.json"


@dataclass(frozen=True)
class Kept:
    """One folder of files.

    Attributes:
        cache: folder that it lies in.
        name: of the folder.
        made_by: what the files depend on beside the weights, such as versions; other files are rebuilt.
    """

    cache: Path
    name: str
    made_by: Mapping[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self.cache / self.name

    def notes(self) -> dict[str, Any] | None:
        """What was written down beside the files, if they are there and whole; None otherwise."""
        try:
            manifest = json.loads((self.folder / _MANIFEST).read_text(encoding="utf-8"))
            files, notes = dict(manifest["files"]), dict(manifest["notes"])
            whole = manifest["made_by"] == dict(self.made_by) and all(
                Path(name).name == name and sha256_of(self.folder / name) == digest
                for name, digest in files.items()
            )
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return notes if whole and files else None

    def make(self, write: Callable[[Path], None], notes: Mapping[str, Any] | None = None) -> Path:
        """Make the files, in place of what is there; they appear together or not at all.

        Args:
            write: writes them into the folder that it is given.
            notes: to be written down beside them, as JSON.

        Raises:
            AssetError: the cache cannot be written.
        """
        with Cache(self.cache).converting() as work:
            return self._make(work, write, notes or {})

    def get(self, write: Callable[[Path], None], prepare: Callable[[], None] = lambda: None) -> Path:
        """The folder with the files, which are made first where they are absent or damaged.

        Args:
            write: as for ``make``.
            prepare: called before they are made; may have another process make them.

        Raises:
            AssetError: the cache cannot be written.
        """
        if self.notes() is not None:
            return self.folder
        prepare()
        with Cache(self.cache).converting() as work:
            # another process may have made them while this one waited
            return self.folder if self.notes() is not None else self._make(work, write, {})

    def _make(self, work: Path, write: Callable[[Path], None], notes: Mapping[str, Any]) -> Path:
        new, old = work / "new", work / "old"
        new.mkdir()
        write(new)
        manifest = {
            "made_by": dict(self.made_by),
            "notes": dict(notes),
            "files": {path.name: sha256_of(path) for path in sorted(new.iterdir())},
        }
        (new / _MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        if self.folder.is_dir() and not self.folder.is_symlink():
            os.replace(self.folder, old)  # goes with the work folder; whoever has it mapped keeps it
        else:
            self.folder.unlink(missing_ok=True)
        os.replace(new, self.folder)
        return self.folder

    def drop(self) -> None:
        """Remove the files."""
        shutil.rmtree(self.folder, ignore_errors=True)


def int8_of(weights_key: str, cache: Path) -> Kept:
    """As ``int8_kept``, by a trunk's key."""
    return Kept(cache, f"{weights_key[:32]}-int8")


def engines_folder() -> Path:
    """The folder of what engines keep, unless they are told another one.

    Raises:
        AssetError: there is no place for a cache.
    """
    return cache_folder() / "engines"
