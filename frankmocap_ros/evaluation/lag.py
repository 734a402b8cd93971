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

"""How late one motion is beside another, to a part of a frame."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from frankmocap_ros.evaluation.resampling import interpolated
from frankmocap_ros.geometry.rotation import Array

LARGEST_LAG_S: Final = 0.6
_STEP_S: Final = 0.005
_COARSE_HZ: Final = 25.0
_LEAST_SAMPLES: Final = 20
_LEAST_SHARE: Final = 0.5  # of the shorter recording that must overlap
_LONGEST_S: Final = 7200.0
_LEAST_ENERGY: Final = 0.01  # of the largest
_ALIKE: Final = 0.01


@dataclass(frozen=True)
class Lag:
    """Result of a comparison of two motions.

    Attributes:
        lag_s: by how much the follower is late [s].
        correlation: of both at that lag, -1..1.
    """

    lag_s: float
    correlation: float


@dataclass(frozen=True, eq=False)
class Signal:
    """Numbers over time.

    Attributes:
        times_s: shape (T,), rising [s].
        values: shape (T, C), NaN where not known; all channels in the same unit.
    """

    times_s: Array
    values: Array


@dataclass(frozen=True, eq=False)
class Products:
    """Sums over the samples that two motions have in common, each channel about its mean.

    Attributes:
        counts: number of those samples, shape (C,).
        both: leader times follower, shape (C,).
        leader, follower: their squares, shape (C,).
    """

    counts: Array
    both: Array
    leader: Array
    follower: Array


def products(leader: Signal, follower: Signal, lag_s: float) -> Products:
    """What correlations at a lag of the follower are made of."""
    led = interpolated(leader.times_s, leader.values, follower.times_s - lag_s)
    known = np.isfinite(led) & np.isfinite(follower.values)
    counts = known.sum(axis=0)
    a, b = (np.where(known, values, 0.0) for values in (led, follower.values))
    a, b = (np.where(known, x - x.sum(axis=0) / np.maximum(counts, 1), 0.0) for x in (a, b))
    return Products(counts.astype(float), (a * b).sum(axis=0), (a * a).sum(axis=0), (b * b).sum(axis=0))


def lag_of(
    leader: Signal, follower: Signal, around_s: float = 0.0, reach_s: float = LARGEST_LAG_S
) -> Lag | None:
    """The lag at which both are most alike, between two steps by a parabola through three of them.

    All channels count together, each by how much it moves: the correlation is the sum of their covariances
    by the root of the sums of their variances.

    Args:
        leader: such as the truth.
        follower: such as what was estimated.
        around_s: the middle of the lags that are tried [s].
        reach_s: how far they reach to both sides [s].

    Returns:
        None where there is too little motion or overlap to tell, or no peak within reach.
    """
    lags = around_s + np.arange(-round(reach_s / _STEP_S), round(reach_s / _STEP_S) + 1) * _STEP_S
    alike = np.array([_correlation(leader, follower, lag) for lag in lags])
    if not np.isfinite(alike).any():
        return None
    best = int(np.nanargmax(alike))
    if best in (0, len(lags) - 1) or not np.isfinite(alike[best - 1 : best + 2]).all():
        return None
    before, peak, after = alike[best - 1 : best + 2]
    bend = before - 2.0 * peak + after
    shift = 0.5 * (before - after) / bend if bend < 0.0 else 0.0
    return Lag(float(lags[best] + shift * _STEP_S), float(peak))


def _correlation(leader: Signal, follower: Signal, lag_s: float) -> float:
    found = products(leader, follower, lag_s)
    used = found.counts >= _LEAST_SAMPLES
    spread = float(np.sqrt(found.leader[used].sum() * found.follower[used].sum()))
    return float(found.both[used].sum() / spread) if spread > 1e-12 else float("nan")


def clock_offset(leader: Signal, follower: Signal) -> Lag | None:
    """The difference between two clocks: a time of the leader plus ``lag_s`` is that time of the follower.

    The recordings may begin at any time; half of the shorter one must overlap. Motions that repeat fit
    at several offsets, of which the one with the highest correlation is taken.

    Returns:
        None where nothing fits.
    """
    coarse = _coarse_offset(leader, follower)
    return None if coarse is None else lag_of(leader, follower, coarse, 3.0 / _COARSE_HZ)


def _coarse_offset(leader: Signal, follower: Signal) -> float | None:
    """The same to 40 ms, by the correlations at all offsets at once.

    Each is that of the samples that overlap (D. Padfield, "Masked object registration in the Fourier domain",
    2012). Of offsets that fit alike the one with most overlap is taken.
    """
    a, b = (_evenly(signal) for signal in (leader, follower))
    if min(len(a), len(b)) < _LEAST_SAMPLES or not a.shape[1]:
        return None
    known_a, known_b = np.isfinite(a), np.isfinite(b)
    a, b = np.nan_to_num(a - np.nanmean(a, axis=0)), np.nan_to_num(b - np.nanmean(b, axis=0))
    spectra_a, spectra_b = (
        [
            np.fft.rfft(x, 1 << (len(a) + len(b)).bit_length(), axis=0)
            for x in (known.astype(float), one, one**2)
        ]
        for known, one in ((known_a, a), (known_b, b))
    )

    def sums(power_a: int, power_b: int) -> Array:
        """Sums of a(t)^m b(t + n)^k over what is known of both, n from ``1 - len(a)`` on, shape (N, C)."""
        found = np.fft.irfft(spectra_b[power_b] * np.conj(spectra_a[power_a]), axis=0)
        return np.concatenate([found[len(found) - len(a) + 1 :], found[: len(b)]])

    count = np.maximum(sums(0, 0), 1.0)
    sum_a, sum_b = sums(1, 0), sums(0, 1)
    covariance = (sums(1, 1) - sum_a * sum_b / count).sum(axis=1)
    energies = [sums(2, 0) - sum_a**2 / count, sums(0, 2) - sum_b**2 / count]
    energy_a, energy_b = (np.maximum(energy, 0.0).sum(axis=1) for energy in energies)
    overlap = count.sum(axis=1)
    fits = overlap >= max(_LEAST_SHARE * min(known_a.sum(), known_b.sum()), float(_LEAST_SAMPLES))
    for energy in (energy_a, energy_b):  # where hardly anything moves, anything is alike
        fits &= energy / overlap > _LEAST_ENERGY * float(np.max((energy / overlap)[fits], initial=0.0))
    if not fits.any():
        return None
    alike = np.where(fits, covariance / np.sqrt(np.where(fits, energy_a * energy_b, 1.0)), -np.inf)
    close = np.flatnonzero(alike >= alike.max() - _ALIKE)
    steps = int(close[np.argmax(overlap[close] * alike[close])]) - (len(a) - 1)
    return float(follower.times_s[0] - leader.times_s[0] + steps / _COARSE_HZ)


def _evenly(signal: Signal) -> Array:
    """Values at a fixed rate from the first time on, shape (N, C); (0, C) where a channel is not known."""
    duration_s = min(float(signal.times_s[-1] - signal.times_s[0]), _LONGEST_S)
    at_s = signal.times_s[0] + np.arange(int(duration_s * _COARSE_HZ) + 1) / _COARSE_HZ
    found = interpolated(signal.times_s, signal.values, at_s)
    return found if np.isfinite(found).any(axis=0).all() else np.empty((0, found.shape[1]))
