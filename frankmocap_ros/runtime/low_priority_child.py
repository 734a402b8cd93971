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

"""Another Python process that does one thing with low priority, and ends with the one that started it."""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import IO, Final

_NICE: Final = 10
# the folder that it starts in stays off the module path
_CODE: Final = "import sys; sys.path.pop(0); from {0} import main; sys.exit(main())"


def start_of(module: str) -> str:
    """The code that runs ``main`` of a module."""
    return _CODE.format(module)


class LowPriorityChild:
    """One process; made for one run.

    Args:
        code: what it runs; it should call ``give_way`` once it has read its job.
        longest_s: it is ended after so long [s].
    """

    def __init__(self, code: str, longest_s: float) -> None:
        self._code, self._longest_s = code, longest_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def run(self, job: bytes, hear: Callable[[str], None]) -> None:
        """Give it a job, and hear each line that it writes; returns when it has ended, however it did."""
        if not sys.executable:
            return
        with contextlib.suppress(OSError):
            with self._lock:
                if self._closed:
                    return
                self._process = process = subprocess.Popen(
                    [sys.executable, "-c", self._code],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            too_long = threading.Timer(self._longest_s, process.kill)
            too_long.daemon = True
            too_long.start()
            try:
                with process:
                    assert process.stdin is not None
                    assert process.stdout is not None
                    process.stdin.write(job)
                    process.stdin.flush()  # open until it is done: where this process ends, so does that one
                    for line in process.stdout:
                        hear(line.decode("utf-8", "replace").rstrip("\n"))
            finally:
                too_long.cancel()

    def close(self) -> None:
        """End it, or never let it begin."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                self._process.kill()


def give_way(job: IO[bytes]) -> None:
    """In the process: run where no others want the cores, and end when the other end of ``job`` is closed."""
    os.nice(_NICE)

    def end_with_parent() -> None:
        os.read(job.fileno(), 1)  # not the file's own, whose lock would be held where Python ends
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
