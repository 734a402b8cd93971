"""Threads that give way to others."""

import os
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
