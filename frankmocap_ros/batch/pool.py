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

"""Workers as processes of this machine."""

import queue
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from frankmocap_ros.batch.job import Job, Outcome, Task, Tell
from frankmocap_ros.batch.worker_process import WorkerProcess
from frankmocap_ros.errors import BatchError
from frankmocap_ros.runtime.machine import cores

_Found = queue.SimpleQueue[Outcome | BatchError | str]


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

        Raises:
            BatchError: workers cannot start.
        """
        count = max(1, min(self.workers, len(tasks)))
        found: _Found = queue.SimpleQueue()
        left = deque(tasks)
        workers = [
            WorkerProcess(job, job.places_here(), max(1, cores() // count), found.put) for _ in range(count)
        ]
        threads = [
            threading.Thread(target=_serve, args=(worker, left, found), daemon=True) for worker in workers
        ]
        told: set[str] = set()
        try:
            for thread in threads:
                thread.start()
            missing = len(tasks)
            while missing:
                one = found.get()
                if isinstance(one, Outcome):
                    missing -= 1
                    yield one
                elif isinstance(one, BatchError):
                    raise one
                elif one not in told:
                    told.add(one)
                    self.tell(one)
        finally:
            for worker in workers:
                worker.kill()
            for thread in threads:
                thread.join()


def _serve(worker: WorkerProcess, left: "deque[Task]", found: _Found) -> None:
    """Keep one worker busy until no task is left, or it cannot go on."""
    try:
        while left:
            found.put(worker.do(left.popleft()))
    except IndexError:  # another one took the last
        pass
    except BatchError as error:
        found.put(error)
    finally:
        worker.close()
