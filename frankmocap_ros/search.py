"""Looking for people in a thread of its own, so that no image waits for it."""

import threading
from collections.abc import Sequence

from frankmocap_ros.body import Region
from frankmocap_ros.estimators.base import Estimator, Image


class BackgroundSearch:
    """Runs an estimator's ``detect`` on one image at a time.

    Only for estimators whose ``detect`` may run beside their ``estimate`` (``Capabilities.detects_apart``).

    Args:
        estimator: whose ``detect`` is called; it is not closed.
    """

    def __init__(self, estimator: Estimator) -> None:
        self._estimator = estimator
        self._changed = threading.Condition()
        self._job: tuple[Image, int] | None = None
        self._found: Sequence[Region] | None = None
        self._error: Exception | None = None
        self._busy = self._closed = self._stale = False
        self._thread = threading.Thread(target=self._run, name="person_search", daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Whether a search is under way, or its result was not taken yet."""
        with self._changed:
            return self._busy

    def begin(self, image: Image, max_people: int) -> None:
        """Start a search; there must be none under way."""
        with self._changed:
            assert not self._busy
            self._job, self._busy, self._stale = (image, max_people), True, False
            self._changed.notify_all()

    def take(self, wait: bool = False) -> Sequence[Region] | None:
        """What the search found, once; None where there is no search or it is not at its end.

        Args:
            wait: wait for the end of a search that is under way.

        Raises:
            Exception: whatever ``detect`` raised.
        """
        with self._changed:
            while wait and self._busy and self._found is None and self._error is None:
                self._changed.wait()
            found, error = self._found, self._error
            if found is None and error is None:
                return None
            self._found = self._error = None
            self._busy = False
            if self._stale:
                return None
        if error is not None:
            raise error
        return found

    def forget(self) -> None:
        """Let the result of a search that is under way be for nothing."""
        with self._changed:
            self._stale = True

    def close(self) -> None:
        """End the thread, after the search under way."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._job is None and not self._closed:
                    self._changed.wait()
                if self._closed or self._job is None:
                    return
                (image, limit), self._job = self._job, None
            found: Sequence[Region] | None = None
            error: Exception | None = None
            try:
                found = self._estimator.detect(image, limit)
            except Exception as raised:  # the thread that takes the result hears of it
                error = raised
            with self._changed:
                self._found, self._error = found, error
                self._changed.notify_all()
