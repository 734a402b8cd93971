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

"""A user's ``extra_data`` folder: which files are there, and their arrays."""

import contextlib
import os
import zipfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from frankmocap_ros.assets.layout import ASSETS, STANDIN_MARKER, Asset
from frankmocap_ros.errors import AssetError
from frankmocap_ros.runtime.file_cache import Cache, Entry, Stamp, cache_folder, sha256_of
from frankmocap_ros.runtime.file_names import home_expanded

if TYPE_CHECKING:
    from frankmocap_ros.assets.conversion import ConversionLimits
    from frankmocap_ros.assets.pickled import Numbers

ENVIRONMENT_VARIABLE: Final = "FRANKMOCAP_ASSETS_DIR"

Status = Literal["converted", "needs conversion", "missing", "damaged"]


def assets_folder(setting: str = "") -> Path | None:
    """The folder that the setting names, else the environment variable; None where neither does."""
    named = setting or os.environ.get(ENVIRONMENT_VARIABLE, "")
    return home_expanded(named) if named else None


def named_folder(setting: str = "") -> Path:
    """As ``assets_folder``.

    Raises:
        AssetError: no folder is named.
    """
    folder = assets_folder(setting)
    if folder is None:
        raise AssetError(
            "no folder with FrankMocap's files is given; set assets_dir (--assets DIR) or the environment "
            f"variable {ENVIRONMENT_VARIABLE} to its extra_data, and look with: frankmocap_ros doctor"
        )
    return folder


@dataclass(frozen=True)
class AssetState:
    """How it stands with one file.

    Attributes:
        asset: which file.
        path: where it is, or should be.
        status: in one or two words.
        text: what it is, what is wrong, and the next step.
    """

    asset: Asset
    path: Path
    status: Status
    text: str


def size_text(size: int) -> str:
    """A number of bytes as people read it."""
    return f"{size / 1e6:.0f} MB" if size >= 1e7 else f"{size / 1e3:.0f} kB"


def _silent(_: str) -> None:
    pass


