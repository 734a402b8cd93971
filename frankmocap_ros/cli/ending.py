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

"""The end of every program: an error that users can fix is one line, with the next step."""

import contextlib
import errno
import os
import re
import sys
from collections.abc import Callable
from typing import Final

from frankmocap_ros.errors import MocapError
from frankmocap_ros.runtime.file_names import printable

CANNOT_RUN: Final = 2
INTERRUPTED: Final = 130  # 128 and the number of SIGINT, as shells count
_LIBRARY: Final = re.compile(r"(lib[\w.+-]+?\.so[.\d]*): cannot open shared object file")
_PACKAGES: Final = {
    "libGL.so.1": "libgl1",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libglib-2.0.so.0": "libglib2.0-0",
}
_STEPS: Final = {
    errno.ENOSPC: "free some space, or choose another location",
    errno.EDQUOT: "free some space, or choose another location",
    errno.EROFS: "choose a writable location (HOME, FRANKMOCAP_CACHE_DIR, --out)",
    errno.EACCES: "check its permissions, or choose another location",
    errno.EPERM: "check its permissions, or choose another location",
}


def ended(program: str, run: Callable[[], int]) -> int:
    """Run a program to its end; returns the exit code.

    An error that is this package's own fault keeps its traceback.

    Args:
        program: for the line.
        run: does it, and gives the exit code.
    """
    # file names and the like may hold what this terminal cannot show
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = run()
        if sys.stdout is not None:  # it was not closed by who started this
            sys.stdout.flush()
    except MocapError as error:
        return _told(program, str(error))
    except KeyboardInterrupt:
        return _told(program, "interrupted", INTERRUPTED)
    except BrokenPipeError:  # `frankmocap_ros process ... | head`
        _settle_output()
        return 0
    except OSError as error:
        return _told(program, os_error_text(error))
    except ImportError as error:
        text = import_error_text(error)
        if text is None:
            raise
        return _told(program, text)
    return code


def os_error_text(error: OSError) -> str:
    """What went wrong with a file, or with the machine, and the next step."""
    what = f"{printable(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    step = _STEPS.get(error.errno or 0, "check that it exists and is accessible")
    return f"{what}{error.strerror or error}; {step}"


def import_error_text(error: ImportError) -> str | None:
    """What does not load, and the next step; None where that is a module of this package."""
    name = error.name or _raised_in(error)
    package = name.partition(".")[0]
    if package in ("", "frankmocap_ros"):
        return None
    what = {"cv2": "OpenCV", "numpy": "NumPy"}.get(package, package)
    step = opencv_step(str(error)) if package in ("cv2", "numpy") else f"reinstall {package}"
    return f"{what} does not load: {error}; {step}; check with: frankmocap_ros doctor"


def opencv_step(problem: str) -> str:
    """What to do where OpenCV or NumPy does not load.

    Args:
        problem: what it says, or its last line.
    """
    again = "pip install --force-reinstall 'opencv-python>=4.11' numpy"
    return library_step(problem) or again


def library_step(problem: str) -> str | None:
    """What to do where a library of the system is missing; None where none is.

    Args:
        problem: what the loader says of it.
    """
    library = _LIBRARY.search(problem)
    if library is None:
        return None
    package = _PACKAGES.get(library[1])
    install = f"apt install {package}" if package else f"install the package that provides {library[1]}"
    return f"{install} (missing in slim images)"


def _told(program: str, text: str, code: int = CANNOT_RUN) -> int:
    _settle_output()
    with contextlib.suppress(OSError, ValueError):
        print(f"{program}: {text}", file=sys.stderr, flush=True)
    return code


def _raised_in(error: ImportError) -> str:
    """Name of the module that raised an error which names none."""
    at = error.__traceback__
    name = ""
    while at is not None:
        found = at.tb_frame.f_globals.get("__name__", "")
        name = found if not found.startswith("importlib") else name
        at = at.tb_next
    return name


def _settle_output() -> None:
    """Write what standard output still holds, or nowhere: it would fail once more when Python ends."""
    out = sys.stdout
    try:
        if out is not None:
            out.flush()
    except OSError:
        if out is sys.__stdout__:  # not one that a caller put there
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.close(nowhere)
