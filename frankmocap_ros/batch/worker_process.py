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

"""One worker in a process of its own, which is replaced where it ends by itself."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from frankmocap_ros.batch.job import Job, Outcome, Task, Tell
from frankmocap_ros.errors import BatchError
from frankmocap_ros.runtime.low_priority_child import start_of

_TRIES: Final = 2  # of an input whose worker ends, and of a worker that ends while it starts
_STOP_S: Final = 5.0


class _EndedError(Exception):
    """A worker ended by itself, or was ended by somebody else."""


class WorkerProcess:
    """Does the inputs of one job, one after the other, in another process that loads the model once.

    Args:
        job: what is done with each.
        places: path of each place of the job's files.
        threads: how many cores the worker may use.
        tell: told what the worker tells.
    """

    def __init__(self, job: Job, places: Mapping[str, Path], threads: int, tell: Tell) -> None:
        self._start = {
            "job": job.text(),
            "places": {place: str(path) for place, path in places.items()},
            "threads": threads,
        }
        self._tell = tell
        self._lock = threading.Lock()
        self._process: _Process | None = None
        self._closed = False

    def do(self, task: Task) -> Outcome:
        """Do one input; where the process ends meanwhile, once more in another one.

        Raises:
            BatchError: no process can start, or this was closed.
        """
        for _ in range(_TRIES):
            process = self._process or self._started()
            try:
                return process.do(task, self._tell)
            except _EndedError as error:
                last = error
                self._drop(process)
        return Outcome(task.number, f"the worker ended twice while it was at it, {last}")

    def kill(self) -> None:
        """End the process at once, from any thread; a call of ``do`` raises."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                self._process.kill()

    def close(self) -> None:
        """End the process, in the thread that calls ``do``."""
        self.kill()
        if self._process is not None:
            self._drop(self._process)

    def _started(self) -> "_Process":
        for _ in range(_TRIES):
            with self._lock:
                if self._closed:
                    break
                self._process = process = _Process(self._start)
            try:
                process.wait_ready(self._tell)
            except _EndedError as error:
                last = error
                self._drop(process)
            except BatchError:
                self._drop(process)
                raise
            else:
                return process
        if self._closed:
            raise BatchError("the workers were stopped")
        raise BatchError(f"a worker ended twice while it started, {last}; try fewer: --workers 1")

    def _drop(self, process: "_Process") -> None:
        with self._lock:
            self._process = None
        process.close()


class _Process:
    """One worker, in a session of its own: Ctrl-C is for the process that started it."""

    def __init__(self, start: Mapping[str, Any]) -> None:
        threads = str(start["threads"])
        self._process = subprocess.Popen(
            [sys.executable, "-c", start_of("frankmocap_ros.batch.worker")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="ascii",
            start_new_session=True,
            # before libraries are loaded, which read it once
            env={"OMP_NUM_THREADS": threads, **os.environ},
        )
        self._send(json.dumps(start))

    def wait_ready(self, tell: Tell) -> None:
        """Wait until the model is loaded."""
        self._answer("ready", tell)

    def do(self, task: Task, tell: Tell) -> Outcome:
        """Have one input done."""
        self._send(task.text())
        return Outcome.of(self._answer("outcome", tell))

    def _send(self, line: str) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it ended, which its answer tells
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()

    def _answer(self, kind: str, tell: Tell) -> Any:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if not line.endswith("\n"):  # cut off as it ended
                break
            found = json.loads(line)
            if kind in found:
                return found[kind]
            if "cannot" in found:
                raise BatchError(found["cannot"])
            tell(found["tell"])
        raise _EndedError(self._how_it_ended())

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:  # its output is closed: nothing can come any more
            self.kill()
            code = self._process.wait()
        if code >= 0:
            return f"with exit code {code}"
        hint = " (the system does so where memory runs out)" if -code == signal.SIGKILL else ""
        return f"by {signal.Signals(-code).name}{hint}"

    def kill(self) -> None:
        """End it at once."""
        if self._process.poll() is None:
            self._process.kill()

    def close(self) -> None:
        """Let it end by itself, which it does where nobody sends anything any more."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_S)
        self.kill()
        self._process.wait()
        self._process.stdout.close()