class AssetStore:
    """The files of one folder, each converted once into a cache, where all later reading happens.

    Args:
        folder: the user's ``extra_data``.
        cache: where converted files are kept; from the environment where None.
        progress: is told when a conversion begins, which takes some seconds.
        limits: what a conversion may take; the usual where None.
    """

    def __init__(
        self,
        folder: Path,
        cache: Path | None = None,
        progress: Callable[[str], object] = _silent,
        limits: "ConversionLimits | None" = None,
    ) -> None:
        self.folder = Path(folder)
        self._cache = Cache(cache_folder() if cache is None else Path(cache))
        self._progress = progress
        self._limits = limits

    @property
    def is_standin(self) -> bool:
        """Whether the folder holds random weights instead of FrankMocap's."""
        return (self.folder / STANDIN_MARKER).is_file()

    def path(self, key: str) -> Path:
        """Where a file is, or should be."""
        return self.folder / ASSETS[key].path

    def missing(self, keys: Sequence[str]) -> list[Asset]:
        """Which of these files are not there."""
        return [ASSETS[key] for key in keys if not self.path(key).is_file()]

    def stamps(self, keys: Sequence[str]) -> tuple[Stamp, ...] | None:
        """What tells whether any of these files changes; None where one is not there."""
        try:
            return tuple(Stamp.of(self.path(key)) for key in keys)
        except OSError:
            return None

    def load(
        self, key: str, again: bool = False, names: Collection[str] | None = None
    ) -> "dict[str, Numbers]":
        """Arrays of one file by name; floating numbers are float32. The caller may change them.

        A file that was not converted yet, or that changed since, is converted first.

        Args:
            key: one of ``ASSETS``.
            again: convert even where that was done before.
            names: which arrays, of those that the file holds; None for all.

        Raises:
            AssetError: the file is missing or refused; the text names it, the reason and the next step.
            MissingDependencyError: a package that reads it is absent or too old.
        """
        asset, source = ASSETS[key], self.path(key)
        if not source.is_file():
            raise AssetError(f"{asset.text}: {source} is missing; {_where_from(asset)}")
        try:
            found = None if again else self._converted(asset, source, names)
            if found is None:
                with self._cache.converting() as work:
                    # another process may have done it while this one waited
                    found = None if again else self._converted(asset, source, names)
                    if found is None:
                        arrays = self._convert(asset, source, work)
                        found = {k: v for k, v in arrays.items() if names is None or k in names}
        except OSError as error:
            raise AssetError(f"{source}: {error}; check access to it and to {self._cache.folder}") from error
        return found

    def digest(self, key: str) -> str | None:
        """SHA-256 of what ``load`` reads of a file; None where it is not converted, or changed since."""
        source = self.path(key)
        entry = self._cache.entry(key, source)
        with contextlib.suppress(OSError):
            if entry is not None and entry.file and entry.source == Stamp.of(source):
                return entry.sha256
        return None

    def _converted(
        self, asset: Asset, source: Path, names: Collection[str] | None
    ) -> "dict[str, Numbers] | None":
        """Arrays from the cache; None where it does not hold those of this very file."""
        from frankmocap_ros.assets.conversion import read_converted

        entry = self._cache.entry(asset.key, source)
        if entry is None or not entry.file:
            return None
        stamp = Stamp.of(source)
        if stamp != entry.source and sha256_of(source) != entry.source_sha256:
            return None
        converted = self._cache.sound(entry)
        if converted is None:
            return None
        if stamp != entry.source:  # copied or touched, the content is the same
            self._cache.remember(
                asset.key, source, Entry(stamp, entry.source_sha256, entry.file, entry.sha256)
            )
        try:
            return read_converted(asset, converted, names)
        except AssetError:  # written under other rules
            return None

    def _convert(self, asset: Asset, source: Path, work: Path) -> "dict[str, Numbers]":
        from frankmocap_ros.assets.conversion import DEFAULT_LIMITS, convert, suffix_of

        stamp = Stamp.of(source)
        self._progress(f"converting {source.name} ({size_text(stamp.size)}), once; this takes some seconds")
        output = work / f"arrays{suffix_of(asset)}"
        try:
            converted = convert(asset, source, output, self._limits or DEFAULT_LIMITS)
        except AssetError as error:
            self._cache.remember(asset.key, source, Entry(stamp, "", refused=str(error)))
            raise AssetError(f"{source}: {error}; {_where_from(asset)}") from error
        name = f"{converted.source_sha256}{output.suffix}"
        kept = self._cache.keep(output, name)
        self._cache.remember(asset.key, source, Entry(stamp, converted.source_sha256, name, kept))
        return converted.arrays

    def state(self, key: str) -> AssetState:
        """How it stands with one file, without converting it."""
        asset, path = ASSETS[key], self.path(key)
        if not path.is_file():
            return AssetState(asset, path, "missing", f"{asset.text}: missing; {_where_from(asset)}")
        try:
            stamp, entry = Stamp.of(path), self._cache.entry(key, path)
            fault = _fault(path, asset, stamp.size)
        except OSError as error:
            return AssetState(asset, path, "damaged", f"{asset.text}: {error}; check that it can be read")
        current = entry if entry is not None and entry.source == stamp else None
        if current is not None and self._cache.sound(current) is not None:
            return AssetState(asset, path, "converted", f"{asset.text}: found and converted")
        if current is not None and current.refused:
            fault = current.refused
        if fault:
            return AssetState(asset, path, "damaged", f"{asset.text}: {fault}; {_where_from(asset)}")
        text = f"{asset.text}: found, not converted yet; run: frankmocap_ros convert --assets {self.folder}"
        return AssetState(asset, path, "needs conversion", text)


def _where_from(asset: Asset) -> str:
    return f"get it from {asset.url} ({asset.license}) and put it at extra_data/{asset.path}"


def _fault(path: Path, asset: Asset, size: int) -> str:
    """What both ends of a file tell: that it is empty, cut off or another format; "" where all is well."""
    with path.open("rb") as file:
        start = file.read(6)
        file.seek(max(0, size - 1))
        end = file.read(1)
    if size == 0:
        return "it is empty"
    if start.startswith((b"<", b"versio")):
        return "it is a web page or a Git LFS pointer, not the file itself"
    zipped = start.startswith(b"PK")
    if (zipped or asset.kind == "npz") and not zipfile.is_zipfile(path):
        return "it is cut off or not an archive"
    if asset.kind == "npy" and start != b"\x93NUMPY":
        return "it is not an array of numpy"
    if asset.kind == "pickle" and end != b".":
        return "it is cut off or not a pickle"
    return ""
