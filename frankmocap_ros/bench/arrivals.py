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

"""What a subscriber's notes say: ages, the first frames, and what a long run does to them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from frankmocap_ros.bench.rows import Numbers

FIRST: Final = 50  # frames after activation that show whether everything was warm
AFTER_MEMORY_S: Final = 60.0  # a long run's memory is looked at from here on
_PERCENTS: Final = ("p50", "p95", "p99")


def first_ratio(first_ms: Sequence[float], usual_ms: Sequence[float]) -> float | None:
    """The slowest of the first 50 times in medians of the usual ones; None where one of them is lacking."""
    usual = float(np.median(usual_ms)) if len(usual_ms) else 0.0
    if not len(first_ms) or usual <= 0.0:
        return None
    return round(max(first_ms[:FIRST]) / usual, 2)


def p99_drift(ages_ms: Sequence[float]) -> float | None:
    """By what share the 99th percentile of the last third is above the first third's."""
    third = len(ages_ms) // 3
    if not third:
        return None
    before, after = (float(np.percentile(part, 99)) for part in (ages_ms[:third], ages_ms[-third:]))
    return round(after / before - 1.0, 4) if before > 0.0 else None


def memory_growth_mb(samples: Sequence[tuple[float, float]]) -> float | None:
    """Growth of memory from the end of the first minute on, or of the first third of a shorter run [MB].

    Args:
        samples: seconds since the begin, and memory then [MB].
    """
    if len(samples) < 2:
        return None
    begin_s = min(AFTER_MEMORY_S, samples[-1][0] / 3.0)
    before = next(mb for seconds, mb in samples if seconds >= begin_s)
    return round(samples[-1][1] - before, 2)


def node_stages(values: Mapping[str, str]) -> dict[str, Numbers]:
    """Percentiles per stage out of the node's diagnostics, whose keys are ``regress_ms/p50`` and so on."""
    stages: dict[str, Numbers] = {}
    for key, value in values.items():
        name, found, percent = key.rpartition("_ms/")
        if found and percent in _PERCENTS and name != "age":
            stages.setdefault(name, dict.fromkeys(_PERCENTS))[percent] = float(value)
    return stages


def dropped(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, int]:
    """Images that the node dropped meanwhile, by reason."""
    counts: dict[str, Any] = {
        key.removeprefix("dropped/"): int(value) - int(before.get(key, 0))
        for key, value in after.items()
        if key.startswith("dropped/")
    }
    return {reason: count for reason, count in counts.items() if count}
