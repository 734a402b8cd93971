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

"""All measures of a result beside a truth, as one record ready for JSON."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from frankmocap_ros.evaluation.alignment import ESTIMATED, FITTED, Pair
from frankmocap_ros.evaluation.joint_checks import (
    Coverage,
    coverage,
    rotation_angles,
    rotation_steps,
    states_by_truth,
)
from frankmocap_ros.evaluation.lag import Signal, lag_of
from frankmocap_ros.evaluation.motion import (
    accelerations,
    bone_lengths,
    direction_errors,
    jitter,
    rests,
    variation,
)
from frankmocap_ros.evaluation.position_errors import (
    LimbError,
    following,
    joint_errors,
    procrustes_errors,
    swapped_share,
    wrist_errors,
)
from frankmocap_ros.evaluation.recording import (
    ARMS,
    BONES,
    LEGS,
    MAIN,
    Recording,
    common_joints,
    reference_points,
)
from frankmocap_ros.evaluation.rounding import rounded
from frankmocap_ros.geometry.rotation import Array

_MM: Final = 1e3
_LEAST_CORRELATION: Final = 0.3
_FLIP_RAD: Final = math.radians(45.0)

Record = dict[str, Any]


def accuracy_record(pair: Pair) -> Record:
    """Every measure: lengths in mm, angles in degrees, times in ms, shares of 1; None where not known."""
    wrists, origin = _wrists(pair)
    return {
        "alignment": _alignment(pair),
        "joints": {
            "common": list(common_joints((pair.truth, pair.result), MAIN)),
            "counted_share": _counted(pair),
        },
        "root_aligned_mm": _root_aligned(pair),
        "procrustes_mm": _mean(_MM * procrustes_errors(pair)),
        "wrist_relative_to": origin,
        "wrist_mm": _wrist(wrists),
        "sight": _sight(wrists),
        "bones": _bones(pair),
        "rest": _rest(pair, wrists),
        "lag": _lag(pair, wrists),
        "acceleration_ratio": _acceleration(pair, wrists),
        "rotation_steps_deg": _rotation_steps(pair),
        "rotation_error_deg": _rotation_error(pair),
        "states": {
            name: {
                "count": found.count,
                **{state: rounded(share, 4) for state, share in found.shares.items()},
            }
            for name, found in states_by_truth(pair).items()
        },
        "swapped_share": rounded(swapped_share(pair), 4),
        "coverage": _coverages(pair),
    }


def _known(values: Array) -> Array:
    return np.asarray(values[np.isfinite(values)])


def _mean(values: Array) -> float | None:
    known = _known(values)
    return rounded(known.mean(), 2) if len(known) else None


def _percentile(values: Array, percent: float) -> float | None:
    known = _known(values)
    return rounded(np.percentile(known, percent), 2) if len(known) else None


def _alignment(pair: Pair) -> Record:
    times_s = pair.result.times_s[pair.both.any(axis=1)]
    return {
        "time": pair.time,
        "offset_s": rounded(pair.offset_s, 4),
        "frame": pair.frame,
        "instants": len(times_s),
        "duration_s": rounded(times_s[-1] - times_s[0], 2) if len(times_s) else None,
    }


def _counted(pair: Pair) -> float | None:
    """Share of what the truth knows that the result tells too."""
    rows = [pair.truth.row(name) for name in common_joints((pair.truth, pair.result), MAIN)]
    known = pair.truth.known[:, rows]
    return rounded(float(np.mean(pair.both[:, rows][known])), 4) if known.any() else None


def _root_aligned(pair: Pair) -> Record:
    names, errors = joint_errors(pair)

    def of(wanted: Sequence[str]) -> float | None:
        columns = [i for i, name in enumerate(names) if name in wanted]
        return _mean(_MM * errors[:, columns])

    absolute = None
    origins = reference_points((pair.truth, pair.result), "pelvis")
    if origins is not None and pair.frame != FITTED:
        absolute = _mean(_MM * np.linalg.norm(origins[1] - origins[0], axis=-1))
    return {"all": of(MAIN), "arms": of(ARMS), "legs": of(LEGS), "pelvis_in_camera_frame": absolute,
            "by_joint": {name: _mean(_MM * errors[:, i]) for i, name in enumerate(names)}}  # fmt: skip


def _wrists(pair: Pair) -> tuple[dict[str, LimbError], str]:
    """Both wrists' errors, and what they are relative to; none and empty where there is neither."""
    for origin in ("neck", "pelvis"):
        found = wrist_errors(pair, origin)
        if found:
            return found, origin
    return {}, ""


