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

"""One-Euro filters for many points and many rotations at once.

Source: G. Casiez, N. Roussel, D. Vogel, "1 Euro Filter: A Simple Speed-based Low-pass Filter for Noisy
Input in Interactive Systems", CHI 2012. With input x, output y and the time dt since the last sample::

    v  += a(f_d) * ((x - x_last) / dt - v)       speed, itself low-passed at the derivative cut-off f_d
    f_c = f_min + beta * |v|                     at rest smooth, when moving quick
    y  += a(f_c) * (x - y)
    a(f) = r / (1 + r),  r = 2 pi f dt

The difference is that of two inputs, as in the authors' own implementation; that of input and last output
would grow with the frame rate. |v| is the length of the vector, so turning the input turns the output and
changes nothing else.
"""

import math
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from frankmocap_ros.errors import SettingError
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW, Array, Mask, dot

F = TypeVar("F", float, Array)

_SAME_STAMP_S = 1e-6  # stamps of today, as float64 seconds, are 2.4e-7 s apart: less than this is no time
_LARGEST = 1e9  # beyond this a number is as wrong as an infinite one, and its speed could overflow
_TINY = 1e-300  # keeps 0 / 0 from being NaN
# the vector part of a * conjugate(b), x y z w, is the sum over j of sign[k, j] * a[index[k, j]] * b[j]
_PRODUCT_INDEX = np.array([[3, 2, 1, 0], [2, 3, 0, 1], [1, 0, 3, 2]])
_PRODUCT_SIGN = np.array([[-1.0, 1.0, -1.0, 1.0], [-1.0, -1.0, 1.0, 1.0], [1.0, -1.0, -1.0, 1.0]])


@dataclass(frozen=True)
class OneEuro:
    """Parameters of a One-Euro filter.

    Attributes:
        min_cutoff_hz: cut-off at rest, above 0 [Hz]. Lower is smoother, higher lags less.
        beta: rise of the cut-off with speed, 0 or more [Hz per m/s, or Hz per rad/s].
        derivative_cutoff_hz: cut-off for the speed, above 0 [Hz].

    Raises:
        SettingError: a value is not finite or out of range.
    """

    min_cutoff_hz: float
    beta: float
    derivative_cutoff_hz: float

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("min_cutoff_hz", "derivative_cutoff_hz"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0.0):
                raise SettingError(f"{name}: {value} Hz is out of range; allowed: finite and above 0")
        if not (math.isfinite(self.beta) and self.beta >= 0.0):
            raise SettingError(f"beta: {self.beta} is out of range; allowed: finite and 0 or more")


class SmoothingSettings(Protocol):
    """The settings of a node that smooths; ``settings/one_euro.py`` declares them."""

    @property
    def smoothing(self) -> str:
        """``"none"`` or ``"one_euro"``."""

    @property
    def one_euro_min_cutoff_hz(self) -> float:
        """As ``OneEuro.min_cutoff_hz``."""

    @property
    def one_euro_beta(self) -> float:
        """As ``OneEuro.beta``."""

    @property
    def one_euro_derivative_cutoff_hz(self) -> float:
        """As ``OneEuro.derivative_cutoff_hz``."""


def filter_of(settings: SmoothingSettings) -> OneEuro | None:
    """The filter that settings ask for; None for no smoothing."""
    if settings.smoothing == "none":
        return None
    return OneEuro(
        settings.one_euro_min_cutoff_hz, settings.one_euro_beta, settings.one_euro_derivative_cutoff_hz
    )


