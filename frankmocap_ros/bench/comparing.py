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

"""Estimators on the same images: each in a process of its own, in turns, with their poses."""

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from frankmocap_ros.bench.children import Child
from frankmocap_ros.bench.combinations import Combination
from frankmocap_ros.bench.offline import TOGETHER, Setup, Tell, loaded
from frankmocap_ros.bench.rows import NOTHING, percentiles
from frankmocap_ros.bench.turns import BEGIN, FRAMES, SETTLE, Measurement, in_turns
from frankmocap_ros.errors import EvaluationError, MocapError, SourceError
from frankmocap_ros.evaluation.comparison import disagreement, steadiness
from frankmocap_ros.evaluation.json_lines import recording_of
from frankmocap_ros.evaluation.recording import Recording
from frankmocap_ros.runtime.file_names import printable
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.sources import is_still, is_webcam, open_source

_NO_FIGURES: Final = {
    "body_share": None, "tracked_share": None, "seen_share": None, "jitter_px": None, "jitter_mm": None,
    "pixels_median": None, "pixels_p95": None, "mm_median": None, "mm_p95": None, "lag_ms": None,
    "lag_correlation": None,
}  # fmt: skip

Row = dict[str, Any]


def measured_frames(source: str, wanted: int) -> int:
    """How many images can be measured of a source, ``wanted`` at most: it must not start again meanwhile.

    Raises:
        SourceError: it cannot be opened, is too short, or is a camera, which has no image twice.
    """
    if is_webcam(source):
        raise SourceError(
            f"{source}: a camera shows no image twice; record a video of it and compare on that"
        )
    with contextlib.closing(open_source(CameraSettings(source=source, loop=False), moving=False)) as opened:
        count = opened.frames
    if not count or is_still(source):
        return wanted  # without end
    usable = min(wanted, int((count - BEGIN) * FRAMES / (FRAMES + SETTLE)))
    if usable < 1:
        raise SourceError(
            f"{source}: {count} images are too few to compare; use {BEGIN + 2 * SETTLE} or more"
        )
    return usable


@dataclass(frozen=True, eq=False)
class _Ran:
    """What one estimator did."""

    row: Row
    recording: Recording | None


def compared(setup: Setup, rows: Sequence[Combination], tell: Tell = lambda _: None) -> list[Row]:
    """Run estimators, and compare each with the first of those that run.

    Args:
        setup: images and files.
        rows: which; those that cannot run here tell why in ``error``.
        tell: told how it goes.

    Returns:
        a row each, ready for JSON: ``name``, ``estimator``, ``engine``, ``precision``, ``model``, ``error``,
        ``frames``, ``total_ms``, and what ``evaluation.comparison`` tells.
    """
    labels = _labels(rows)
    ran: list[_Ran] = []
    for first in range(0, len(rows), TOGETHER):
        ran += _group(setup, rows[first : first + TOGETHER], labels, tell)
    reference = next((one.recording for one in ran if one.recording is not None), None)
    return [_figures(one, reference) for one in ran]


def _labels(rows: Sequence[Combination]) -> dict[Combination, str]:
    """What to call rows: the estimator with its model's file name, or its path where two share the name."""
    short = {row: f"{row.estimator} {printable(Path(row.model).name)}".rstrip() for row in rows}
    counts = Counter(short.values())
    return {
        row: label if counts[label] == 1 else f"{row.estimator} {printable(row.model)}"
        for row, label in short.items()
    }


def _group(
    setup: Setup, rows: Sequence[Combination], labels: Mapping[Combination, str], tell: Tell
) -> list[_Ran]:
    """Rows that take turns."""
    said: dict[str, Row] = {}
    with contextlib.ExitStack() as stack:
        playing: dict[str, Child] = {}
        for row in rows:
            name = labels[row]
            tell(f"loading {name}")
            said[name] = _row(name, row)
            try:
                playing[name], told = loaded(stack, setup.job("row", combination=row.as_dict(), poses=True))
            except MocapError as error:
                said[name]["error"] = str(error)
                tell(f"{name}: {error}")
            else:
                said[name] |= {key: told[key] for key in ("estimator", "engine", "precision")}
        found = in_turns(playing, setup.frames, tell) if playing else {}
    return [_one(row, found.get(name)) for name, row in said.items()]


def _row(name: str, row: Combination) -> Row:
    return {
        "name": name, "estimator": row.estimator, "engine": NOTHING, "precision": NOTHING,
        "model": row.model, "error": "", "frames": 0, "total_ms": percentiles(()), **_NO_FIGURES,
    }  # fmt: skip


def _one(row: Row, found: Measurement | None) -> _Ran:
    if found is None or not found.samples:
        return _Ran(
            {**row, "error": row["error"] or (found.error if found else "") or "nothing was run"}, None
        )
    total_ms = percentiles([sample.total_ms for sample in found.samples])
    row = {**row, "frames": len(found.samples), "total_ms": total_ms, "error": found.error}
    try:
        records = ((f"{row['name']}: image {n}", record) for n, record in enumerate(found.records, 1))
        return _Ran(row, recording_of(records, row["name"]))
    except EvaluationError:  # it runs, and sees nobody
        return _Ran({**row, "body_share": 0.0, "tracked_share": 0.0, "seen_share": 0.0}, None)


def _figures(one: _Ran, reference: Recording | None) -> Row:
    if one.recording is None or reference is None:
        return one.row
    apart = {} if one.recording is reference else disagreement(reference, one.recording)
    return {**one.row, **steadiness(one.recording), **apart}
