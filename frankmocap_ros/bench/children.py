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

"""Starts the processes of rows and asks them."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final

from frankmocap_ros.bench.child import Job
from frankmocap_ros.errors import EstimatorError

LOAD_S: Final = 600.0  # exporting a network and measuring engines takes its time, once
TURN_S: Final = 300.0
_STOP_S: Final = 5.0
# the folder that it is started in stays off the module path
_CODE: Final = """
import sys
sys.path.pop(0)
from frankmocap_ros.bench.child import main
sys.exit(main(sys.argv[1]))
"""


class Child:
    """One process.

    Args:
        job: what it does.
    """

    def __init__(self, job: Job) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CODE, job.text()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._rest = b""

    def __enter__(self) -> "Child":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def answer(self, limit_s: float = LOAD_S) -> dict[str, Any]:
        """Its next answer.

        Raises:
            EstimatorError: it has an error, ended, or takes longer than ``limit_s``.
        """
        assert self._process.stdout is not None
        handle = self._process.stdout.fileno()
        while b"\n" not in self._rest:
            if not select.select([handle], [], [], limit_s)[0]:
                self._process.kill()
                raise EstimatorError(f"no answer within {limit_s:g} s")
            data = os.read(handle, 1 << 16)
            if not data:
                raise EstimatorError(self._end())
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        found: dict[str, Any] = json.loads(line)
        if "error" in found:
            raise EstimatorError(found["error"])
        return found

    def turn(self, settle: int, count: int) -> dict[str, Any]:
        """Let it process the next images; see ``child``.

        Raises:
            EstimatorError: as ``answer``.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"settle": settle, "count": count}).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise EstimatorError(self._end()) from error
        return self.answer(TURN_S)

    def close(self) -> None:
        """End it; a second time is allowed."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _end(self) -> str:
        """How it ended, in words."""
        try:
            code = self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            return "its process closed its output"
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return f"its process ended ({how}); its last words stand above"


@contextlib.contextmanager
def only(job: Job) -> Iterator[dict[str, Any]]:
    """The single answer of a process that does one thing.

    Raises:
        EstimatorError: it has an error.
    """
    with Child(job) as child:
        yield child.answer()