def _stacked(parts: Sequence[Array]) -> Array:
    return np.concatenate(parts) if parts else np.empty((0, 3))


def _wrist(wrists: Mapping[str, LimbError]) -> Record:
    errors = _MM * np.linalg.norm(_stacked([w.error for w in wrists.values()]), axis=-1)
    clutched = _MM * np.linalg.norm(_stacked([w.clutched for w in wrists.values()]), axis=-1)
    return {"mean": _mean(errors), "p95": _percentile(errors, 95.0), "after_clutch": _mean(clutched),
            "after_clutch_p95": _percentile(clutched, 95.0)}  # fmt: skip


def _sight(wrists: Mapping[str, LimbError]) -> Record:
    """The wrists' errors along and across the line of sight, after the median is removed as well."""
    found: Record = {}
    for name in ("along", "across"):
        part = LimbError.along if name == "along" else LimbError.across

        def size(vectors: Sequence[Array], values: Sequence[LimbError], part: Any = part) -> Array:
            rows = [part(w, v).reshape(len(v), -1) for w, v in zip(values, vectors, strict=True)]
            return np.concatenate([np.linalg.norm(r, axis=1) for r in rows]) if rows else np.empty(0)

        ws = list(wrists.values())
        moved = [(part(w, w.truth), part(w, w.result)) for w in ws]
        followed = [f for f in (following(*m) for m in moved) if f is not None]
        found[name] = {
            "mean_mm": _mean(_MM * size([w.error for w in ws], ws)),
            "after_clutch_mm": _mean(_MM * size([w.clutched for w in ws], ws)),
            "gain": rounded(float(np.mean([gain for gain, _ in followed])), 3) if followed else None,
            "correlation": rounded(float(np.mean([alike for _, alike in followed])), 3) if followed else None,
        }
    return found


def _bones(pair: Pair) -> Record:
    """By kind of bone, both sides together: variation, length by the truth's, and direction."""
    shown = {
        "truth": bone_lengths(pair.truth.where(pair.both)),
        "result": bone_lengths(pair.result.where(pair.both)),
    }
    found: Record = {}
    for kind in dict.fromkeys(bone.partition(" ")[2] for bone in BONES):
        bones = [b for b in BONES if b.endswith(f" {kind}") and b in shown["truth"] and b in shown["result"]]
        varied = {who: [v for v in (variation(lengths[b]) for b in bones) if v is not None]
                  for who, lengths in shown.items()}  # fmt: skip
        if not varied["result"]:
            continue
        ratios = [np.nanmean(shown["result"][b]) / np.nanmean(shown["truth"][b]) for b in bones
                  if np.isfinite(shown["result"][b]).any()]  # fmt: skip
        angles = np.degrees(np.concatenate([direction_errors(pair.truth, pair.result, b) for b in bones]))
        found[kind] = {
            "variation": rounded(float(np.mean(varied["result"])), 4),
            "variation_truth": rounded(float(np.mean(varied["truth"])), 4),
            "length_ratio": rounded(float(np.mean(ratios)), 3),
            "direction_deg": _mean(angles),
        }
    return found


