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

"""What a node leaves out, step by step, while its results come later than the latency budget allows.

First people are looked for less often, then images are left out. Nothing else is changed: another estimator
or engine is for people to choose.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

# An age is judged over so many images and so long, or over ``_LONGEST_S`` where images come slowly.
_IMAGES: Final = 20
_WINDOW_S: Final = 1.0
_LONGEST_S: Final = 3.0
_FEWEST: Final = 5
_UNDER_WAY: Final = 4  # images after a step that say nothing of it: they still waited as before
_PAUSE_S: Final = 2.0  # ages on both sides of a longer silence do not belong together

_CALM: Final = 0.7  # of the budget: below it a step down is tried
_CALM_S: Final = 5.0  # after this long ...
_MOST_CALM_S: Final = 160.0  # ... which doubles up to this where the last step down had to be taken back
_PROVEN_S: Final = 30.0  # a step down that has held for longer was right
_ALIKE: Final = 1.1  # ages within this factor are no gain: the lower level is as good
_WORSE: Final = 1.25  # by this factor it must get worse until what did not help is tried again ...
_REST_S: Final = 30.0  # ... and not before so long, which doubles too
_MOST_REST_S: Final = 600.0


@dataclass(frozen=True)
class SheddingLevel:
    """What is done less than the settings say.

    Attributes:
        detect_factor: ``detect_every_n`` is multiplied by this.
        process_every: ``process_every_n`` is multiplied by this.
    """

    detect_factor: int = 1
    process_every: int = 1

    def words(self, detect_every_n: int, process_every_n: int = 1) -> str:
        """What is done in words, counted in images that come; empty where nothing is left out.

        Args:
            detect_every_n: the setting.
            process_every_n: the setting.
        """
        every = process_every_n * self.process_every
        parts = []
        if self.detect_factor > 1:
            parts.append(f"detects every {detect_every_n * self.detect_factor * every} images")
        if self.process_every > 1:
            parts.append(f"processes every {_ordinal(every)} image")
        return "; ".join(parts)


# Where images are left out, people are looked for about as often in time as before: only detection tells
# some estimators that somebody has left.
SHEDDING_LEVELS: Final = (
    SheddingLevel(),
    SheddingLevel(3),
    SheddingLevel(6),
    SheddingLevel(3, 2),
    SheddingLevel(2, 3),
    SheddingLevel(2, 4),
)
_WITHOUT_DETECTION: Final = (SheddingLevel(), SheddingLevel(1, 2), SheddingLevel(1, 3), SheddingLevel(1, 4))


def _ordinal(n: int) -> str:
    """2nd, 3rd, 4th, ... of a number."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th") if n % 100 not in (11, 12, 13) else "th"
    return f"{n}{ending}"


def _blamed_ms(age_ms: float, transport_ms: float, budget_ms: float) -> float:
    """The age that the node can do something about.

    Stamps that are too old when an image arrives, or lie in the future, cannot be mended here. The node then
    answers for its own share alone.
    """
    return age_ms if 0.0 <= transport_ms < budget_ms else age_ms - transport_ms


class _Ages:
    """The ages of the last while; a new while begins when one was judged."""

    def __init__(self) -> None:
        self._ms: list[float] = []
        self._start_s = 0.0
        self._left_out = 0

    @property
    def start_s(self) -> float:
        """When the while began [s]."""
        return self._start_s

    def clear(self, leave_out: int = 0) -> None:
        """Restart after this many more ages."""
        self._ms.clear()
        self._left_out = leave_out

    def add(self, ms: float, now_s: float) -> float | None:
        """Take one age; returns the 95th percentile at the end of a while [ms]."""
        if self._left_out:
            self._left_out -= 1
            return None
        if not self._ms:
            self._start_s = now_s
        self._ms.append(ms)
        took_s = now_s - self._start_s
        short = len(self._ms) >= _IMAGES and took_s >= _WINDOW_S
        if not short and not (len(self._ms) >= _FEWEST and took_s >= _LONGEST_S):
            return None
        p95_ms = float(np.percentile(self._ms, 95.0))
        self._ms.clear()
        return p95_ms


