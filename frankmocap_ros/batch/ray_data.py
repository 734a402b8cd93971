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

"""Workers below the actors of a Ray Data job, on this machine or on a cluster.

An actor has its worker in another process, as the pool has: an input that ends it ends neither the actor nor
the job, and is done again once. What is lost with a machine, Ray does again on another one.


Ray sends functions and data between its processes as pickles: a cluster has to be one that is trusted.
"""

import contextlib
import json
import logging
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from frankmocap_ros.batch.files import placed
from frankmocap_ros.batch.job import Job, JobFile, Outcome, Task, Tell
from frankmocap_ros.batch.worker_process import WorkerProcess
from frankmocap_ros.errors import BatchError, MocapError
from frankmocap_ros.runtime.installing import optional_import
from frankmocap_ros.runtime.machine import cores
from frankmocap_ros.runtime.native_stderr import with_native_stderr

_OBJECT_STORE_BYTES: Final = 100_000_000  # tasks and outcomes are lines of text; Ray takes no less than 75 MB
_CORES_A_WORKER: Final = 2
_QUIET: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",  # reports to Ray's makers
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    # without it Ray replaces 127.0.0.1 by the machine's address, and all of its servers listen to the network
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
}

_CHATTER: Final = re.compile(rb"Set ray log level")


@dataclass(frozen=True)
class RayData:
    """Does the inputs of a job on Ray.

    Attributes:
        address: of a cluster; empty for one on this machine, which ends with the job.
        workers: how many; 0 for one for two cores.
        tell: told what workers tell, each text once.
    """

    address: str
    workers: int
    tell: Tell

    def __call__(self, job: Job, tasks: Sequence[Task]) -> Iterator[Outcome]:
        """Outcomes, in the order in which they are there.

        Raises:
            BatchError: the cluster is not there, or no worker can start.
            MissingDependencyError: Ray is not installed.
        """
        with _connected(self.address) as ray:
            workers, threads = _shared(_cores_of_nodes(ray), self.workers)
            shares = _Shares(min(workers, len(tasks)), threads, _is_remote(self.address))
            try:
                yield from self._outcomes(ray, job, tasks, shares)
            except ray.exceptions.RayError as error:
                raise BatchError(f"Ray: {_first_line(error)}; see that the cluster is up") from error

    def _outcomes(self, ray: Any, job: Job, tasks: Sequence[Task], shares: "_Shares") -> Iterator[Outcome]:
        told: set[str] = set()
        for answer in _answers(ray, job, tasks, shares):
            for text in answer["told"]:
                if text not in told:
                    told.add(text)
                    self.tell(text)
            if "cannot" in answer:
                raise BatchError(answer["cannot"])
            yield Outcome.of(answer["outcome"])


@dataclass(frozen=True)
class _Shares:
    """How workers share a cluster.

    Attributes:
        workers: how many.
        threads: cores of each.
        remote: whether they may be on other machines.
    """

    workers: int
    threads: int
    remote: bool


class Actor:
    """What Ray runs: one worker, which is made with the first task.

    Args:
        job: the job's text.
        threads: how many cores the worker may use.
        version: of this package where the job began.
        contents: Ray's references to the contents of files, by their SHA-256.
    """

    def __init__(self, job: str, threads: int, version: str, contents: Mapping[str, Any]) -> None:
        self._job, self._threads, self._version, self._contents = Job.of(job), threads, version, contents
        self._worker: WorkerProcess | None = None
        self._told: list[str] = []

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[str]]:
        """A line of JSON for each of the column ``task``, in the column ``answer``."""
        return {"answer": [json.dumps(self._answer(str(text))) for text in batch["task"]]}

    def _answer(self, text: str) -> dict[str, Any]:
        try:
            if self._worker is None:
                self._worker = self._made()
            outcome = self._worker.do(Task.of(text))
        except (MocapError, OSError) as error:
            return {"cannot": str(error), "told": []}
        told, self._told[:] = list(self._told), []
        return {"outcome": outcome.text(), "told": told}

    def _made(self) -> WorkerProcess:
        own = metadata.version("frankmocap_ros")
        if own != self._version:
            raise BatchError(
                f"version {own} of frankmocap_ros is installed on {os.uname().nodename}, and {self._version} "
                "where the job began; install the same "
                "on all machines"
            )
        return WorkerProcess(self._job, placed(self._job, self._content), self._threads, self._told.append)

    def _content(self, file: JobFile) -> bytes:
        import ray

        return bytes(ray.get(self._contents[file.sha256]))


