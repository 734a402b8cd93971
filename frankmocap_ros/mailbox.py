"""One slot between two threads: the newest wins, nothing queues."""

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Hands the newest item from one thread to another. Neither side waits for the other's work."""

    def __init__(self) -> None:
        self._item: T | None = None
        self._closed = False
        self._changed = threading.Condition()

    def put(self, item: T) -> bool:
        """Leave an item; returns whether one that nobody had taken was thrown away for it."""
        with self._changed:
            overwritten = self._item is not None
            self._item = item
            self._changed.notify()
        return overwritten

    def take(self, timeout_s: float | None = None) -> T | None:
        """Wait for an item and take it; None when the mailbox is closed or time is up."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._closed, timeout_s)
            item, self._item = self._item, None
            return None if self._closed else item

    def close(self) -> None:
        """Wake whoever waits; nothing can be taken any more."""
        with self._changed:
            self._closed = True
            self._item = None
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""
        return self._closed