class LoadShedder:
    """Goes up where images are late, and down again when there is time to spare. For one thread.

    It goes up one level after each while (20 images and 1 s, or 3 s) whose 95th percentile is over the
    budget. Where not even the top is within it, it goes back to the lowest level that is about as good as the
    best, and rests there until things get worse. It goes down after 5 s below 0.7 of the budget. A step down
    that had to be taken back doubles that time, up to 160 s, so that it does not swing.

    Args:
        detects: whether people are looked for at all, so that it can be done less often.
    """

    def __init__(self, detects: bool = True) -> None:
        self._levels: Sequence[SheddingLevel] = SHEDDING_LEVELS if detects else _WITHOUT_DETECTION
        self._budget_ms = self._seen_s = 0.0
        self.reset()

    def reset(self) -> None:
        """Back to the first level, with nothing known."""
        self._level = 0
        self._ages = _Ages()
        self._forget()

    def _forget(self) -> None:
        """Forget what was learned of the levels; stay on this one."""
        self._ages.clear()
        self._tried_ms: dict[int, float] = {}
        self._calm_from_s: float | None = None
        self._calm_s = _CALM_S
        self._down_s: float | None = None
        self._rest: tuple[float, float] | None = None  # until when, and the p95 that is put up with [ms]
        self._rest_s = _REST_S

    @property
    def level(self) -> int:
        """Number of the level, 0 where everything is done as the settings say."""
        return self._level

    @property
    def measures(self) -> SheddingLevel:
        """What is left out now."""
        return self._levels[self._level]

    def record(self, age_ms: float, transport_ms: float, now_s: float, budget_ms: float) -> bool:
        """Take note of one image that went out; returns whether the level changed.

        Args:
            age_ms: age at publication.
            transport_ms: age at arrival; where that alone is over the budget, the rest is what counts.
            now_s: steady time.
            budget_ms: largest 95th percentile that is fine; a changed one restarts the learning.
        """
        if budget_ms != self._budget_ms:
            self._budget_ms = budget_ms
            self._forget()
        if not 0.0 <= now_s - self._seen_s <= _PAUSE_S:
            self._ages.clear()
            self._calm_from_s = None
        self._seen_s = now_s
        p95_ms = self._ages.add(_blamed_ms(age_ms, transport_ms, budget_ms), now_s)
        if p95_ms is None:
            return False
        before = self._level
        if p95_ms > budget_ms:
            self._late(p95_ms, now_s)
        else:
            self._in_time(p95_ms, now_s)
        if self._level == before:
            return False
        self._ages.clear(_UNDER_WAY)
        return True

    def _late(self, p95_ms: float, now_s: float) -> None:
        self._calm_from_s = None
        if self._down_s is not None:
            self._calm_s, self._down_s = min(2.0 * self._calm_s, _MOST_CALM_S), None
        if self._rest is not None:
            until_s, known_ms = self._rest
            if now_s < until_s or p95_ms <= _WORSE * known_ms:
                return
            self._rest = None
            self._tried_ms.clear()
        self._tried_ms[self._level] = p95_ms
        if self._level < len(self._levels) - 1:
            self._level += 1
        else:
            self._give_up(now_s)

    def _give_up(self, now_s: float) -> None:
        """Nothing has helped enough: leave out no more than what helped at all."""
        enough_ms = _ALIKE * min(self._tried_ms.values())
        self._level = min(level for level, ms in self._tried_ms.items() if ms <= enough_ms)
        self._rest = (now_s + self._rest_s, self._tried_ms[self._level])
        self._rest_s = min(2.0 * self._rest_s, _MOST_REST_S)

    def _in_time(self, p95_ms: float, now_s: float) -> None:
        self._tried_ms.clear()
        if self._down_s is not None and now_s - self._down_s > _PROVEN_S:
            self._down_s, self._calm_s = None, _CALM_S
        if p95_ms >= _CALM * self._budget_ms:
            self._calm_from_s = None
            return
        if self._calm_from_s is None:
            self._calm_from_s = self._ages.start_s
        if self._rest is not None:
            self._rest = (self._rest[0], 0.0)  # whatever comes late after this is something new
        if self._level and now_s - self._calm_from_s >= self._calm_s:
            self._level -= 1
            self._down_s, self._calm_from_s, self._rest = now_s, None, None


class Spacing:
    """Which images to leave out. One thread asks, another may take.

    Counted from the image that was last taken, not from the last that was handed over: where the worker is
    busy for longer anyway, the newest image is what it gets, and leaving some out makes none older.
    """

    def __init__(self) -> None:
        self._since: int | None = None

    def leaves_out(self, every: int) -> bool:
        """Whether an image that has just come is left out.

        Args:
            every: process at most one image in so many.
        """
        if self._since is None:  # the first one
            return False
        self._since += 1
        return self._since < every

    def taken(self) -> None:
        """The worker has taken the newest image."""
        self._since = 0
