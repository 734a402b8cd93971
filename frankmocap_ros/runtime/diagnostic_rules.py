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

"""What can be wrong with a camera of a mocap node: each rule knows one thing, and what to do about it."""

from collections.abc import Callable, Mapping
from typing import Final

from frankmocap_ros.runtime.snapshot import (
    DROP_NO_TRANSFORM,
    DROP_OUT_OF_ORDER,
    DROP_OVERWRITTEN,
    DROP_TOO_OLD,
    Level,
    Snapshot,
)

SILENT_WARN_S = 1.0
SILENT_ERROR_S = 3.0
CLOCKS_APART_MS = 1.0  # a stamp that is less ahead comes from a clock that is read in steps, as /clock is
_UNPAIRED: Final = 3  # images without depth, and none with it: more than a depth image that was lost

Finding = tuple[Level, str]


def _estimator_fails(s: Snapshot) -> Finding | None:
    if s.last_error is None:
        return None
    return Level.ERROR, f"estimator {s.estimator} failed: {s.last_error}"


def _withheld(s: Snapshot) -> Finding | None:
    if not s.active or not s.withheld_in_period:
        return None
    return Level.WARN, (
        f"{s.withheld_in_period} times a person was left out: estimator {s.estimator} gave a number that is "
        "not finite; set precision: fp32, or replace its model file"
    )


def _of_no_use(s: Snapshot) -> Finding | None:
    return (Level.WARN, s.warning) if s.warning else None


def _no_image(s: Snapshot) -> Finding | None:
    never = s.since_image_s is None
    silent_s = s.active_s if s.since_image_s is None else s.since_image_s
    if not s.active or (silent_s < SILENT_WARN_S and not never):
        return None
    level = Level.ERROR if silent_s >= SILENT_ERROR_S else Level.WARN
    which = f"no image yet on {s.image_topic} after" if never else f"no image on {s.image_topic} for"
    why = f": {s.no_image}" if s.no_image else ""
    return level, f"{which} {silent_s:.1f} s{why}"


def _unheard(s: Snapshot) -> Finding | None:
    return (Level.WARN, "; ".join(s.unheard)) if s.active and s.unheard else None


def _no_calibration(s: Snapshot) -> Finding | None:
    if not s.active or not s.calibration_fault:
        return None
    return Level.WARN, f"camera_info is no calibration of the images: {s.calibration_fault}"


def _stamps(s: Snapshot) -> Finding | None:
    return (Level.WARN, s.stamp_fault) if s.active and s.stamp_fault else None


def _clocks_disagree(s: Snapshot) -> Finding | None:
    if not s.active or s.stamp_fault or s.age_min_ms is None or s.age_min_ms > -CLOCKS_APART_MS:
        return None
    return Level.WARN, (
        f"clocks disagree: image stamps are up to {-s.age_min_ms:.1f} ms in the future; synchronize the "
        "clocks of camera and node (chrony, PTP) or check use_sim_time"
    )


def _malformed(s: Snapshot) -> Finding | None:
    reasons = {
        r: n
        for r, n in s.dropped_in_period.items()
        if n and r not in (DROP_OVERWRITTEN, DROP_TOO_OLD, DROP_NO_TRANSFORM, DROP_OUT_OF_ORDER)
    }
    if not s.active or not reasons:
        return None
    return Level.WARN, (
        f"malformed images dropped: {_counts(reasons)}; check encoding, step and size of the "
        f"images on {s.image_topic}"
    )


def _bad_depth(s: Snapshot) -> Finding | None:
    if not s.active or not s.depth_error:
        return None
    return Level.WARN, f"depth is not used: {s.depth_error}"


def _depth_never_pairs(s: Snapshot) -> Finding | None:
    missing = s.depth_in_period.get("missing", 0)
    if not s.active or missing < _UNPAIRED or s.depth_in_period.get("paired", 0) or s.depth_offset_s is None:
        return None
    way = "later" if s.depth_offset_s > 0.0 else "earlier"
    return Level.WARN, (
        f"depth is left out: none of {missing} images has one of its time, the nearest is stamped "
        f"{abs(s.depth_offset_s):.3f} s {way}, and allowed is half the time between two images; let the "
        "camera's driver synchronize depth and images, by one clock"
    )


def _too_old(s: Snapshot) -> Finding | None:
    n = s.dropped_in_period.get(DROP_TOO_OLD, 0)
    if not s.active or not n:
        return None
    dropped = f"{n} images dropped for exceeding max_image_age_s ({s.max_image_age_s:g} s)"
    if s.stamp_fault:
        return Level.WARN, dropped  # the cause stands beside it
    return Level.WARN, f"{dropped} when their turn came: lower resize_short or raise max_image_age_s"


def _out_of_order(s: Snapshot) -> Finding | None:
    n = s.dropped_in_period.get(DROP_OUT_OF_ORDER, 0)
    if not s.active or not n:
        return None
    return Level.WARN, (
        f"{n} images dropped because their stamps are out of order: check that only one driver "
        f"publishes {s.image_topic} (ros2 topic info --verbose {s.image_topic}), and that it sends images in "
        "the order of their stamps"
    )


def _no_transform(s: Snapshot) -> Finding | None:
    n = s.dropped_in_period.get(DROP_NO_TRANSFORM, 0)
    if not s.active or not n:
        return None
    return Level.ERROR, (
        f"{n} images were not published: no transform {s.no_transform}; check that a node publishes it "
        "on /tf or /tf_static with the images' clock, or raise transform_wait_ms if it arrives late"
    )


def _late(s: Snapshot) -> Finding | None:
    if not s.active or s.age_ms is None or s.age_ms[1] <= s.latency_budget_ms:
        return None
    return Level.WARN, (
        f"age p95 {s.age_ms[1]:.1f} ms exceeds the budget of {s.latency_budget_ms:.1f} ms: "
        "lower resize_short or the image rate, or raise latency_budget_ms"
    )


def _leaves_out(s: Snapshot) -> Finding | None:
    if not s.active or not s.deadline_level:
        return None
    return Level.WARN, (
        f"reduces processing to keep the budget of {s.latency_budget_ms:.1f} ms: {s.deadline_measures}; to "
        "process everything in time, use a faster preset, estimator or engine, or raise latency_budget_ms"
    )


# in the order in which findings of the same level are told
RULES: tuple[Callable[[Snapshot], Finding | None], ...] = (
    _estimator_fails,
    _withheld,
    _of_no_use,
    _no_image,
    _stamps,
    _clocks_disagree,
    _malformed,
    _too_old,
    _out_of_order,
    _no_transform,
    _no_calibration,
    _unheard,
    _bad_depth,
    _depth_never_pairs,
    _late,
    _leaves_out,
)


def _counts(counts: Mapping[str, int]) -> str:
    """Counts in words, the largest first: ``bad_step 3, truncated 1``."""
    return ", ".join(f"{name} {n}" for name, n in sorted(counts.items(), key=lambda c: (-c[1], c[0])))
