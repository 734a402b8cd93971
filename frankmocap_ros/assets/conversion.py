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

"""Convert one file in a child process, and look at what it wrote before anybody uses it."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import frankmocap_ros
from frankmocap_ros.assets import schema
from frankmocap_ros.assets.checkpoint import INSTALL
from frankmocap_ros.assets.layout import Asset
from frankmocap_ros.assets.numpy_files import read_npz
from frankmocap_ros.assets.pickled import Numbers
from frankmocap_ros.errors import AssetError, MissingDependencyError

_PACKAGE: Final = Path(frankmocap_ros.__file__).parent
_MAX_REPORT: Final = 65_536
# The child is isolated: nothing of the working folder or of PYTHON* variables is imported. This package is
# named by its folder; the folders of other packages come last, so that none of them hides Python's own.
_START: Final = """
import importlib.util, json, sys
job = json.loads(sys.argv[-1])
sys.path += [folder for folder in job["folders"] if folder not in sys.path]
spec = importlib.util.spec_from_file_location(
    "frankmocap_ros", job["package"] + "/__init__.py", submodule_search_locations=[job["package"]]
)
sys.modules["frankmocap_ros"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
from frankmocap_ros.assets.child import main
main()
"""


@dataclass(frozen=True)
class ConversionLimits:
    """What the child may take.

    Attributes:
        memory_bytes: address space beside what its libraries take.
        memory_per_byte: address space beside that, for each byte of the file. A checkpoint takes 2, a pickle
            of Python 2 takes 3, one of Python 3's protocol 2 takes 4.
        cpu_s: processor time [s].
        wall_s: time until the parent ends it [s].
    """

    memory_bytes: int = 1 << 30
    memory_per_byte: int = 6
    cpu_s: int = 120
    wall_s: float = 600.0


DEFAULT_LIMITS: Final = ConversionLimits()


@dataclass(frozen=True, eq=False)
class Converted:
    """What came of a conversion.

    Attributes:
        source_sha256: of the bytes that were read.
        arrays: by name, checked.
    """

    source_sha256: str
    arrays: dict[str, Numbers]


def suffix_of(asset: Asset) -> str:
    """Ending of the converted file's name."""
    return ".safetensors" if asset.kind == "checkpoint" else ".npz"


def read_converted(asset: Asset, path: Path, names: Collection[str] | None = None) -> dict[str, Numbers]:
    """Arrays of a converted file, checked.

    Args:
        asset: what the file is.
        path: where it is.
        names: which arrays, of those that are there; None for all.

    Raises:
        AssetError: it does not hold what the asset should.
        OSError: it cannot be read.
        MissingDependencyError: safetensors is absent.
    """
    if asset.kind == "checkpoint":
        arrays = _read_safetensors(path, names)
    else:
        with path.open("rb") as file:
            arrays = read_npz(file, names)
    schema.check(asset.key, arrays, names)
    return arrays


def _read_safetensors(path: Path, names: Collection[str] | None) -> dict[str, Numbers]:
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError as error:
        raise MissingDependencyError(f"safetensors is not installed; install it: {INSTALL}") from error
    try:
        # one array at a time: all at once keep every other thread from running, for 80 ms and more
        with safe_open(path, framework="numpy") as file:
            found = [name for name in file.keys() if names is None or name in names]  # noqa: SIM118
            return {name: file.get_tensor(name) for name in found}
    except (SafetensorError, ValueError, KeyError) as error:
        raise AssetError(f"the converted file is damaged ({error})") from error


def convert(asset: Asset, source: Path, output: Path, limits: ConversionLimits = DEFAULT_LIMITS) -> Converted:
    """Read ``source`` in a child process, which writes its arrays to ``output``.

    Args:
        asset: what the file is.
        source: the file as the user has it.
        output: the file to write, with the ending ``suffix_of(asset)``, in a folder of its own.
        limits: what the child may take.

    Raises:
        AssetError: the file is refused, with the reason.
        OSError: the output cannot be written.
        MissingDependencyError: a package is absent or too old.
    """
    if not sys.executable:
        raise AssetError("there is no Python to start: sys.executable is empty")
    size = source.stat().st_size
    job = {
        "key": asset.key,
        "kind": asset.kind,
        "source": str(source.absolute()),
        "output": str(output.absolute()),
        "memory_bytes": limits.memory_bytes + limits.memory_per_byte * size,
        "cpu_s": limits.cpu_s,
        "output_bytes": 4 * size + (64 << 20),  # sparse matrices grow when their zeros are written out
        "package": str(_PACKAGE),
        "folders": _folders(("numpy", "torch", "safetensors")),
    }
    report = _run(json.dumps(job), output.parent, limits)
    if "sha256" in report:
        return Converted(str(report["sha256"]), read_converted(asset, output))
    if "dependency" in report:
        raise MissingDependencyError(str(report["dependency"]))
    if "unwritten" in report:
        raise OSError(f"the converted file cannot be written to {output.parent} ({report['unwritten']})")
    raise AssetError(str(report.get("refused", "the process that reads it says nothing of use")))


def _folders(packages: Sequence[str]) -> list[str]:
    """Where this process finds the packages: not always where an isolated one looks."""
    found = []
    for name in packages:
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            continue
        if spec is not None and spec.origin is not None and os.path.isabs(spec.origin):
            found.append(str(Path(spec.origin).parent.parent))
    return [folder for folder in dict.fromkeys(found) if folder != os.getcwd()]


def _environment() -> dict[str, str]:
    """What libraries need to be found, one thread, no GPU."""
    kept = ("PATH", "LD_LIBRARY_PATH", "HOME", "LANG", "LC_ALL", "SYSTEMROOT")
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        **dict.fromkeys(threads, "1"),
        "CUDA_VISIBLE_DEVICES": "",
    }


def _run(job: str, folder: Path, limits: ConversionLimits) -> dict[str, Any]:
    """The child's report.

    Raises:
        AssetError: it ended without one.
    """
    said, complained = folder / "report.json", folder / "errors.txt"
    with said.open("wb") as out, complained.open("wb") as err:
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-B", "-c", _START, job],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=folder,
                env=_environment(),
                timeout=limits.wall_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise AssetError(f"reading it takes more than {limits.wall_s:g} s") from error
    if done.returncode == -signal.SIGXCPU:
        raise AssetError(f"reading it takes more than {limits.cpu_s} s of processor time")
    if done.returncode < 0:
        raise AssetError(f"the process that reads it was ended by signal {-done.returncode}")
    try:
        report = json.loads(_beginning(said))
    except ValueError as error:
        lines = _beginning(complained).decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
        raise AssetError(
            f"the process that reads it failed with exit code {done.returncode}: {lines[-1][:300]}"
        ) from error
    return report if isinstance(report, dict) else {}


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MAX_REPORT)
