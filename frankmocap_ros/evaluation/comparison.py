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

"""Estimators beside each other on the same images, without a truth."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.evaluation.lag import Signal, lag_of
from frankmocap_ros.evaluation.motion import calmest_jitter
from frankmocap_ros.evaluation.recording import MAIN, Recording, common_joints, reference_points
from frankmocap_ros.evaluation.rounding import rounded
from frankmocap_ros.geometry.rotation import Array

_LEAST_CORRELATION: Final = 0.3
_MOVING: Final = tuple(name for name in MAIN if name.endswith(("elbow", "wrist", "knee", "ankle")))

Record = dict[str, Any]


def steadiness(recording: Recording) -> Record:
    """What can be said of one estimator alone.

    Returns:
        ``body_share`` (of the images, with somebody in them), ``tracked_share`` and ``seen_share`` (of
        shoulders, elbows, wrists, hips, knees and ankles in all images: TRACKED, and with a pixel),
        ``jitter_px`` and ``jitter_mm`` (in the calmest second of each joint, the median over them; mm
        relative to the pelvis).
    """
    rows = [recording.row(name) for name in MAIN if name in recording.names]
    states, pixels = recording.states[:, rows], recording.pixels[:, rows]
    seen = np.asarray(np.isfinite(pixels)).all(axis=-1)
    count = len(recording.times_s) * len(MAIN)
    return {
        "body_share": rounded(float(np.mean(np.asarray(seen).any(axis=1)))),
        "tracked_share": rounded(float(np.sum(states == JointState.TRACKED) / count)),
        "seen_share": rounded(float(np.sum(seen) / count)),
        "jitter_px": _median_jitter(recording.times_s, [pixels[:, i] for i in range(len(rows))], 1.0),
        "jitter_mm": _median_jitter(recording.times_s, _relative(recording), 1e3),
    }


def _relative(recording: Recording) -> list[Array]:
    origins = reference_points((recording,), "pelvis")
    if origins is None:
        return []
    usable = recording.where(recording.usable)
    return [usable.point(name) - origins[0] for name in MAIN if name in recording.names]


def _median_jitter(times_s: Array, points: Sequence[Array], scale: float) -> float | None:
    found = [calm for calm in (calmest_jitter(times_s, p) for p in points) if calm is not None]
    return rounded(scale * float(np.median(found)), 2) if found else None


def disagreement(reference: Recording, other: Recording) -> Record:
    """How far an estimator is from another one on the same images.

    Args:
        reference: of the first estimator.
        other: of the same source; images that only one of them saw are left out.

    Returns:
        ``pixels_median``, ``pixels_p95``, ``mm_median``, ``mm_p95`` (relative to the pelvis, where both have
        three dimensions), ``lag_ms`` (of the other behind the reference, by elbows, wrists, knees and ankles
        in the image) and ``lag_correlation``; None where there is nothing to compare.
    """
    _, a, b = np.intersect1d(reference.times_s, other.times_s, return_indices=True)
    one, two = reference.instants(a), other.instants(b)
    names = [name for name in MAIN if name in one.names and name in two.names]
    pixels = [_distance(*(r.pixels[:, r.row(name)] for r in (one, two))) for name in names]
    lag = _lag(one, two, [name for name in _MOVING if name in names])
    return {
        **_spread("pixels", pixels, 1.0),
        **_spread("mm", _apart(one, two), 1e3),
        "lag_ms": None if lag is None else rounded(1e3 * lag[0], 1),
        "lag_correlation": None if lag is None else rounded(lag[1]),
    }


def _distance(a: Array, b: Array) -> Array:
    return np.asarray(np.linalg.norm(b - a, axis=-1))


def _apart(one: Recording, two: Recording) -> list[Array]:
    """Distances of joints relative to the pelvis [m]."""
    pair = [r.where(r.usable) for r in (one, two)]
    origins = reference_points(pair, "pelvis")
    if origins is None:
        return []
    return [
        _distance(*(r.point(name) - o for r, o in zip(pair, origins, strict=True)))
        for name in common_joints(pair)
    ]


def _spread(name: str, distances: Sequence[Array], scale: float) -> Record:
    known = np.concatenate([np.asarray(d)[np.isfinite(d)] for d in distances]) if distances else np.empty(0)
    if not len(known):
        return {f"{name}_median": None, f"{name}_p95": None}
    median, p95 = np.percentile(scale * known, (50.0, 95.0))
    return {f"{name}_median": rounded(median, 1), f"{name}_p95": rounded(p95, 1)}


def _lag(one: Recording, two: Recording, names: Sequence[str]) -> tuple[float, float] | None:
    if not names or len(one.times_s) < 2:
        return None
    leader, follower = (
        Signal(r.times_s, np.concatenate([r.pixels[:, r.row(n)] for n in names], axis=1)) for r in (one, two)
    )
    found = lag_of(leader, follower)
    if found is None or found.correlation < _LEAST_CORRELATION:
        return None
    return found.lag_s, found.correlation


_HEAD: Final = (
    *("", "p50 ms", "p99 ms", "body", "tracked", "seen", "jitter px", "mm", "lag ms"),
    *("apart px", "p95", "mm", "p95"),
)


def comparison_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as lines of text.

    Args:
        rows: each with ``name``, ``error`` (empty where it ran), ``frames``, ``total_ms`` (p50, p99), and
            what ``steadiness`` and ``disagreement`` return.
    """
    fine = [row for row in rows if not row["error"]]
    cells = [list(_HEAD), *(_cells(row) for row in fine)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(_HEAD))]
    lines = []
    for line in cells if fine else ():
        first, *others = (text.rjust(width) for text, width in zip(line, widths, strict=True))
        lines.append("  ".join([line[0].ljust(len(first)), *others]).rstrip())
    if fine:
        lines.append(f"apart and lag: from {fine[0]['name']}; mm relative to the pelvis")
    for row in rows:
        if row["error"]:
            how = f"stopped after {row['frames']} images" if row["frames"] else "not run"
            lines.append(f"{row['name']}: {how}: {' '.join(row['error'].split())}")
    return "\n".join(lines) + "\n"


def _cells(row: Mapping[str, Any]) -> list[str]:
    def number(value: float | None, digits: int = 1) -> str:
        return "-" if value is None else f"{value:.{digits}f}"

    def share(value: float | None) -> str:
        return "-" if value is None else f"{100.0 * value:.0f} %"

    return [
        row["name"], *(number(row["total_ms"][name]) for name in ("p50", "p99")),
        *(share(row[name]) for name in ("body_share", "tracked_share", "seen_share")),
        *(number(row[name]) for name in ("jitter_px", "jitter_mm", "lag_ms", "pixels_median", "pixels_p95")),
        *(number(row[name], 0) for name in ("mm_median", "mm_p95")),
    ]  # fmt: skip
