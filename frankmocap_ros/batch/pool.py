"""Workers as processes of this machine."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from frankmocap_ros.batch.job import Job, Outcome, Task, Tell
from frankmocap_ros.errors import BatchError
from frankmocap_ros.runtime.low_priority_child import start_of
from frankmocap_ros.runtime.machine import cores

_TRIES: Final = 2  # of an input whose worker ends, and of a worker that ends while it starts
_STOP_S: Final = 5.0


@dataclass(frozen=True)
class Pool:
    """Processes that do the inputs of a job, each with a model of its own.

    Attributes:
        workers: how many; they share the cores.
        tell: told what workers tell, each text once.
    """

    workers: int
    tell: Tell

    def __call__(self, job: Job, tasks: Sequence[Task]) -> Iterator[Outcome]:
        """Outcomes, in the order in which they are there; all processes end with the iterator.

        A worker that ends in the middle of an input is replaced, and the input is done again once.

        Raises:
            BatchError: workers cannot start.
        """
        count = max(1, min(self.workers, len(tasks)))
        run = _Run(job, max(1, cores() // count), deque((task, 1) for task in tasks))
        threads = [threading.Thread(target=run.serve, daemon=True) for _ in range(count)]
        told: set[str] = set()
        try:
            for thread in threads:
                thread.start()
            left = len(tasks)
            while left:
                found = run.found.get()
                if isinstance(found, Outcome):
                    left -= 1
                    yield found
                elif isinstance(found, BatchError):
                    raise found
                elif found not in told:
                    told.add(found)
                    self.tell(found)
        finally:
            run.stop()
            for thread in threads:
                thread.join()


class _EndedError(Exception):
    """A worker ended by itself, or was ended by somebody else."""


class _Run:
    """What the threads share, each of which serves one worker."""

    def __init__(self, job: Job, threads: int, tasks: "deque[tuple[Task, int]]") -> None:
        self.found: queue.SimpleQueue[Outcome | BatchError | str] = queue.SimpleQueue()
        self._start = {
            "job": job.text(),
            "threads": threads,
        }
        self._tasks = tasks
        self._lock = threading.Lock()
        self._processes: list[_Process] = []
        self._stopped = False

    def serve(self) -> None:
        """Keep one worker busy until no task is left."""
        process: _Process | None = None
        try:
            while True:
                try:
                    task, attempt = self._tasks.popleft()
                except IndexError:
                    break
                process = process or self._started()
                try:
                    self.found.put(process.do(task, self.found.put))
                except _EndedError as error:
                    process.close()
                    process = None
                    if attempt < _TRIES:
                        self._tasks.append((task, attempt + 1))
                    elif not self._stopped:
                        self.found.put(Outcome(task.number, f"the worker ended while it was at it, {error}"))
                if self._stopped:
                    break
        except BatchError as error:
            self.found.put(error)
        finally:
            if process is not None:
                process.close()

    def _started(self) -> "_Process":
        for attempt in range(_TRIES):
            with self._lock:
                if self._stopped:
                    break
                process = _Process(self._start)
                self._processes.append(process)
            try:
                process.wait_ready(self.found.put)
            except _EndedError as error:
                process.close()
                if attempt == _TRIES - 1:
                    raise BatchError(
                        f"a worker ended while it started, {error}; try fewer: --workers 1"
                    ) from error
            except BatchError:
                process.close()
                raise
            else:
                return process
        raise BatchError("stopped")

    def stop(self) -> None:
        """End all processes now."""
        with self._lock:
            self._stopped = True
            self._tasks.clear()
            for process in self._processes:
                process.kill()


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
