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

"""What one row of the bench says."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

NOTHING: Final = "-"  # in place of an engine or a preset where there is none
_PERCENTS: Final = (50, 95, 99)

Numbers = dict[str, float | None]


@dataclass(frozen=True)
class Sample:
    """One instant: the images that all cameras took of it, and what came of them.

    Attributes:
        stages_ms: time per stage [ms].
        total_ms: from the decoded images to all frames [ms].
        bodies: people in one camera's image.
    """

    stages_ms: Mapping[str, float]
    total_ms: float
    bodies: int


@dataclass(frozen=True)
class BenchRow:
    """One thing that was measured, or why it could not be.

    Attributes:
        name: unique among the rows of a run.
        estimator, engine, precision: what ran, not what was asked for; ``-`` where there is none.
        preset: whose settings.
        cameras: how many at once.
        people: in an image, as seen most often; None where nothing was seen.
        stages_ms: p50, p95 and p99 of each stage, of the instants that had it [ms].
        total_ms: p50, p95 and p99 of an instant [ms].
        fps: images of all cameras together per second, back to back.
        rss_mb: resident memory of the process that this row has for itself, the most that was seen [MB].
        ratio_to_reference: how many times as fast as ``reference`` in the same turns, by the medians.
        frames: how many instants count.
        energy_j: of all processors, per instant [J]; None where the machine does not tell.
        error: why there are no numbers; empty where there are.
        more: further numbers of this kind of row.
    """

    name: str
    estimator: str
    engine: str = NOTHING
    precision: str = NOTHING
    preset: str = NOTHING
    cameras: int = 1
    people: int | None = None
    stages_ms: Mapping[str, Numbers] = field(default_factory=dict)
    total_ms: Numbers = field(default_factory=lambda: percentiles(()))
    fps: float | None = None
    rss_mb: float | None = None
    ratio_to_reference: float | None = None
    frames: int = 0
    energy_j: float | None = None
    error: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """Ready for JSON."""
        own = {name: value for name, value in vars(self).items() if name not in ("more", "error")}
        own["stages_ms"] = {stage: dict(numbers) for stage, numbers in self.stages_ms.items()}
        return {**own, "error": self.error or None, **self.more}


def percentiles(values: Sequence[float], percents: Sequence[int] = _PERCENTS) -> Numbers:
    """Percentiles, linear between neighbors: ``{"p50": ...}``; None each where there is no value."""
    if not len(values):
        return {f"p{percent}": None for percent in percents}
    found = np.percentile(values, percents)
    return {f"p{percent}": round(float(value), 3) for percent, value in zip(percents, found, strict=True)}


def stage_percentiles(samples: Sequence[Sample]) -> dict[str, Numbers]:
    """Percentiles of each stage, in the order in which stages first appear."""
    names = dict.fromkeys(name for sample in samples for name in sample.stages_ms)
    return {
        name: percentiles([sample.stages_ms[name] for sample in samples if name in sample.stages_ms])
        for name in names
    }


def people_seen(samples: Sequence[Sample]) -> int | None:
    """How many people were in an image, most often."""
    counts = Counter(sample.bodies for sample in samples)
    return counts.most_common(1)[0][0] if counts else None


def capacity_fps(samples: Sequence[Sample], cameras: int = 1) -> float | None:
    """Images per second of time spent, of all cameras together."""
    spent_ms = sum(sample.total_ms for sample in samples)
    return round(1e3 * cameras * len(samples) / spent_ms, 2) if spent_ms > 0.0 else None


def ratio(reference: Sequence[Sample], row: Sequence[Sample], cameras: int = 1) -> float | None:
    """How many times as fast as the reference a row is, by the medians; the reference takes one camera."""
    if not reference or not row:
        return None
    ours = float(np.median([sample.total_ms for sample in row]))
    theirs = cameras * float(np.median([sample.total_ms for sample in reference]))
    return round(theirs / ours, 2) if ours > 0.0 else None
