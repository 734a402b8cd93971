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

"""What C libraries print to file descriptor 2 during one call.

libjpeg says only there that an image is damaged, and still returns pixels: a gray lower half, or noise.
Taking the line off keeps the terminal clean and lets the caller refuse the image.
"""

import os
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Final, TypeVar

T = TypeVar("T")

_MAX_BYTES: Final = 65_536
_lock = threading.Lock()  # one stderr for the process


def with_native_stderr(call: Callable[[], T], wanted: "re.Pattern[bytes]") -> tuple[T, list[bytes]]:
    """Run ``call`` and take the lines that match ``wanted`` off the process's stderr.

    What other threads print meanwhile reaches stderr when the call is over. One call at a time; where the
    system has no memory files, or stderr is closed, nothing is taken. Costs a few microseconds.

    Returns:
        what ``call`` returned, and the lines in order.
    """
    with _lock:
        try:
            tap = _open_tap()
            saved = os.dup(2)
        except OSError:
            return call(), []
        os.dup2(tap, 2)
        try:
            value = call()
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            printed = _drain(tap)
            lines = printed.splitlines(keepends=True)
            others = b"".join(line for line in lines if not wanted.search(line))
            if others:
                with suppress(OSError):  # nobody reads stderr any more
                    os.write(2, others)
        return value, [line for line in lines if wanted.search(line)]


@cache
def _open_tap() -> int:
    """The file that stands in for stderr, made at the first call and kept."""
    if not hasattr(os, "memfd_create"):
        raise OSError("this system has no memory files")
    os.fstat(2)  # raises where stderr is closed: the file must not take its number
    return os.memfd_create("stderr")


def _drain(tap: int) -> bytes:
    """What was written to the tap, which is empty afterwards."""
    size = os.lseek(tap, 0, os.SEEK_CUR)
    if size == 0:
        return b""
    printed = os.pread(tap, min(size, _MAX_BYTES), 0)
    os.lseek(tap, 0, os.SEEK_SET)
    os.ftruncate(tap, 0)
    return printed
