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

"""How fast engines are, side by side, and how far their features are from float32's."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.available import Option
from frankmocap_ros.engines.base import Engine, Trunk
from frankmocap_ros.engines.cuda_state import gpu_is_lost
from frankmocap_ros.errors import EstimatorError

_WARM_UPS: Final = 3
_ROUNDS: Final = 5
_CALLS: Final = 2  # that are timed, of three in a row
# An engine in float32 whose features differ from another's by more than this share of the largest is broken.
# What fewer bits do is for ``judging`` to say, in millimeters: features say little of joints.
_FAR: Final = 0.25


@dataclass(frozen=True)
class EngineTiming:
    """What was measured of one option.

    Attributes:
        option: which one.
        times_ms: of each timed call.
        difference: from the first engine in float32, as a share of the largest feature; nan where none ran.
        failed: why it cannot be taken, or empty.
    """

    option: Option
    times_ms: tuple[float, ...] = ()
    difference: float = float("nan")
    failed: str = ""

    @property
    def p50_ms(self) -> float:
        """Median time of a call; infinite where it cannot be taken."""
        return float("inf") if self.failed else float(np.median(self.times_ms))


class GpuLostError(EstimatorError):
    """An engine's error left this process without its GPU; another process still has it.

    Args:
        option: whose error.
        text: what it said.
    """

    def __init__(self, option: Option, text: str) -> None:
        super().__init__(
            f"engine: {option.text} left this process without its GPU ({text}); it is left out from now on: "
            "start again"
        )
        self.option = option


def some_crops(trunk: Trunk, n: int) -> NDArray[np.uint8]:
    """Soft blots of any color: closer to a photograph than noise."""
    side = trunk.side_px
    blots = np.random.default_rng(0).integers(0, 256, (n, 17, 17, 3)).astype(np.float64)
    at = np.linspace(0.0, 16.0, side, endpoint=False)
    cell, part = at.astype(int), (at % 1.0)[:, None]
    rows = blots[:, cell] * (1.0 - part[..., None]) + blots[:, cell + 1] * part[..., None]
    return np.asarray(rows[:, :, cell] * (1.0 - part) + rows[:, :, cell + 1] * part, np.uint8)


def median_ms(call: Callable[[], object], rounds: int = 9) -> float:
    """Median time of a call [ms], after some that warm it up."""
    times = []
    for _ in range(_WARM_UPS + rounds):
        start = time.perf_counter()
        call()
        times.append(1e3 * (time.perf_counter() - start))
    return float(np.median(times[_WARM_UPS:]))


def measure(
    engines: Mapping[Option, Engine], crops: NDArray[np.uint8], rounds: int = _ROUNDS
) -> list[EngineTiming]:
    """Time of each engine on the same crops, in turns, so that the machine's mood is the same for all.

    In its turn an engine runs three times and the first is not counted: it finds the caches as the engine
    before left them, and that one's threads may still spin.

    Args:
        engines: what to measure.
        crops: as the engines take them.
        rounds: turns of each.

    Raises:
        GpuLostError: an engine's error left this process without its GPU.
    """
    times: dict[Option, list[float]] = {}
    features, rows = {}, []
    for option, engine in engines.items():
        try:
            for _ in range(_WARM_UPS):
                features[option] = engine(crops)
            times[option] = []
        except Exception as error:  # an engine that does not run is one not to take
            rows.append(failed(option, error))
    for _ in range(rounds):
        for option in list(times):
            try:
                times[option] += _turn(engines[option], crops)
            except Exception as error:
                rows.append(failed(option, error))
                del times[option]
    exact = next((features[option] for option in times if option.precision == "fp32"), None)
    rows += [_timing(option, spent, features[option], exact) for option, spent in times.items()]
    return sorted(rows, key=lambda row: row.p50_ms)


def _turn(engine: Engine, crops: NDArray[np.uint8]) -> list[float]:
    """Times of the calls of one turn that count [ms]."""
    engine(crops)
    times = []
    for _ in range(_CALLS):
        start = time.perf_counter()
        engine(crops)
        times.append(1e3 * (time.perf_counter() - start))
    return times


def failed(option: Option, error: Exception) -> EngineTiming:
    """What is to be said of an option that does not run, while the others still do.

    Raises:
        GpuLostError: none of those on the GPU does any more, in this process.
    """
    text = f"{type(error).__name__}: {error}"
    if option.device == "cuda" and gpu_is_lost():
        raise GpuLostError(option, text) from error
    return EngineTiming(option, failed=text)


def _timing(
    option: Option, spent: Sequence[float], features: NDArray[np.float32], exact: NDArray[np.float32] | None
) -> EngineTiming:
    if not np.isfinite(features).all():
        return EngineTiming(option, failed="gives numbers that are not finite")
    difference = float("nan")
    if exact is not None:
        difference = float(np.abs(features - exact).max() / max(float(np.abs(exact).max()), 1e-12))
    if option.precision == "fp32" and difference > _FAR:
        return EngineTiming(option, failed=f"differs from fp32 by {100 * difference:.0f} %")
    return EngineTiming(option, tuple(spent), difference)


def table(rows: Sequence[EngineTiming]) -> str:
    """One line an option: median and 90th percentile of its time, and how far its features are off."""
    lines = []
    for row in rows:
        text = f"  {row.option.text:26s}"
        if row.failed:
            lines.append(f"{text} {row.failed}")
            continue
        p90 = np.percentile(row.times_ms, 90)
        off = "" if np.isnan(row.difference) else f"  features {100 * row.difference:.2g} % from fp32"
        lines.append(f"{text} {row.p50_ms:8.2f} {p90:8.2f}{off}")
    return "\n".join(lines)
