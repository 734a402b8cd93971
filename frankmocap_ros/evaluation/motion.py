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

"""How steady poses are: bones that keep their length, joints at rest, and the size of accelerations."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from frankmocap_ros.evaluation.recording import BONES, Recording
from frankmocap_ros.geometry.rotation import Array, Mask, normalize

_REST_MPS: Final = 0.05
_REST_S: Final = 0.4
_LEAST_REST: Final = 5  # samples
_SPEED_OVER_S: Final = 0.2
_CALM_S: Final = 1.0


def bone_lengths(recording: Recording) -> dict[str, Array]:
    """Length of each bone whose ends are there, shape (T,), NaN where not known [m]."""
    return {
        bone: np.linalg.norm(recording.point(below) - recording.point(above), axis=-1)
        for bone, (above, below) in BONES.items()
        if above in recording.names and below in recording.names
    }


def variation(lengths: Array) -> float | None:
    """Standard deviation of a bone's length as a share of its mean; None where it is not known twice."""
    known = lengths[np.isfinite(lengths)]
    return float(known.std() / known.mean()) if len(known) > 1 and known.mean() > 0.0 else None


def direction_errors(truth: Recording, result: Recording, bone: str) -> Array:
    """Angles between a true and an estimated bone, shape (T,), NaN where not known [rad]."""
    above, below = BONES[bone]
    if any(name not in r.names for r in (truth, result) for name in (above, below)):
        return np.full(len(truth.times_s), np.nan)
    a, b = (normalize(r.point(below) - r.point(above)) for r in (truth, result))
    return np.asarray(np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), np.einsum("ti,ti->t", a, b)))


def rests(times_s: Array, points: Array) -> list[slice]:
    """When a point is at rest: spans of at least 0.4 s in which it is slower than 5 cm/s.

    Args:
        times_s: shape (T,), rising [s].
        points: shape (T, 3), NaN where not known [m].
    """
    slow = _speeds(times_s, points) < _REST_MPS  # false for NaN
    return [
        span
        for span in _runs(slow)
        if span.stop - span.start >= _LEAST_REST and times_s[span.stop - 1] - times_s[span.start] >= _REST_S
    ]


def _speeds(times_s: Array, points: Array) -> Array:
    """Speed over the 0.2 s around each instant, so that the truth's own noise is no motion [m/s]."""
    before = np.searchsorted(times_s, times_s - 0.5 * _SPEED_OVER_S - 1e-9)
    after = np.searchsorted(times_s, times_s + 0.5 * _SPEED_OVER_S + 1e-9) - 1
    taken_s = times_s[after] - times_s[before]
    way = np.linalg.norm(points[after] - points[before], axis=-1)
    return np.where(
        (taken_s > 0.0) & np.isfinite(points).all(axis=1), way / np.maximum(taken_s, 1e-9), np.nan
    )


def _runs(mask: Mask) -> Iterator[slice]:
    """Spans of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    yield from (slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True))


def jitter(errors: Array, spans: list[slice]) -> tuple[float, int] | None:
    """How much an error changes while the truth is at rest.

    Args:
        errors: shape (T,) or (T, C), NaN where not known [m].
        spans: as ``rests`` gives them.

    Returns:
        The standard deviation about the mean of each span, all channels together (the root of the sum of
        their variances) [m], and over how many instants; None where there are too few.
    """
    values = errors.reshape(len(errors), -1)
    total, degrees, count = 0.0, 0, 0
    for span in spans:
        known = values[span][np.isfinite(values[span]).all(axis=1)]
        if len(known) < _LEAST_REST:
            continue
        total += float(np.sum((known - known.mean(axis=0)) ** 2))
        degrees += len(known) - 1
        count += len(known)
    return (float(np.sqrt(total / degrees)), count) if degrees else None


def calmest_jitter(times_s: Array, points: Array) -> float | None:
    """The least standard deviation of a point, about a straight line, in any second; without a truth.

    Args:
        times_s: shape (T,), rising [s].
        points: shape (T, C), NaN where not known, in the unit of the result.

    Returns:
        All channels together, None where no second is known without a gap.
    """
    first = np.arange(len(times_s))
    last = np.searchsorted(times_s, times_s + _CALM_S - 1e-9)  # the first that is not in the window
    whole = times_s + 0.9 * _CALM_S <= times_s[-1] + 1e-9
    known: Mask = np.asarray(np.isfinite(points).all(axis=1))
    middle = points[known].mean(axis=0) if known.any() else 0.0
    x = np.where(known[:, None], points - middle, 0.0)  # small numbers, so that sums keep their digits
    t = (times_s - times_s.mean())[:, None]

    def sums(values: Array) -> Array:
        """Of each window, shape (T, C)."""
        total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
        return np.asarray(total[last] - total[first])

    count = (last - first)[:, None].astype(float)
    usable = whole & (sums(known[:, None].astype(float)) == count)[:, 0] & (count[:, 0] >= _LEAST_REST)
    if not usable.any():
        return None
    of_t, of_x = sums(t), sums(x)
    slope_top = sums(x * t) - of_x * of_t / count
    slope_bottom = np.maximum(sums(t * t) - of_t**2 / count, 1e-12)
    rest = (sums(x * x) - of_x**2 / count - slope_top**2 / slope_bottom).sum(axis=1)
    return float(np.sqrt(np.maximum(rest[usable] / (count[usable, 0] - 2.0), 0.0).min()))


def accelerations(times_s: Array, points: Array) -> Array:
    """Size of a point's acceleration, shape (T - 2,), NaN where not known [m/s2]."""
    before_s, after_s = np.diff(times_s)[:-1, None], np.diff(times_s)[1:, None]
    velocities = np.diff(points, axis=0)
    bend = velocities[1:] / after_s - velocities[:-1] / before_s
    return np.asarray(np.linalg.norm(bend, axis=-1) / (0.5 * (before_s + after_s)[:, 0]))
