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

"""Where time goes and how often things happen. Nothing here reads a clock: times come in as seconds."""

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np


class StageTimer:
    """Time spent in the named stages of one frame. For one thread.

    Args:
        clock: returns seconds from any start; one that never goes back, such as ``time.perf_counter``.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ms: dict[str, float] = {}
        self._running = ""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time of the ``with`` block to ``name``, also when it raises.

        Raises:
            RuntimeError: another stage runs; stages follow each other, so that their sum is the total.
        """
        if self._running:
            raise RuntimeError(f"stage {name!r} starts inside {self._running!r}; end that one first")
        self._running = name
        start_s = self._clock()
        try:
            yield
        finally:
            elapsed_ms = max(0.0, 1e3 * (self._clock() - start_s))
            self._ms[name] = self._ms.get(name, 0.0) + elapsed_ms
            self._running = ""

    def add(self, name: str, ms: float) -> None:
        """Count time that was spent elsewhere, such as in another thread, to ``name``."""
        self._ms[name] = self._ms.get(name, 0.0) + ms

    def finish(self) -> dict[str, float]:
        """Milliseconds per stage since the last call; then restart.

        A stage that ran twice holds the sum. A stage that did not run is absent.

        Raises:
            RuntimeError: a stage still runs.
        """
        if self._running:
            raise RuntimeError(f"stage {self._running!r} still runs; finish after it")
        stages_ms, self._ms = self._ms, {}
        return stages_ms


class RollingPercentiles:
    """Percentiles of the last ``window`` numbers. Threads may share it.

    Args:
        window: how many numbers are kept, at least 1.

    Raises:
        ValueError: ``window`` is below 1.
    """

    def __init__(self, window: int) -> None:
        if window < 1:
            raise ValueError(f"window: {window} is out of range; allowed: 1 or more")
        self._ring = np.empty(window, dtype=np.float64)
        self._added = 0
        self._lock = threading.Lock()

    def add(self, x: float) -> None:
        """Take one number in place of the oldest; one that is not finite is left out."""
        if not math.isfinite(x):
            return
        with self._lock:
            self._ring[self._added % len(self._ring)] = x
            self._added += 1

    def percentiles(self, percents: Sequence[float]) -> tuple[float, ...] | None:
        """Percentiles, linear between neighbors; None while there is no number.

        Args:
            percents: each 0..100; 0 is the smallest number, 100 the largest.
        """
        with self._lock:
            numbers = self._ring[: len(self)].copy()
        if not len(numbers):
            return None
        return tuple(float(p) for p in np.percentile(numbers, percents))

    def clear(self) -> None:
        """Forget all numbers."""
        with self._lock:
            self._added = 0

    def __len__(self) -> int:
        """How many numbers there are, at most ``window``."""
        return min(self._added, len(self._ring))


class RateMeter:
    """Events per second over the last ``window_s`` seconds. Threads may share it.

    Args:
        window_s: length of the window, above 0 [s].

    Raises:
        ValueError: ``window_s`` is not above 0.
    """

    def __init__(self, window_s: float) -> None:
        if not window_s > 0.0:
            raise ValueError(f"window_s: {window_s} s is out of range; allowed: above 0")
        self._window_s = window_s
        self._times_s: deque[float] = deque()
        self._start_s = 0.0
        self._lock = threading.Lock()

    def tick(self, time_s: float) -> None:
        """Count one event; a time before the last one means that the clock jumped back: restart."""
        with self._lock:
            if self._times_s and time_s < self._times_s[-1]:
                self._times_s.clear()
                self._start_s = time_s
            elif not self._times_s:
                self._start_s = time_s
            self._times_s.append(time_s)
            # the newest stays, whatever its age: it tells whether the clock jumps back
            while self._times_s[0] <= time_s - self._window_s:
                self._times_s.popleft()

    def rate_hz(self, now_s: float) -> float:
        """Mean rate up to ``now_s`` [Hz], 0 where nothing happened.

        Until a whole window has passed since the first event, the mean is over the time since then.
        Events after ``now_s`` do not count.
        """
        with self._lock:
            count = sum(now_s - self._window_s < t <= now_s for t in self._times_s)
            elapsed_s = now_s - self._start_s
        if elapsed_s >= self._window_s:
            return count / self._window_s
        # the first event opens the span, those after it fill it
        return (count - 1) / elapsed_s if count > 1 and elapsed_s > 0.0 else 0.0

    def reset(self) -> None:
        """Forget all events."""
        with self._lock:
            self._times_s.clear()


class Counters:
    """Named counts, such as dropped images by reason. Threads may share it."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._taken: dict[str, int] = {}
        self._lock = threading.Lock()

    def add(self, name: str, n: int = 1) -> None:
        """Count ``n`` more of ``name``."""
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + n

    def counts(self) -> dict[str, int]:
        """All counts since the start or ``reset``, a copy; names never counted are absent."""
        with self._lock:
            return dict(self._counts)

    def total(self) -> int:
        """Sum of all counts."""
        with self._lock:
            return sum(self._counts.values())

    def take_new(self) -> dict[str, int]:
        """What was counted since the last call: one period's counts. Only names with any."""
        with self._lock:
            new = {name: n - self._taken.get(name, 0) for name, n in self._counts.items()}
            self._taken = dict(self._counts)
        return {name: n for name, n in new.items() if n}

    def reset(self) -> None:
        """Set everything back to nothing."""
        with self._lock:
            self._counts.clear()
            self._taken.clear()
