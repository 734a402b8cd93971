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

"""The process that reads one untrusted file: limits first, then the file, then plain numbers out.

``assets/conversion.py`` starts it. It reads nothing but the file, writes one file, and says on its output
how it went.
"""

import errno
import hashlib
import json
import os
import resource
import stat
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from frankmocap_ros.assets import schema
from frankmocap_ros.assets.body_model_pickle import read_pickle
from frankmocap_ros.assets.checkpoint import INSTALL, read_checkpoint, safe_torch
from frankmocap_ros.assets.numpy_files import read_npy, read_npz, write_npz
from frankmocap_ros.assets.pickled import Numbers
from frankmocap_ros.errors import AssetError, MissingDependencyError

MAX_BYTES: Final = 1 << 31  # the largest of these files has half a gigabyte
_READ: Final[Mapping[str, Callable[[bytes], dict[str, Numbers]]]] = {
    "checkpoint": read_checkpoint,
    "pickle": read_pickle,
    "npz": read_npz,
    "npy": read_npy,
}
# what this process never does; Python tells an audit hook before it does any of it
_NEVER: Final = (
    "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.kill", "os.remove",
    "os.rename", "os.link", "os.symlink", "os.chmod", "os.mkdir", "os.putenv", "subprocess.Popen",
    "pty.spawn", "shutil.", "socket.", "ctypes.", "code.__new__", "function.__new__",
)  # fmt: skip
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


def _load_libraries(kind: str) -> None:
    """Import all that will run, before there are limits.

    Raises:
        MissingDependencyError: a package is absent or too old.
    """
    if kind == "checkpoint":
        safe_torch()
        try:
            import safetensors.numpy  # noqa: F401
        except ImportError as error:
            raise MissingDependencyError(f"safetensors is not installed; install it: {INSTALL}") from error


def _used_address_space() -> int:
    """Bytes of this process's address space; libraries such as CUDA's take gigabytes of it."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:  # not Linux
        return 4 << 30
    return pages * resource.getpagesize()


def limit(memory_bytes: int, cpu_s: int, output_bytes: int) -> None:
    """Bound what this process may take from now on; there is no way back.

    Args:
        memory_bytes: address space, beside what is in use.
        cpu_s: processor time, beside what was used; then the system ends the process.
        output_bytes: size of any file that it writes.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + 1 + cpu_s
    for what, most, at_last in (
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_AS, _used_address_space() + memory_bytes, 0),
        (resource.RLIMIT_CPU, seconds, 1),  # first a signal that says why, then one that nobody can ignore
        (resource.RLIMIT_FSIZE, output_bytes, 0),
    ):
        before = resource.getrlimit(what)[1]
        hard = most + at_last if before == resource.RLIM_INFINITY else min(most + at_last, before)
        resource.setrlimit(what, (min(most, hard), hard))


def forbid(output: str) -> None:
    """Refuse, from now on, to start processes, open connections or write any file but ``output``."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(_NEVER):
            raise AssetError(f"it tries {event}")
        if event == "open" and (arguments[2] or 0) & _WRITES and arguments[0] != output:
            raise AssetError("it tries to write a file")

    sys.addaudithook(hook)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise AssetError("it is not a file")
        if found.st_size > MAX_BYTES:
            raise AssetError(f"it has {found.st_size >> 20} MB, more than {MAX_BYTES >> 20} MB")
        return file.read()


def write(path: Path, arrays: Mapping[str, Numbers]) -> None:
    """Write arrays in the format that the file's name says: ``.safetensors`` or ``.npz``."""
    if path.suffix == ".safetensors":
        from safetensors.numpy import save_file

        save_file(dict(arrays), path)
    else:
        write_npz(path, arrays)


def _arrays(job: Mapping[str, Any]) -> tuple[dict[str, Numbers], str]:
    """The checked arrays of the job's source, and the SHA-256 of its bytes."""
    _load_libraries(job["kind"])
    limit(job["memory_bytes"], job["cpu_s"], job["output_bytes"])
    forbid(job["output"])
    data = _read(job["source"])
    arrays = schema.in_single_precision(_READ[job["kind"]](data))
    schema.check(job["key"], arrays)
    return arrays, hashlib.sha256(data).hexdigest()


def _reason(error: Exception, job: Mapping[str, Any]) -> dict[str, str]:
    """What to tell the parent of an error while reading."""
    if isinstance(error, MissingDependencyError):
        return {"dependency": str(error)}
    if isinstance(error, MemoryError):
        return {"refused": f"reading it takes more than {job['memory_bytes'] >> 20} MB of memory"}
    if isinstance(error, AssetError):
        return {"refused": str(error)}
    return {"refused": f"it cannot be read ({type(error).__name__}: {str(error)[:200]})"}


def convert(job: Mapping[str, Any]) -> dict[str, str]:
    """Convert one file; returns what to tell the parent."""
    try:
        arrays, digest = _arrays(job)
    except Exception as error:
        return _reason(error, job)
    try:
        write(Path(job["output"]), arrays)
    except Exception as error:
        if getattr(error, "errno", None) == errno.EFBIG:
            return {"refused": f"its numbers take more than {job['output_bytes'] >> 20} MB"}
        return {"unwritten": f"{type(error).__name__}: {error}"}
    return {"sha256": digest}


def main() -> None:
    """Do the job that is the last argument, and leave without running anything else."""
    print(json.dumps(convert(json.loads(sys.argv[-1]))), flush=True)
    os._exit(0)