class _OneEuroFilter:
    """What both filters share: time, validity, speed. ``rest`` is what a point without value holds."""

    def __init__(self, count: int, rest: Array, params: OneEuro, max_gap_s: float) -> None:
        if not max_gap_s > 0.0:
            raise SettingError(f"max_gap_s: {max_gap_s} s is out of range; allowed: above 0")
        self.params = params
        """Parameters; may be replaced between two frames. The output goes on from where it is."""
        self._max_gap_s = max_gap_s
        self._rest = rest
        self._time_s: float | None = None
        self._input = np.tile(rest, (count, 1))
        self._output = np.tile(rest, (count, 1))
        self._velocity = np.zeros((count, 3))
        self._active = np.zeros(count, dtype=bool)

    @property
    def active(self) -> Mask:
        """Which points of the last output are values, shape (N,), a copy: valid ones with finite input."""
        return np.array(self._active)

    def reset(self) -> None:
        """Forget everything; the next sample of every point passes unfiltered."""
        self._time_s = None
        self._active[:] = False
        self._output[:] = self._rest

    def filter(self, values: ArrayLike, time_s: float, valid: ArrayLike) -> Array:
        """Smooth one frame.

        A point that becomes valid starts at its input. A point that is not valid, or whose input is not
        finite, is forgotten. Time that goes back, or a gap above ``max_gap_s``, resets; the same time again
        repeats the output.

        Args:
            values: shape (N, 3) or (N, 4), see the class.
            time_s: time of the frame [s].
            valid: shape (N,), True where ``values`` holds a measurement.

        Returns:
            Shape of ``values``, a new array, always finite; points without value are zero or identity.

        Raises:
            ValueError: wrong shape, or a time that is not finite.
        """
        values = np.asarray(values, dtype=np.float64)
        valid = np.asarray(valid, dtype=bool)
        if values.shape != self._output.shape or valid.shape != self._active.shape:
            raise ValueError(
                f"expected values {self._output.shape} and valid {self._active.shape}, "
                f"got {values.shape} and {valid.shape}; make a new filter for another number of points"
            )
        dt = self._advance(time_s)
        values, usable = self._clean(values, valid)
        if dt > 0.0:
            velocity = self._difference(values) / dt
            self._velocity += _gain(self.params.derivative_cutoff_hz, dt) * (velocity - self._velocity)
            self._output = self._followed(values, dt)
        restart = ~(usable & self._active)
        if restart.any():
            self._output[restart] = values[restart]
            self._velocity[restart] = 0.0
        if dt > 0.0:
            self._input = values
        else:
            self._input[restart] = values[restart]
        self._active = usable
        return np.array(self._output)

    def _advance(self, time_s: float) -> float:
        """Time since the last frame [s], 0 for the same stamp and after a reset."""
        if not math.isfinite(time_s):
            raise ValueError(f"time_s: {time_s} is not a finite number")
        dt = 0.0 if self._time_s is None else time_s - self._time_s
        if dt < 0.0 or dt > self._max_gap_s:
            self.reset()
            dt = 0.0
        elif self._time_s is not None and dt < _SAME_STAMP_S:
            return 0.0  # keep the old time, so that many tiny steps add up
        self._time_s = time_s
        return dt

    def _clean(self, values: Array, valid: Mask) -> tuple[Array, Mask]:
        """A copy of ``values`` with ``rest`` where it cannot be used, and where it can."""
        raise NotImplementedError

    def _difference(self, values: Array) -> Array:
        """Way from the last input to ``values``, shape (N, 3)."""
        raise NotImplementedError

    def _followed(self, values: Array, dt: float) -> Array:
        """The next output."""
        return self._blend(values, _share(self.params, dot(self._velocity, self._velocity), dt)[:, None])

    def _blend(self, values: Array, gain: Array) -> Array:
        """The last output moved towards ``values`` by the share ``gain``, shape (N, 1)."""
        raise NotImplementedError


def _sane(values: Array) -> Mask:
    """Which rows of values hold numbers that can be true; none with NaN do."""
    return np.asarray((np.abs(values) < _LARGEST).all(axis=1))


class OneEuroVector(_OneEuroFilter):
    """One-Euro filter for N positions, shape (N, 3) [m]; each has a speed and a cut-off of its own."""

    def __init__(self, count: int, params: OneEuro, max_gap_s: float = 0.5) -> None:
        super().__init__(count, np.zeros(3), params, max_gap_s)

    def _clean(self, values: Array, valid: Mask) -> tuple[Array, Mask]:
        usable = valid & _sane(values)
        return np.where(usable[:, None], values, 0.0), usable

    def _difference(self, values: Array) -> Array:
        return values - self._input

    def _blend(self, values: Array, gain: Array) -> Array:
        return self._output + gain * (values - self._output)


