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

"""Lines to a file or standard output, each written at once and completely or not at all."""

import contextlib
import os
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Final

from frankmocap_ros.cli.ending import os_error_text
from frankmocap_ros.errors import MocapError, SourceError
from frankmocap_ros.runtime.file_names import home_expanded, printable

_STDOUT: Final = 1


class LineWriter:
    """Writes lines to an open file descriptor.

    Args:
        descriptor: of the file.
        name: of it, for errors.
    """

    def __init__(self, descriptor: int, name: str) -> None:
        self.count = 0  # lines that were written
        self._descriptor = descriptor
        self._name = name
        self._regular = stat.S_ISREG(os.fstat(descriptor).st_mode)

    def write(self, line: str) -> None:
        """Write a line; SIGINT waits meanwhile. What was written of it when that fails is cut off.

        Args:
            line: without its end.

        Raises:
            MocapError: it cannot be written.
            BrokenPipeError: nobody reads any more.
        """
        with _interrupt_waits():
            self._write(memoryview(f"{line}\n".encode("ascii")))
            self.count += 1

    def _write(self, data: memoryview) -> None:
        written = 0
        try:
            while written < len(data):
                written += os.write(self._descriptor, data[written:])
        except BaseException as error:
            self._cut_off(written)
            if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
                raise MocapError(f"{self._name}: {os_error_text(error)}") from error
            raise

    def _cut_off(self, count: int) -> None:
        if self._regular and count:
            with contextlib.suppress(OSError):
                end = os.lseek(self._descriptor, -count, os.SEEK_CUR)
                os.ftruncate(self._descriptor, end)


@contextlib.contextmanager
def _interrupt_waits() -> Iterator[None]:
    """SIGINT raises KeyboardInterrupt at the end only; a second one does at once, should nobody read."""
    usual = signal.default_int_handler
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not usual
    ):
        yield
        return
    came: list[int] = []

    def wait(number: int, frame: FrameType | None) -> None:
        if came:
            usual(number, frame)
        came.append(number)

    signal.signal(signal.SIGINT, wait)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
    if came:
        raise KeyboardInterrupt


@contextlib.contextmanager
def line_writer(path: str | None) -> Iterator[LineWriter]:
    """A writer into a new file, or to standard output where ``path`` is None.

    Raises:
        SourceError: the file cannot be made.
    """
    if path is None:
        if sys.stdout is None:
            raise SourceError("standard output is closed; pass a file as --out")
        sys.stdout.flush()
        yield LineWriter(_STDOUT, "standard output")
        return
    out: Path = home_expanded(path)
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    except OSError as error:
        raise SourceError(
            f"--out {printable(path)}: {error.strerror}; choose a file in a writable folder"
        ) from error
    try:
        yield LineWriter(descriptor, f"--out {printable(path)}")
    finally:
        os.close(descriptor)
