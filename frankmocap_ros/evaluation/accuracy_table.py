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

"""A record of accuracy as text for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from frankmocap_ros.evaluation.alignment import CAMERA, ESTIMATED, FITTED, GIVEN, STAMPS

_NOTHING: Final = "-"
_TIMES: Final = {
    STAMPS: "by their stamps",
    GIVEN: "by the given offset of {offset_s:+.3f} s",
    ESTIMATED: "by the motion: {offset_s:+.3f} s were added to the truth's times",
}
_FRAMES: Final = {
    CAMERA: "the truth is in the camera's frame",
    GIVEN: "the truth was brought into the camera's frame by the given transform",
    FITTED: "the truth was brought into the camera's frame by the rigid transform that fits best, so that "
    "constant errors of place and direction are not seen",
}

Row = tuple[str, str]


def accuracy_table(record: Mapping[str, Any]) -> str:
    """The record of ``accuracy_record`` as lines: what, how much, what it means."""
    rows = [*_positions(record), *_motion(record), *_rotations(record), *_states(record), *_coverage(record)]
    width = max(len(name) for name, _ in rows)
    return "\n".join([*_head(record), "", *(f"{name:<{width}}  {value}" for name, value in rows)]) + "\n"


def _head(record: Mapping[str, Any]) -> Iterator[str]:
    at = record["alignment"]
    joints = ", ".join(record["joints"]["common"])
    yield f"{at['instants']} instants over {at['duration_s']:.1f} s; joints: {joints}"
    yield f"clocks aligned {_TIMES[at['time']].format(**at)}"
    yield _FRAMES[at["frame"]]
    counted = _percent(record["joints"]["counted_share"])
    yield f"TRACKED and PREDICTED joints count: {counted} of what the truth knows"


def _number(value: float | None, unit: str = "", digits: int = 0) -> str:
    return _NOTHING if value is None else f"{value:.{digits}f}{f' {unit}' if unit else ''}"


def _percent(value: float | None) -> str:
    return _NOTHING if value is None else f"{100.0 * value:.1f} %"


def _positions(record: Mapping[str, Any]) -> Iterator[Row]:
    root, wrist, sight = record["root_aligned_mm"], record["wrist_mm"], record["sight"]
    for name, label in (("all", "all joints"), ("arms", "elbows, wrists"), ("legs", "knees, ankles")):
        yield f"relative to pelvis, {label}", _number(root[name], "mm")
    yield "after Procrustes", _number(record["procrustes_mm"], "mm")
    if root["pelvis_in_camera_frame"] is not None:
        yield "pelvis in the camera's frame", _number(root["pelvis_in_camera_frame"], "mm")
    origin = record["wrist_relative_to"]
    if not origin:
        yield (
            "wrists",
            "not measured: truth or result has no wrist, or neither neck nor pelvis to relate it to",
        )
        return
    yield f"wrist relative to {origin}", f"{_number(wrist['mean'], 'mm')}, p95 {_number(wrist['p95'], 'mm')}"
    clutch = f"{_number(wrist['after_clutch'], 'mm')}, p95 {_number(wrist['after_clutch_p95'], 'mm')}"
    yield "  after a clutch (median removed)", clutch
    for name in ("across", "along"):
        one = sight[name]
        size = f"{_number(one['mean_mm'], 'mm')}, after a clutch {_number(one['after_clutch_mm'], 'mm')}"
        gain, alike = (_number(one[key], digits=2) for key in ("gain", "correlation"))
        yield f"  {name} the line of sight", f"{size}; motion followed: gain {gain}, correlation {alike}"


def _motion(record: Mapping[str, Any]) -> Iterator[Row]:
    for kind, bone in record["bones"].items():
        yield (
            f"{kind}'s length",
            (
                f"varies by {_percent(bone['variation'])} (truth {_percent(bone['variation_truth'])}); "
                f"{_number(bone['length_ratio'], digits=2)} of the truth's; direction off by "
                f"{_number(bone['direction_deg'], 'deg', 1)}"
            ),
        )
    rest, lag = record["rest"], record["lag"]
    yield (
        "wrists' jitter at rest",
        (
            f"{_number(rest['jitter_mm'], 'mm', 1)} (across {_number(rest['across_mm'], 'mm', 1)}, along "
            f"{_number(rest['along_mm'], 'mm', 1)}) in {rest['instants']} instants"
            if rest["instants"]
            else "not measured: no wrist is at rest (below 5 cm/s for 0.4 s)"
        ),
    )
    yield "wrists' acceleration", f"{_number(record['acceleration_ratio'], digits=2)} times the truth's"
    yield (
        "lag",
        (
            f"not measured: {lag['why']}"
            if lag["lag_ms"] is None
            else f"{lag['lag_ms']:.1f} ms (correlation {lag['correlation']:.3f})"
        ),
    )
    yield "left and right swapped", f"{_percent(record['swapped_share'])} of the instants"


def _rotations(record: Mapping[str, Any]) -> Iterator[Row]:
    for who, steps in record["rotation_steps_deg"].items():
        yield (
            f"rotation steps of one frame, {who}",
            (
                "no orientations"
                if steps is None
                else f"p99 {_number(steps['p99'], 'deg', 1)}, largest {_number(steps['max'], 'deg', 1)}; "
                f"{_percent(steps['above_45_share'])} above 45 deg"
            ),
        )
    for name, error in (record["rotation_error_deg"] or {}).items():
        yield (
            f"rotation error, {name}",
            f"{_number(error['mean'], 'deg', 1)}, p95 {_number(error['p95'], 'deg', 1)}",
        )


def _states(record: Mapping[str, Any]) -> Iterator[Row]:
    for name, shares in record["states"].items():
        words = ", ".join(f"{state} {_percent(share)}" for state, share in shares.items() if state != "count")
        yield f"joints {name}", f"{words} ({shares['count']})"


def _coverage(record: Mapping[str, Any]) -> Iterator[Row]:
    names = {"relative_to_pelvis": "relative to pelvis", "in_camera_frame": "in the camera's frame"}
    for name, found in record["coverage"].items():
        yield (
            f"within 1 and 2 stddev, {names[name]}",
            (
                "not measured: no standard deviations (position_stddev) in the result"
                if found is None
                else f"across {_percent(found['across_1'])}, {_percent(found['across_2'])}; along "
                f"{_percent(found['along_1'])}, {_percent(found['along_2'])} (expected 68 %, 95 %)"
            ),
        )
