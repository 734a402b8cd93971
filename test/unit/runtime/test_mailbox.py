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

"""One slot: the newest wins, nothing is lost unnoticed, nobody waits for ever."""

import threading
import time

from frankmocap_ros.runtime.mailbox import Mailbox, Mailboxes

SOON_S = 20.0  # longer than anything here takes; only a failing test waits so long


def test_newest_wins_and_the_overwritten_are_told():
    box = Mailbox()
    assert box.put("a") is False
    assert box.put("b") is True
    assert box.put("c") is True
    assert box.take(0.0) == "c"
    assert box.put("d") is False
    assert box.take(0.0) == "d"


def test_an_item_is_taken_once():
    box = Mailbox()
    box.put("a")
    assert box.take(0.0) == "a"
    assert box.take(0.0) is None


def test_falsy_items_are_items():
    box = Mailbox()
    assert box.put(0) is False
    assert box.put(()) is True
    assert box.take(0.0) == ()


def test_empty_box_returns_when_time_is_up():
    start_s = time.monotonic()
    assert Mailbox().take(0.02) is None
    assert time.monotonic() - start_s >= 0.02


def taker(box, taken):
    """A thread that waits for one item, however long it takes."""
    thread = threading.Thread(target=lambda: taken.append(box.take()), daemon=True)
    thread.start()
    return thread


def test_waiting_taker_gets_what_comes():
    box, taken = Mailbox(), []
    thread = taker(box, taken)
    box.put("a")
    thread.join(SOON_S)
    assert taken == ["a"]


def test_close_wakes_the_taker():
    box, taken = Mailbox(), []
    threads = [taker(box, taken) for _ in range(3)]
    box.close()
    for thread in threads:
        thread.join(SOON_S)
        assert not thread.is_alive()
    assert taken == [None] * 3


def test_nothing_is_taken_after_close():
    box = Mailbox()
    box.put("a")
    assert box.closed is False
    box.close()
    box.close()
    assert box.closed is True
    assert box.take() is None  # without a time limit: returns at once
    box.put("b")
    assert box.take() is None


def test_between_threads_every_item_is_taken_or_counted():
    box, n = Mailbox(), 20_000
    taken, overwritten = [], 0

    def consume():
        while (item := box.take(SOON_S)) != n:
            taken.append(item)

    consumer = threading.Thread(target=consume, daemon=True)
    consumer.start()
    for i in range(1, n + 1):
        overwritten += box.put(i)
    consumer.join(SOON_S)
    assert not consumer.is_alive()
    assert taken == sorted(set(taken))  # in order, none twice
    assert len(taken) + 1 + overwritten == n


def test_taking_does_not_hold_up_putting():
    box = Mailbox()
    thread = taker(box, [])
    done = threading.Event()

    def put():
        box.put("a")
        done.set()

    threading.Thread(target=put, daemon=True).start()
    assert done.wait(SOON_S)
    thread.join(SOON_S)


# --- several senders ---


def test_everything_that_waits_is_taken_at_once():
    boxes = Mailboxes(3)
    assert boxes.put("a", 0) is False
    assert boxes.put("c", 2) is False
    assert boxes.put("C", 2) is True
    assert boxes.take(0.0) == {0: "a", 2: "C"}
    assert boxes.take(0.0) == {}


def test_waking_gives_nothing_and_once():
    boxes = Mailboxes(2)
    boxes.wake()
    assert boxes.take() == {}
    boxes.put("a", 1)
    assert boxes.take() == {1: "a"}
    boxes.close()
    assert boxes.take() is None


def later(boxes, item, slot, now_s):
    """Puts an item once the taker waits for it."""
    thread = threading.Thread(target=lambda: (time.sleep(0.05), boxes.put(item, slot, now_s)), daemon=True)
    thread.start()
    return thread


def test_images_of_one_instant_are_taken_together():
    boxes = Mailboxes(2, gather_s=SOON_S)
    boxes.put("a1", 0, now_s=0.000)
    boxes.put("b1", 1, now_s=0.001)
    assert boxes.take() == {0: "a1", 1: "b1"}
    boxes.put("a2", 0, now_s=0.033)
    later(boxes, "b2", 1, now_s=0.034)
    assert boxes.take() == {0: "a2", 1: "b2"}
    boxes.put("b3", 1, now_s=0.066)  # the other one is first
    later(boxes, "a3", 0, now_s=0.067)
    assert boxes.take() == {0: "a3", 1: "b3"}


def test_who_did_not_come_the_last_time_is_not_waited_for():
    boxes = Mailboxes(2, gather_s=SOON_S)
    start_s = time.monotonic()
    boxes.put("a1", 0, now_s=0.0)
    assert boxes.take() == {0: "a1"}  # the other was never heard
    boxes.put("b1", 1, now_s=0.0)
    assert boxes.take() == {1: "b1"}
    boxes = Mailboxes(2, gather_s=0.5)
    boxes.put("b1", 1, now_s=0.0)
    boxes.put("a1", 0, now_s=10.0)  # b came long before, and not since
    boxes.take()
    boxes.put("a2", 0, now_s=20.0)
    assert boxes.take() == {0: "a2"}
    assert time.monotonic() - start_s < 0.4


def test_who_is_waited_for_in_vain_holds_nobody_long():
    boxes = Mailboxes(2, gather_s=0.02)
    boxes.put("a1", 0, now_s=0.000)
    boxes.put("b1", 1, now_s=0.001)
    boxes.take()
    boxes.put("a2", 0, now_s=0.033)
    assert boxes.take() == {0: "a2"}
    boxes.put("a3", 0, now_s=0.066)
    start_s = time.monotonic()
    assert boxes.take() == {0: "a3"}  # by now b is known not to come
    assert time.monotonic() - start_s < 0.02