class OneEuroSight(OneEuroVector):
    """One-Euro filter for N positions, across the line of sight and along it with parameters of their own.

    One camera sees well how a point moves across its line of sight, and badly how along it. A single cut-off
    would be opened by the noise along, and let that through.

    Args:
        count: N.
        across: parameters across the line of sight.
        along: parameters along it.
    """

    def __init__(self, count: int, across: OneEuro, along: OneEuro, max_gap_s: float = 0.5) -> None:
        super().__init__(count, across, max_gap_s)
        self.along = along
        """Parameters along the line of sight; ``params`` are those across. Both may be replaced."""
        self.sight: Array = np.tile((0.0, 0.0, 1.0), (count, 1))
        """Lines of sight of the next frame, unit vectors, shape (N, 3)."""

    def _followed(self, values: Array, dt: float) -> Array:
        way, sight = values - self._output, self.sight
        way_along, speed_along = dot(way, sight), dot(self._velocity, sight)
        square_across = np.maximum(dot(self._velocity, self._velocity) - speed_along**2, 0.0)
        across = _share(self.params, square_across, dt)
        along = _share(self.along, speed_along**2, dt)
        return np.asarray(
            self._output + across[:, None] * way + ((along - across) * way_along)[:, None] * sight
        )


class OneEuroQuaternion(_OneEuroFilter):
    """One-Euro filter for N rotations, unit quaternions x y z w, shape (N, 4).

    The output moves along the great circle to the input (slerp); the speed is the angular velocity [rad/s].
    Input of any length but zero is taken at unit length, and q and -q are the same input. The output does
    not change sign from frame to frame; a point that starts has w >= 0.
    """

    def __init__(self, count: int, params: OneEuro, max_gap_s: float = 0.5) -> None:
        super().__init__(count, IDENTITY_XYZW, params, max_gap_s)

    def _clean(self, values: Array, valid: Mask) -> tuple[Array, Mask]:
        usable = valid & _sane(values)
        if not usable.all():
            values = np.where(usable[:, None], values, self._rest)
        square = dot(values, values)
        if (square <= _LARGEST**-2).any():  # no direction
            usable = usable & (square > _LARGEST**-2)
            values = np.where(usable[:, None], values, self._rest)
            square = np.where(usable, square, 1.0)
        # the last output is the identity where there was none: then this is w
        side = dot(values, self._output)
        if not side.all():  # half a turn away both signs are as near: take one that q and -q share
            tie = side == 0.0
            first = np.argmax(values[tie] != 0.0, axis=1)
            side[tie] = np.take_along_axis(values[tie], first[:, None], axis=1)[:, 0]
        side[~usable] = 1.0
        return values * np.copysign(1.0 / np.sqrt(square), side)[:, None], usable

    def _difference(self, values: Array) -> Array:
        # the vector part of values * conjugate(input), and its w: the same as by the functions of geometry,
        # in half their time
        xyz = np.einsum("nkj,nj->nk", values.take(_PRODUCT_INDEX, axis=1) * _PRODUCT_SIGN, self._input)
        w = dot(values, self._input)
        sine = np.sqrt(dot(xyz, xyz))
        angle = 2.0 * np.arctan2(sine, np.abs(w))
        return np.asarray(xyz * np.copysign(angle / np.maximum(sine, _TINY), w)[:, None])

    def _blend(self, values: Array, gain: Array) -> Array:
        chord = values - self._output
        # half the distance of two unit vectors is the sine of half the angle between them, which is at most
        # a quarter turn, as the signs agree
        square = dot(chord, chord)[:, None]
        cosine = 1.0 - 0.5 * square
        angle = 2.0 * np.arcsin(0.5 * np.sqrt(square))
        across = np.sin(gain * angle) / np.maximum(np.sin(angle), _TINY)
        mixed = np.cos(gain * angle) * self._output + across * (values - cosine * self._output)
        return np.asarray(mixed / np.sqrt(dot(mixed, mixed))[:, None])


def _share(params: OneEuro, square_speed: Array, dt: float) -> Array:
    """Share of the way to the input that points with these squares of speed (N,) go in ``dt`` [s]."""
    return _gain(params.min_cutoff_hz + params.beta * np.sqrt(square_speed), dt)


def _gain(cutoff_hz: F, dt: float) -> F:
    """Share of the way to the input that a low-pass goes in ``dt`` [s]."""
    r = 2.0 * math.pi * dt * cutoff_hz
    return r / (1.0 + r)