def _answers(ray: Any, job: Job, tasks: Sequence[Task], shares: _Shares) -> Iterator[dict[str, Any]]:
    """What actors answer, parsed."""
    from ray.data import ActorPoolStrategy, DataContext, from_items

    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    # Files of this machine are where they are: only to other machines they are sent.
    contents = {file.sha256: ray.put(Path(file.path).read_bytes()) for file in job.files if shares.remote}
    done = from_items([{"task": task.text()} for task in tasks], override_num_blocks=len(tasks)).map_batches(
        Actor,
        batch_size=1,
        # a task that waits at a busy actor could be done by another one
        compute=ActorPoolStrategy(size=shares.workers, max_tasks_in_flight_per_actor=1),
        fn_constructor_kwargs={
            "job": job.text(),
            "threads": shares.threads,
            "version": metadata.version("frankmocap_ros"),
            "contents": contents,
        },
        num_cpus=shares.threads,
        num_gpus=job.gpus or None,
    )
    for row in done.iter_rows():
        yield json.loads(row["answer"])


@contextlib.contextmanager
def _connected(address: str) -> Iterator[Any]:
    """Ray, connected to a cluster or with one of its own."""
    for name, value in _QUIET.items():
        if not address or name != "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER":
            os.environ.setdefault(name, value)
    otherwise = ", or leave --ray out: processes of this machine do the same"
    with optional_import("Ray", "--ray needs", "cluster", otherwise):
        import ray
        import ray.data
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    with contextlib.ExitStack() as stack:
        if not address:
            # sockets lie there, whose paths have 107 bytes at most
            folder = tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp", ignore_cleanup_errors=True)
            quiet |= {
                "address": "local", "num_cpus": cores(), "include_dashboard": False,
                "_temp_dir": stack.enter_context(folder), "_node_ip_address": "127.0.0.1",
                "object_store_memory": _OBJECT_STORE_BYTES,
            }  # fmt: skip
        else:
            quiet |= {"address": address}
        stack.callback(ray.shutdown)
        try:
            with_native_stderr(lambda: ray.init(**quiet), _CHATTER)
        except Exception as error:  # of many kinds, by what is wrong with the address
            where = f"no Ray cluster at {address}" if address else "Ray does not start"
            raise BatchError(
                f"--ray: {where}: {_first_line(error)}; check it with: ray status, or leave --ray out"
            ) from error
        yield ray


def _is_remote(address: str) -> bool:
    """Whether workers may be on machines that have not the files of this one."""
    return bool(address)


def _cores_of_nodes(ray: Any) -> list[int]:
    return [int(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["Alive"]]


def _shared(nodes: Sequence[int], workers: int) -> tuple[int, int]:
    """How many workers, and how many cores each, so that all find a place.

    Args:
        nodes: cores of each machine.
        workers: how many are wanted; 0 for one for two cores.

    Raises:
        BatchError: there are no cores.
    """
    total = sum(nodes)
    if not total:
        raise BatchError("--ray: the cluster has no CPUs; add machines to it")
    count = min(workers or max(1, total // _CORES_A_WORKER), total)
    for each in range(total // count, 1, -1):
        if sum(node // each for node in nodes) >= count:
            return count, each
    return count, 1


def _first_line(error: BaseException) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
