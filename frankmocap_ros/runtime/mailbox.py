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

"""Slots between threads: the newest wins, nothing queues."""

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailboxes(Generic[T]):
    """Hands the newest item of each of several senders to one thread. Nobody waits for another's work.

    Args:
        slots: how many senders there are.
        gather_s: how long an item waits for those that came within this time of it the last time, so that
            items of one instant are taken together [s].
    """

    def __init__(self, slots: int = 1, gather_s: float = 0.0) -> None:
        self._items: dict[int, T] = {}
        self._came_s = [(float("-inf"), float("-inf"))] * slots  # the last two times
        self._gather_s = gather_s
        self._woken = self._closed = False
        self._changed = threading.Condition()

    def put(self, item: T, slot: int = 0, now_s: float = 0.0) -> bool:
        """Leave an item that came at ``now_s``; returns whether one that nobody took goes for it."""
        with self._changed:
            overwritten = slot in self._items
            self._items[slot] = item
            self._came_s[slot] = (self._came_s[slot][1], now_s)
            self._changed.notify()
        return overwritten

    def take(self, timeout_s: float | None = None) -> dict[int, T] | None:
        """Wait for items and take all that are there, slot -> item, in the slots' order.

        Returns:
            Nothing (empty) where time is up or somebody called ``wake``, None when the mailboxes are closed.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._woken or self._closed, timeout_s)
            if self._gather_s and self._items:
                expected = self._expected()
                self._changed.wait_for(
                    lambda: expected <= self._items.keys() or self._woken or self._closed, self._gather_s
                )
            self._woken = False
            if self._closed:
                return None
            taken = dict(sorted(self._items.items()))
            self._items = {}
            return taken

    def _expected(self) -> set[int]:
        """Slots that were heard together with those that wait the last time, and not since."""
        before = [self._came_s[slot][0] for slot in self._items]
        return {
            slot
            for slot, (_, last_s) in enumerate(self._came_s)
            if slot not in self._items and any(abs(last_s - b) <= self._gather_s for b in before)
        }

    @property
    def waiting(self) -> bool:
        """Whether there is anything to take."""
        return bool(self._items)

    def wake(self) -> None:
        """Wake the waiting thread, with or without an item."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def close(self) -> None:
        """Wake the waiting threads; no more items can be taken."""
        with self._changed:
            self._closed = True
            self._items = {}
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""
        return self._closed


class Mailbox(Generic[T]):
    """Hands the newest item of one thread to another."""

    def __init__(self) -> None:
        self._boxes: Mailboxes[T] = Mailboxes()

    def put(self, item: T) -> bool:
        """Leave an item; returns whether one that nobody had taken was thrown away for it."""
        return self._boxes.put(item)

    def take(self, timeout_s: float | None = None) -> T | None:
        """Wait for an item and take it; None when the mailbox is closed or time is up."""
        return (self._boxes.take(timeout_s) or {}).get(0)

    def close(self) -> None:
        """Wake the waiting threads; no more items can be taken."""
        self._boxes.close()

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""
        return self._boxes.closed
