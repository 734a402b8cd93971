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

"""One worker: loads what a job needs once, then does one input after the other.

As a process of its own it reads a line of JSON for the job and one for each task, and writes one for each
outcome; ``worker_process.py`` starts it.
"""

import contextlib
import json
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from frankmocap_ros.batch.job import Job, OneInput, Outcome, Task, Tell
from frankmocap_ros.batch.journal import PARTIAL, remove
from frankmocap_ros.errors import MocapError
from frankmocap_ros.runtime.file_names import printable
from frankmocap_ros.runtime.machine import take_cores
from frankmocap_ros.runtime.malloc import keep_freed_memory
from frankmocap_ros.runtime.thread_pools import leave_cores_to_networks

_FAULT_LINES: Final = 3


class Worker:
    """Does the inputs of one job, in the process that calls.

    Args:
        job: what is done with each.
        places: see ``Job.open``.
        tell: told what the user should know.
        threads: how many cores it may use.

    Raises:
        MocapError: the job cannot be opened.
    """

    def __init__(self, job: Job, places: Mapping[str, Path], tell: Tell, threads: int) -> None:
        take_cores(threads)
        keep_freed_memory()
        leave_cores_to_networks()
        self._stack = contextlib.ExitStack()
        self._one: OneInput = self._stack.enter_context(job.open(places, tell))

    def do(self, task: Task) -> Outcome:
        """Do one input; its result appears whole or not at all. What is wrong with it is told, not raised."""
        result, start_s = Path(task.result), time.perf_counter()
        partial = result.with_name(f"{PARTIAL}{os.getpid()}-{result.name}")
        reason, notes, empty = "", {}, False
        try:
            notes = dict(self._one(Path(task.path), partial, task.name))
            empty = not partial.exists()
            if not empty:
                _replace(partial, result)
        except MocapError as error:
            reason = str(error)
        except OSError as error:
            name = error.filename if isinstance(error.filename, str | bytes) else result
            reason = f"{printable(name)}: {error.strerror or error}; check free space and permissions"
        except Exception as error:  # a fault of ours with one input must not end the others
            frames = traceback.format_tb(error.__traceback__)[-_FAULT_LINES:]
            reason = f"{type(error).__name__}: {error}; a fault of this package:\n{''.join(frames)}"
        finally:
            with contextlib.suppress(OSError):
                remove(partial)
        return Outcome(task.number, reason, notes, round(time.perf_counter() - start_s, 3), empty)

    def close(self) -> None:
        """Give back what was loaded."""
        self._stack.close()


def _replace(partial: Path, result: Path) -> None:
    """Put a finished result, a file or a folder, in place of an earlier one."""
    if result.is_dir() and not result.is_symlink():
        old = result.with_name(f"{PARTIAL}{os.getpid()}-old-{result.name}")
        os.replace(result, old)
        os.replace(partial, result)
        remove(old)
    else:
        os.replace(partial, result)


def main() -> int:
    """Work for the process at the other end of standard input, until that is closed."""
    answers = os.fdopen(os.dup(1), "w", encoding="ascii", buffering=1)
    os.dup2(2, 1)  # what libraries print must not look like an answer
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    first = sys.stdin.readline()
    if not first:
        return 0
    threading.Thread(target=_hear, args=(lines,), daemon=True).start()
    start = json.loads(first)

    def answer(kind: str, value: Any) -> None:
        answers.write(f"{json.dumps({kind: value})}\n")

    try:
        places = {place: Path(path) for place, path in start["places"].items()}
        worker = Worker(Job.of(start["job"]), places, lambda text: answer("tell", text), start["threads"])
    except MocapError as error:
        answer("cannot", str(error))
        return 1
    answer("ready", True)
    while True:
        answer("outcome", worker.do(Task.of(lines.get())).text())


def _hear(lines: "queue.SimpleQueue[str]") -> None:
    """Take tasks in; end where the other end is closed, in the middle of one too."""
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)
