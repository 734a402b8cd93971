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

"""Garbage is collected between frames, and at no other time."""

import gc
import threading
import weakref

import pytest

from frankmocap_ros.runtime.gc_control import Collector


class Node:
    """Something in a cycle of its own."""

    def __init__(self):
        self.me = self


@pytest.fixture(autouse=True)
def as_before():
    """Every test finds the collector as Python makes it, and must leave it so."""
    gc.unfreeze()
    before = gc.isenabled(), gc.get_threshold()
    yield
    assert (gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()) == (*before, 0)


@pytest.fixture
def collector():
    collector = Collector()
    collector.start()
    yield collector
    collector.stop()


@pytest.fixture
def collections():
    """Generation of each collection that runs."""
    seen = []

    def note(phase, info):
        if phase == "start":
            seen.append(info["generation"])

    gc.callbacks.append(note)
    yield seen
    gc.callbacks.remove(note)


def frame():
    """One frame's garbage; tells when it is gone."""
    return weakref.ref(Node())


@pytest.mark.parametrize(("idle", "frames"), [(True, 10), (False, 30)])
def test_a_cycle_is_collected_within_so_many_frames(collector, idle, frames):
    for _ in range(3):
        garbage = frame()
        for _ in range(frames - 1):
            collector.between_frames(idle)
        assert garbage() is not None
        collector.between_frames(idle)
        assert garbage() is None


def test_a_cycle_that_has_survived_is_collected_in_the_end(collector):
    kept = Node()
    gone = weakref.ref(kept)
    for _ in range(40):
        collector.between_frames(idle=True)  # now in the oldest generation
    del kept
    for _ in range(59):
        collector.between_frames(idle=True)
    assert gone() is not None
    collector.between_frames(idle=True)
    assert gone() is None


def test_memory_is_bounded_though_images_never_stop(collector):
    garbage = []
    for _ in range(1000):
        garbage.append(frame())
        collector.between_frames(idle=False)
    assert sum(one() is not None for one in garbage) <= 30


def test_nothing_is_collected_during_a_frame(collector, collections):
    kept = [[] for _ in range(20_000)]  # Python's own threshold is 700
    assert collections == []
    del kept
    for _ in range(10):
        collector.between_frames(idle=True)
    assert len(collections) == 1


def test_only_one_collection_in_ten_is_of_everything(collector, collections):
    for _ in range(300):
        collector.between_frames(idle=True)
    assert collections == ([1] * 9 + [2]) * 3


def test_what_is_alive_at_the_start_is_not_looked_at_again(collector):
    assert gc.get_freeze_count() > 1000
    assert len(gc.get_objects()) < 1000


def test_what_is_loaded_meanwhile_is_not_looked_at_again_either(collector):
    model = [[] for _ in range(5000)]
    assert len(gc.get_objects()) >= len(model)
    collector.keep()
    assert len(gc.get_objects()) < 1000


def test_without_frames_it_is_bounded_too(collector, collections):
    kept = [[] for _ in range(150_000)]
    assert collections
    del kept


def test_everything_is_as_before_when_the_last_one_stops():
    before = gc.get_threshold()
    first, second = Collector(), Collector()
    first.start()
    second.start()
    first.stop()
    assert gc.get_threshold() != before
    assert gc.get_freeze_count() > 0
    second.stop()
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


def test_starting_and_stopping_twice_counts_once():
    first, second = Collector(), Collector()
    first.start()
    first.start()
    second.start()
    first.stop()
    first.stop()
    assert gc.get_freeze_count() > 0
    second.stop()
    assert gc.get_freeze_count() == 0


def test_nothing_is_collected_while_something_is_loaded(collector, collections):
    with collector.loading():
        kept = []
        for _ in range(100):
            kept.append([[] for _ in range(5_000)])  # five times what Python waits for
            collector.between_frames(idle=True)
        assert collections == []
    del kept
    for _ in range(10):
        collector.between_frames(idle=True)
    assert collections == [1]


def test_it_collects_again_where_loading_fails(collector, collections):
    with pytest.raises(OSError), collector.loading():
        raise OSError
    for _ in range(10):
        collector.between_frames(idle=True)
    assert collections == [1]


@pytest.mark.parametrize("says", ["disabled", "threshold"])
def test_who_wants_no_collections_gets_none(collections, says):
    before = gc.isenabled(), gc.get_threshold()
    gc.disable() if says == "disabled" else gc.set_threshold(0)
    try:
        collector = Collector()
        collector.start()
        collections.clear()
        kept = [[] for _ in range(150_000)]
        assert collections == []
        del kept
        collector.stop()
        assert not gc.isenabled() if says == "disabled" else gc.get_threshold()[0] == 0
    finally:
        gc.enable() if before[0] else gc.disable()
        gc.set_threshold(*before[1])


def test_without_a_start_nothing_happens(collections):
    collector = Collector()
    for _ in range(100):
        collector.between_frames(idle=True)
    collector.stop()
    assert collections == []


def test_users_are_counted_though_threads_start_and_stop_at_once():
    def use():
        for _ in range(2):
            collector = Collector()
            collector.start()
            collector.stop()

    threads = [threading.Thread(target=use) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert gc.get_freeze_count() == 0
