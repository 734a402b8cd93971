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

"""All rows that need no ROS: each in a process of its own, in turns with the reference."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from frankmocap_ros.bench.child import Job
from frankmocap_ros.bench.children import Child, only
from frankmocap_ros.bench.combinations import Combination
from frankmocap_ros.bench.rows import (
    NOTHING,
    BenchRow,
    capacity_fps,
    people_seen,
    percentiles,
    ratio,
    stage_percentiles,
)
from frankmocap_ros.bench.turns import Measurement, in_turns
from frankmocap_ros.errors import MocapError

REFERENCE: Final = "reference"
TOGETHER: Final = 6  # rows beside the reference; each keeps up to 1.5 GB while it waits for its turn

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Setup:
    """What all rows have in common.

    Attributes:
        source: as the setting of the camera.
        width: wider images are reduced to it [px].
        frames: how many instants of each row count.
        folder: FrankMocap's files, empty where none are named.
    """

    source: str = "auto"
    width: int = 640
    frames: int = 200
    folder: str = ""

    def job(self, kind: str, **more: Any) -> Job:
        """The process that does it."""
        return Job(kind, self.source, self.width, self.folder, **more)


def _needs_int8(rows: Sequence[Combination]) -> tuple[str, ...]:
    """Networks that rows want in 8 bits."""
    keys: dict[str, None] = {}
    for row in rows:
        if row.estimator == "frankmocap" and row.precision == "int8":
            config = row.config
            keys["body_smplx" if config.use_smplx else "body_smpl"] = None
            if config.hands:
                keys["hand"] = None
    return tuple(keys)


def quantize(setup: Setup, rows: Sequence[Combination], tell: Tell) -> None:
    """Quantize what rows in int8 need, where nobody did; where that fails these rows tell what lacks."""
    networks = _needs_int8(rows)
    if not networks:
        return
    try:
        with only(setup.job("quantize", networks=networks)):
            pass  # it tells by itself
    except MocapError as error:
        tell(f"no INT8: {error}")


def loaded(stack: contextlib.ExitStack, job: Job) -> tuple[Child, dict[str, Any]]:
    """A process that is ready, and what it runs.

    Raises:
        EstimatorError: it cannot run.
    """
    child = Child(job)
    try:
        said = child.answer()
    except BaseException:  # also where the user loses patience
        child.close()
        raise
    stack.callback(child.close)
    return child, said


def _failed(row: Combination, error: str) -> BenchRow:
    return BenchRow(row.name, row.estimator, row.engine, row.precision, row.preset, row.cameras, error=error)


def with_numbers(row: BenchRow, found: Measurement) -> BenchRow:
    """A row with what was measured of it; the ratio is still to come."""
    samples = found.samples
    if found.error or not samples:
        return replace(row, error=found.error or "nothing was measured")
    energy = None if found.energy_j is None else round(found.energy_j / len(samples), 3)
    return replace(
        row,
        people=people_seen(samples),
        stages_ms=stage_percentiles(samples),
        total_ms=percentiles([sample.total_ms for sample in samples]),
        fps=capacity_fps(samples, row.cameras),
        rss_mb=None if found.rss_mb is None else round(found.rss_mb, 1),
        frames=len(samples),
        energy_j=energy,
    )


def _group(
    rows: Sequence[Combination], reference: Child | None, setup: Setup, tell: Tell
) -> tuple[list[BenchRow], Measurement]:
    """Rows that are measured beside each other, and the reference's part."""
    done: dict[str, BenchRow] = {}
    said: dict[str, BenchRow] = {}
    with contextlib.ExitStack() as stack:
        playing: dict[str, Child] = {} if reference is None else {REFERENCE: reference}
        for row in rows:
            tell(f"loading {row.name}")
            try:
                child, ran = loaded(stack, setup.job("row", combination=row.as_dict()))
            except MocapError as error:
                tell(f"{row.name}: {error}")
                done[row.name] = _failed(row, str(error))
            else:
                playing[row.name] = child
                said[row.name] = BenchRow(row.name, preset=row.preset, cameras=row.cameras, **ran)
        # a reference alone is measured only where it is asked for alone
        found = in_turns(playing, setup.frames, tell) if said or not rows else {}
    beside = found.get(REFERENCE, Measurement())
    for name, ready in said.items():
        own = with_numbers(ready, found[name])
        done[name] = (
            own
            if own.error
            else replace(own, ratio_to_reference=ratio(beside.samples, found[name].samples, own.cameras))
        )
    return [done[row.name] for row in rows], beside


def measure(setup: Setup, rows: Sequence[Combination], tell: Tell = lambda _: None) -> list[BenchRow]:
    """Measure rows beside the reference.

    What cannot run here is a row with ``error``; without a reference (no files of FrankMocap) there are no
    ratios.

    Args:
        setup: images and files.
        rows: which.
        tell: told how it goes.

    Returns:
        the reference, then ``rows`` in their order.
    """
    quantize(setup, rows, tell)
    top = BenchRow(REFERENCE, "frankmocap", "torch", "fp32", NOTHING)
    everything = Measurement()
    measured: list[BenchRow] = []
    with contextlib.ExitStack() as stack:
        reference: Child | None = None
        try:
            tell("loading reference")
            reference, said = loaded(stack, setup.job("reference"))
            top = replace(top, **said)
        except MocapError as error:
            tell(f"reference: {error}")
            everything.error = str(error)
        for first in range(0, len(rows), TOGETHER):
            group, beside = _group(rows[first : first + TOGETHER], reference, setup, tell)
            measured += group
            everything.turns += beside.turns
            everything.rss_mb = beside.rss_mb or everything.rss_mb
            everything.energy_j = _sum(everything.energy_j, beside.energy_j)
            if beside.error:
                everything.error, reference = beside.error, None
    top = with_numbers(top, everything)
    return [top if top.error else replace(top, ratio_to_reference=1.0), *measured]


def _sum(a: float | None, b: float | None) -> float | None:
    return b if a is None else a if b is None else a + b


def gpu(setup: Setup, tell: Tell = lambda _: None) -> tuple[list[BenchRow], str]:
    """Rows of the body regressor alone on a GPU, and why there are none."""
    try:
        with only(setup.job("gpu")) as answer:
            return [BenchRow(**row) for row in answer["rows"]], str(answer["absent"] or "")
    except MocapError as error:
        tell(f"GPU: {error}")
        return [], str(error)
