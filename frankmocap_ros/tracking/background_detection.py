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

"""Looking for people in a thread of its own, so that no image waits for it."""

import threading
from collections import deque
from collections.abc import Callable, Sequence

from frankmocap_ros.estimators.base import Estimator
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.imaging.camera_image import ScaledImage


class DetectionThread:
    """The one thread that runs an estimator's ``detect``, for all cameras in turn.

    Only for estimators whose ``detect`` may run beside their ``estimate`` (``Capabilities.detects_apart``).

    Args:
        estimator: whose ``detect`` is called; it is not closed.
        clock: steady clock in seconds, for the time that a search takes.
    """

    def __init__(self, estimator: Estimator, clock: Callable[[], float]) -> None:
        self._estimator = estimator
        self._clock = clock
        self.changed = threading.Condition()
        self._jobs: deque[BackgroundDetection] = deque()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="person_search", daemon=True)
        self._thread.start()

    def put(self, search: "BackgroundDetection") -> None:
        """Let a search wait for its turn; ``changed`` is held."""
        self._jobs.append(search)
        self.changed.notify_all()

    def close(self) -> None:
        """End the thread, after the search under way; whoever waits for another one gets nothing."""
        with self.changed:
            self._closed = True
            self.changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self._jobs or self._closed)
                if self._closed:
                    for search in self._jobs:
                        search.done([], None, 0.0)
                    return
                search = self._jobs.popleft()
                image, limit = search.job
            found: Sequence[Region] | None = None
            error: Exception | None = None
            start_s = self._clock()
            try:
                found = self._estimator.detect(image, limit)
            except Exception as raised:  # the thread that takes the result hears of it
                error = raised
            with self.changed:
                search.done(found, error, 1e3 * (self._clock() - start_s))


class BackgroundDetection:
    """The searches of one camera, one at a time.

    Args:
        thread: where they run.
    """

    def __init__(self, thread: DetectionThread) -> None:
        self.spent_ms = 0.0  # of the last search that was taken
        self._thread = thread
        self._job: tuple[ScaledImage, int] | None = None
        self._found: Sequence[Region] | None = None
        self._error: Exception | None = None
        self._took_ms = 0.0
        self._busy = self._stale = False

    @property
    def busy(self) -> bool:
        """Whether a search is under way, or its result was not taken yet."""
        with self._thread.changed:
            return self._busy

    @property
    def job(self) -> tuple[ScaledImage, int]:
        """The image to search, and how many people to find at most."""
        assert self._job is not None
        return self._job

    def begin(self, image: ScaledImage, max_people: int) -> None:
        """Start a search; there must be none under way."""
        with self._thread.changed:
            assert not self._busy
            self._job, self._busy, self._stale = (image, max_people), True, False
            self._thread.put(self)

    def done(self, found: Sequence[Region] | None, error: Exception | None, took_ms: float) -> None:
        """Take the result; the thread's ``changed`` is held."""
        self._found, self._error, self._took_ms, self._job = found, error, took_ms, None
        self._thread.changed.notify_all()

    def result(self, wait: bool = False) -> Sequence[Region] | None:
        """What the search found, once; None where there is no search or it is not at its end.

        Args:
            wait: wait for the end of a search that is under way.

        Raises:
            Exception: whatever ``detect`` raised.
        """
        with self._thread.changed:
            while wait and self._busy and self._job is not None:
                self._thread.changed.wait()
            found, error = self._found, self._error
            if found is None and error is None:
                return None
            self._found = self._error = None
            self._busy = False
            self.spent_ms = self._took_ms
            if self._stale:
                return None
        if error is not None:
            raise error
        return found

    def wait_until_done(self, limit_s: float) -> None:
        """Wait for the end of a search that is under way, whose result stays to be taken.

        Args:
            limit_s: how long at most [s].
        """
        with self._thread.changed:
            self._thread.changed.wait_for(lambda: self._job is None, limit_s)

    def forget(self) -> None:
        """Let the result of a search that is under way be for nothing."""
        with self._thread.changed:
            self._stale = True
