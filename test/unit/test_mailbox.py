"""One slot: the newest wins, nothing is lost unnoticed, nobody waits for ever."""

import threading
import time

from frankmocap_ros.mailbox import Mailbox

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
