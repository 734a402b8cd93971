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

import os
import subprocess
import sys
import threading

import pytest

from frankmocap_ros.runtime.thread_priority import giving_way


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="threads have no priority of their own")
def test_threads_that_give_way():
    def make():
        ids = []
        inner = threading.Thread(target=lambda: ids.append(threading.get_native_id()) or stop.wait(10.0))
        inner.start()
        while not ids:
            pass
        return inner, os.getpriority(os.PRIO_PROCESS, ids[0])

    stop = threading.Event()
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    inner, priority = giving_way(make)
    stop.set()
    inner.join()
    assert priority == max(before, 10)
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before


def test_what_goes_wrong_in_giving_way_is_told():
    with pytest.raises(ZeroDivisionError):
        giving_way(lambda: 1 / 0)


PROCESS = """
import os
import threading
from frankmocap_ros.runtime.thread_priority import process_gives_way

process_gives_way()
found = []
thread = threading.Thread(target=lambda: found.append((os.nice(0), os.sched_getscheduler(0))))
thread.start()
thread.join()
print(found == [(min(%d + 15, 19), os.SCHED_BATCH)])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no such policy")
def test_a_process_that_gives_way():
    code = PROCESS % os.getpriority(os.PRIO_PROCESS, 0)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