def _rest(pair: Pair, wrists: Mapping[str, LimbError]) -> Record:
    spans = {name: rests(pair.truth.times_s, w.truth) for name, w in wrists.items()}

    def of(values: Mapping[str, Array]) -> tuple[float | None, int]:
        """Of both wrists, weighted by how long each is at rest."""
        found = [f for f in (jitter(v, spans[name]) for name, v in values.items()) if f is not None]
        count = sum(n for _, n in found)
        mean = math.sqrt(sum(s * s * n for s, n in found) / count) if count else None
        return rounded(None if mean is None else _MM * mean, 2), count

    total, count = of({name: w.error for name, w in wrists.items()})
    along, _ = of({name: w.along(w.error) for name, w in wrists.items()})
    across, _ = of({name: w.across(w.error) for name, w in wrists.items()})
    return {"jitter_mm": total, "along_mm": along, "across_mm": across, "instants": count}


def _lag(pair: Pair, wrists: Mapping[str, LimbError]) -> Record:
    if pair.time == ESTIMATED:
        why = "the clocks were aligned by the motion, which leaves no lag to be seen"
        return {"lag_ms": None, "correlation": None, "why": why}
    times_s = pair.result.times_s
    if wrists:
        signals = [np.concatenate(parts, axis=1) for parts in zip(
            *((w.truth, w.result) for w in wrists.values()), strict=True)]  # fmt: skip
    else:
        names = common_joints((pair.truth, pair.result), MAIN)
        signals = [np.concatenate([r.point(n) for n in names], axis=1) for r in (pair.truth, pair.result)]
    leader, follower = (Signal(times_s, values) for values in signals)
    found = lag_of(leader, follower)
    if found is None or found.correlation < _LEAST_CORRELATION:
        return {"lag_ms": None, "correlation": None, "why": "too little motion, or no likeness within 0.6 s"}
    return {"lag_ms": rounded(1e3 * found.lag_s, 2), "correlation": rounded(found.correlation, 4), "why": ""}


def _acceleration(pair: Pair, wrists: Mapping[str, LimbError]) -> float | None:
    if len(pair.result.times_s) < 3:
        return None
    ratios = []
    for w in wrists.values():
        sizes = [_known(accelerations(pair.result.times_s, x)) for x in (w.result, w.truth)]
        result, truth = (float(np.sqrt(np.mean(s * s))) if len(s) else 0.0 for s in sizes)
        if truth > 1e-6:
            ratios.append(result / truth)
    return rounded(float(np.mean(ratios)), 2) if ratios else None


def _rotation_steps(pair: Pair) -> Record:
    def of(recording: Recording) -> Record | None:
        steps = rotation_steps(recording, MAIN)
        if not len(steps):
            return None
        degrees = np.degrees(steps)
        return {
            "p50": _percentile(degrees, 50.0),
            "p99": _percentile(degrees, 99.0),
            "max": rounded(degrees.max(), 2),
            "above_45_share": rounded(float(np.mean(steps > _FLIP_RAD)), 4),
        }

    return {"result": of(pair.result), "truth": of(pair.truth)}


def _rotation_error(pair: Pair) -> Record | None:
    """Angles between true and estimated orientations, where the truth has any."""
    found = {}
    for name in common_joints((pair.truth, pair.result), MAIN):
        rows = [r.orientations_xyzw[:, r.row(name)] for r in (pair.truth, pair.result)]
        angles = np.degrees(rotation_angles(*rows))
        if np.isfinite(angles).any():
            found[name] = {"mean": _mean(angles), "p95": _percentile(angles, 95.0)}
    return found or None


def _coverages(pair: Pair) -> Record:
    found: Record = {"relative_to_pelvis": _coverage(coverage(pair, relative=True))}
    if pair.frame != FITTED:
        found["in_camera_frame"] = _coverage(coverage(pair, relative=False))
    return found


def _coverage(found: Coverage) -> Record | None:
    if not found.count:
        return None
    shares = zip(("across_1", "across_2", "along_1", "along_2"), (*found.across, *found.along), strict=True)
    return {"count": found.count, **{name: rounded(share, 4) for name, share in shares}}
