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

"""Memory that is freed and taken again: the same pages, or new ones that the system fills with zeros."""

import ctypes
import subprocess
import sys

import pytest

from frankmocap_ros.runtime import malloc as memory

ROUNDS = 20
PAGES_A_ROUND = 4 * 3_000_000 // 65_536  # of the largest size that Linux has by default

PROGRAM = f"""
import resource, sys, threading
import numpy as np
from frankmocap_ros.runtime.malloc import keep_freed_memory

kept = sys.argv[1] == "keep" and keep_freed_memory()

def images():
    for _ in range({ROUNDS}):
        [np.ones(3_000_000, np.uint8) for _ in range(4)]

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    images()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

images()
counts = [faults()]
def work():
    images()
    counts.append(faults())
thread = threading.Thread(target=work)
thread.start()
thread.join()
print(int(kept), *counts)
"""


def page_faults(mode):
    """Whether memory is kept; pages that the main thread and another one were given for their buffers."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, mode], capture_output=True, text=True, check=True, timeout=120
    )
    kept, *counts = map(int, done.stdout.split())
    return bool(kept), counts


def test_pages_are_used_again():
    kept, counts = page_faults("keep")
    if not kept:
        pytest.skip("this C library cannot be told to keep memory")
    assert max(counts) < PAGES_A_ROUND  # less than one round's
    _, without = page_faults("give back")
    assert min(without) > ROUNDS * PAGES_A_ROUND / 2, "the C library keeps memory by itself: drop memory.py"


@pytest.mark.parametrize("trouble", [AttributeError, OSError])
def test_other_c_libraries(monkeypatch, trouble):
    def library(_):
        raise trouble

    monkeypatch.setattr(ctypes, "CDLL", library)
    assert memory.keep_freed_memory() is False


def test_a_refusal_is_told(monkeypatch):
    asked = []

    class Library:
        class mallopt:  # noqa: N801
            def __new__(cls, option, value):
                asked.append((option, value))
                return 0

    monkeypatch.setattr(ctypes, "CDLL", lambda _: Library)
    assert memory.keep_freed_memory() is False
    assert asked == [(-3, memory.MMAP_THRESHOLD_BYTES), (-1, memory.TRIM_THRESHOLD_BYTES)]


FREED = """
import sys
import psutil
from frankmocap_ros.runtime.malloc import give_back_freed_memory, keep_freed_memory

keep_freed_memory()
kept = [b"x" * (100_000 + i) for i in range(1000)]
last = b"x" * 99_999  # holds the heap's end
del kept
before = psutil.Process().memory_info().rss
give_back_freed_memory()
print(before - psutil.Process().memory_info().rss)
"""


def test_what_is_free_is_given_back():
    if sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"):
        pytest.skip("this C library cannot be told to give memory back")
    done = subprocess.run([sys.executable, "-c", FREED], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 80_000_000


@pytest.mark.parametrize("trouble", [AttributeError, OSError])
def test_nothing_is_given_back_with_other_c_libraries(monkeypatch, trouble):
    def library(_):
        raise trouble

    monkeypatch.setattr(ctypes, "CDLL", library)
    memory.give_back_freed_memory()
