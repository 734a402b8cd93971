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

"""A recording at other times."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.evaluation.recording import Recording
from frankmocap_ros.geometry.rotation import Array

_LONGEST_GAP_S = 0.12  # between two samples that a straight line joins
_SAME = 1e-6  # share of a step


def interpolated(times_s: Array, values: Array, at_s: Array) -> Array:
    """Values at other times, along straight lines between neighbors.

    Args:
        times_s: shape (T,), rising [s].
        values: shape (T, ...), NaN where not known.
        at_s: shape (N,) [s].

    Returns:
        shape (N, ...); NaN outside, beside what is not known, and in gaps of more than 0.12 s (or 2.5 usual
        steps where these are longer).
    """
    before, share, outside = _neighbors(times_s, at_s)
    weight = share.reshape(-1, *(1,) * (values.ndim - 1))
    a, b = values[before], values[np.minimum(before + 1, len(times_s) - 1)]
    found = np.where(weight < _SAME, a, np.where(weight > 1.0 - _SAME, b, a + weight * (b - a)))
    found[outside] = np.nan
    return np.asarray(found)


def resampled(recording: Recording, at_s: Array) -> Recording:
    """A recording at other times: positions, orientations and pixels in between, states of the nearest."""
    times_s = recording.times_s
    before, share, outside = _neighbors(times_s, at_s)
    nearest = np.minimum(before + (share > 0.5), len(times_s) - 1)
    positions = interpolated(times_s, recording.positions, at_s)
    states = recording.states[nearest].copy()
    states[outside] = 0
    states[~np.isfinite(positions).all(axis=-1)] = 0
    q = interpolated(times_s, _continuous(recording.orientations_xyzw), at_s)
    length = np.linalg.norm(q, axis=-1, keepdims=True)
    return replace(
        recording,
        times_s=at_s,
        positions=positions,
        states=states,
        orientations_xyzw=q / np.where(length > 1e-3, length, np.nan),
        pixels=interpolated(times_s, recording.pixels, at_s),
        stddev=recording.stddev[nearest],
    )


def _neighbors(times_s: Array, at_s: Array) -> tuple[NDArray[np.intp], Array, NDArray[np.bool_]]:
    """Sample before each time, share of the way to the next, and where no value is known."""
    last = len(times_s) - 1
    before = np.clip(np.searchsorted(times_s, at_s, side="right") - 1, 0, max(last - 1, 0))
    after = np.minimum(before + 1, last)
    step = times_s[after] - times_s[before]
    share = (at_s - times_s[before]) / np.where(step > 0.0, step, 1.0)
    usual = float(np.median(np.diff(times_s))) if last > 0 else 0.0
    gap = (step > max(_LONGEST_GAP_S, 2.5 * usual)) & (share > _SAME) & (share < 1.0 - _SAME)
    return before, np.clip(share, 0.0, 1.0), gap | (share < -_SAME) | (share > 1.0 + _SAME)


def _continuous(q: Array) -> Array:
    """Quaternions (T, J, 4) whose signs are those of the one before, so that they can be interpolated."""
    dots = np.einsum("tji,tji->tj", q[1:], q[:-1])
    signs = np.cumprod(np.where(dots < 0.0, -1.0, 1.0), axis=0)  # NaN keeps the sign
    return np.concatenate([q[:1], q[1:] * signs[..., None]])
