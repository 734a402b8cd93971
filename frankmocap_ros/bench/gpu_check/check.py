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

"""What the parts of the check have in common: networks, crops, steps, and lines that are sent at once."""

import contextlib
import functools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.base import Engine, EngineOptions, Trunk
from frankmocap_ros.engines.cuda_state import gpu_is_lost
from frankmocap_ros.engines.measuring import median_ms, some_crops
from frankmocap_ros.errors import EstimatorError

CROPS: Final = (1, 4, 8)
LARGEST: Final = 16
STANDIN: Final = "standin"  # folder of stand-in weights, in that of what engines keep
# of the largest feature, against float32 on the CPU
_FAR: Final = {"fp32": 1e-3, "tf32": 1e-2, "fp16": 1e-2, "bf16": 6e-2}
PRECISIONS: Final = {"cuda": ("fp32", "fp16", "bf16"), "cpu": ("fp32",)}

Crops = NDArray[np.uint8]
Features = NDArray[np.float32]


@dataclass(frozen=True)
class Job:
    """What one process does.

    Attributes:
        part: one of ``parts.PARTS``.
        device: cuda, or cpu for a rehearsal of what runs there.
        cache: folder of what engines keep, which all parts share.
        small: with a network of three layers, for tests.
    """

    part: str
    device: str = "cuda"
    cache: str = ""
    small: bool = False

    def record(self) -> dict[str, Any]:
        """Ready for JSON; ``Job(**...)`` makes it again."""
        return asdict(self)


class Check:
    """One process of the check.

    Args:
        job: what it does.
        send: takes each line, as JSON has it.
    """

    def __init__(self, job: Job, send: Callable[[Mapping[str, Any]], None]) -> None:
        self.job, self.send, self.device = job, send, job.device
        self.on_gpu = job.device == "cuda"
        self.options = EngineOptions(device=job.device, largest=LARGEST, cache=Path(job.cache), tell=self.say)

    @functools.cached_property
    def trunk(self) -> Trunk:
        """The body regressor's, with random weights."""
        return self.a_trunk(0)

    def a_trunk(self, seed: int) -> Trunk:
        """As ``trunk``, with other weights."""
        make = _small_trunk if self.job.small else _body_trunk
        return make(seed)

    @functools.cached_property
    def crops(self) -> Crops:
        """As many as there may be at once."""
        return some_crops(self.trunk, LARGEST)

    @functools.cached_property
    def exact(self) -> Features:
        """Their features in float32, on the CPU."""
        return exact_features(self.trunk, self.crops)

    def say(self, text: str) -> None:
        """Tell what goes on."""
        self.send({"kind": "says", "text": text})

    def row(self, name: str, precision: str, times_ms: list[float], people: int = 1) -> None:
        """What was measured, for the table.

        Args:
            name: what ran.
            precision: in which.
            times_ms: of each call [ms].
            people: crops, or people in all images.
        """
        self.send(
            {"kind": "row", "name": name, "precision": precision, "people": people, "times_ms": times_ms}
        )

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """One thing that is right or wrong; what is put into the list follows the verdict.

        Raises:
            EstimatorError: the GPU is lost to this process, so that the part ends.
        """
        words: list[str] = []
        try:
            yield words
        except Exception as error:
            self._verdict(name, False, f"{type(error).__name__}: {error}")
            if self.on_gpu and gpu_is_lost():
                raise EstimatorError(
                    "the GPU is lost to this process; what is left of the part is not run"
                ) from error
        else:
            self._verdict(name, True, ", ".join(words))

    def _verdict(self, name: str, right: bool, text: str) -> None:
        self.send({"kind": "step", "name": name, "ok": right, "text": text})

    def compare(self, found: Features, exact: Features, precision: str) -> str:
        """How far features are off, in words.

        Raises:
            EstimatorError: too far.
        """
        off = float(np.abs(found - exact).max() / max(float(np.abs(exact).max()), 1e-12))
        if not off <= _FAR[precision]:  # also where it is nan
            raise EstimatorError(
                f"features are off by {off:.2g} of the largest, allowed is {_FAR[precision]:g}"
            )
        return f"off by {off:.1e}"

    def engine(self, name: str, make: Callable[[], Engine], precision: str) -> None:
        """Steps and rows of one engine, with ``CROPS``, which is closed after that."""
        made: list[Engine] = []
        with self.step(f"{name}: load"):
            made.append(make())
        for engine in made:
            for n in CROPS:
                with self.step(f"{name}, {counted_crops(n)}") as words:
                    words.append(self.compare(engine(self.crops[:n]), self.exact[:n], precision))
                    call = functools.partial(engine, self.crops[:n])
                    times = timed(call, 3 if self.job.small else 100)
                    self.row(f"regressor {name}", precision, times, n)
                    words.append(f"{np.median(times):.2f} ms")
            with self.step(f"{name}: give back"):
                engine.close()


def counted_crops(n: int) -> str:
    """In words."""
    return f"{n} crop{'s' if n > 1 else ''}"


def timed(call: Callable[[], object], rounds: int) -> list[float]:
    """Time of each call [ms], after some that warm it up."""
    median_ms(call, 1)
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(1e3 * (time.perf_counter() - start))
    return times


def exact_features(trunk: Trunk, crops: Crops) -> Features:
    """Features in float32, on the CPU."""
    import torch

    with torch.inference_mode():
        found: Features = trunk.build(torch.float32).eval()(torch.from_numpy(crops)).numpy()
    return found


def _body_trunk(seed: int) -> Trunk:
    import torch

    from frankmocap_ros.estimators.frankmocap.networks.resnet import ResNet50
    from frankmocap_ros.estimators.frankmocap.trunks import body_trunk

    def load() -> ResNet50:
        torch.manual_seed(seed)
        return ResNet50().requires_grad_(False)

    return body_trunk(load, f"{seed:032x}" * 2)


def _small_trunk(seed: int) -> Trunk:
    import torch
    from torch import Tensor, nn

    class Small(nn.Module):
        def __init__(self, dtype: torch.dtype) -> None:
            super().__init__()
            torch.manual_seed(seed)
            self.first, self.second = nn.Conv2d(3, 8, 3, 2).to(dtype), nn.Conv2d(8, 16, 3, 2).to(dtype)

        def forward(self, crops: Tensor) -> Tensor:
            pixels = (crops.to(torch.float32) / 255.0).permute(0, 3, 1, 2).to(self.first.weight.dtype)
            return self.second(torch.relu(self.first(pixels))).mean((2, 3)).to(torch.float32)  # type: ignore[no-any-return]

    def build(dtype: torch.dtype) -> nn.Module:
        return Small(dtype).eval().requires_grad_(False)

    return Trunk(build, f"{seed + 1024:032x}" * 2, 16, 32)
