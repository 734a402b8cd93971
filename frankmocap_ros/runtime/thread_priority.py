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

"""Threads and processes that give way to others."""

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

# a tenth of the time of a core that somebody else wants, all of one that nobody does
_NICE: Final = 10
_NICE_OF_PROCESS: Final = 15


def process_gives_way() -> None:
    """Let this process, with threads that it starts from now on, run where no others want their cores.

    Linux's batch policy: besides its low priority, it does not interrupt who is at work when it wakes. Where
    that is not allowed, everything stays as it is.
    """
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICE_OF_PROCESS)
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def giving_way(make: Callable[[], T]) -> T:
    """What ``make`` gives; the threads that it starts run where no others want their cores.

    Linux gives each thread a priority of its own, which its threads inherit, so this calls ``make`` in a
    thread of low priority. Elsewhere it is called as it is.

    Raises:
        Exception: whatever ``make`` raises.
    """
    if not sys.platform.startswith("linux"):
        return make()
    made: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        with contextlib.suppress(OSError):
            me = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, me, max(_NICE, os.getpriority(os.PRIO_PROCESS, me)))
        try:
            made.append(make())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="giving_way")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return made[0]
