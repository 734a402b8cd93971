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

"""What an engine is, and what it is given.

An engine runs one trunk: crops of 8 bit in, features out. Normalization and the order of channels are part of
the trunk's graph; what follows the features (an affine head) is not the engine's matter.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.kept import engines_folder
from frankmocap_ros.errors import EstimatorError, MissingDependencyError
from frankmocap_ros.runtime.installing import install_command
from frankmocap_ros.runtime.machine import cores, has_bf16

if TYPE_CHECKING:
    import torch

ENGINES: Final = ("torch", "onnxruntime", "openvino", "tensorrt")
PRECISIONS: Final = ("fp32", "bf16", "fp16", "int8")


class Engine(Protocol):
    """Runs one trunk on one device, for one thread at a time.

    Attributes:
        name: one of ``ENGINES``.
        precision: one of ``PRECISIONS``.
        device: in words, such as ``cpu``.
    """

    name: str
    precision: str
    device: str

    def __call__(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Features (N, outputs) of crops (N, side, side, 3); N may be 0.

        Whatever a number of crops needs once (buffers, kernels, a graph) is done at its first call, see
        ``warm_up``.

        Raises:
            EstimatorError: the crops have another type or shape, or the engine is closed.
        """

    def close(self) -> None:
        """Give back memory and threads; a second time is allowed."""


@dataclass(frozen=True, eq=False)
class Trunk:
    """A network up to its features.

    Attributes:
        build: makes the module with weights of a floating type: ``forward`` maps uint8 (N, side, side, 3) to
            float32 (N, outputs), for any N. It normalizes in float32, and takes no numbers from the host on
            the way, so that a CUDA graph can hold it. Each call gives a module of its own.
        key: name of these very weights and this graph, such as a SHA-256; what is made of them is kept by it.
        outputs: features of a crop.
        side_px: sides of a crop.
    """

    build: "Callable[[torch.dtype], torch.nn.Module]"
    key: str
    outputs: int
    side_px: int = 224


def _silent(_: str) -> None:
    pass


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class EngineOptions:
    """Where an engine runs.

    Attributes:
        device: auto, cpu or cuda; auto takes CUDA where torch has it.
        threads: on a CPU; by default as many as this process has cores.
        batch: number of crops in a usual frame, with which engines are compared.
        largest: the most crops of a frame.
        cache: folder for what is made once and kept.
        tell: told what takes long.
        prepare: called before something is made that is kept; may have it made elsewhere, or do nothing.
    """

    device: str = "auto"
    threads: int = field(default_factory=cores)
    batch: int = 1
    largest: int = 16
    cache: Path = field(default_factory=engines_folder)
    tell: Callable[[str], None] = _silent
    prepare: Callable[[], None] = _nothing


class CheckedEngine(ABC):
    """What all engines have in common: their names, and crops that are looked at before they run."""

    name: str
    precision: str
    device: str

    def __init__(self, trunk: Trunk, precision: str, device: str, most: int = 0) -> None:
        self.precision = precision
        self._most = most  # crops in one run, of engines built for a fixed number; 0 for any number
        self.device = device
        self._shape = (trunk.side_px, trunk.side_px, 3)
        self._outputs = trunk.outputs
        self._closed = False

    def __call__(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See ``Engine``."""
        if crops.dtype != np.uint8 or crops.ndim != 4 or crops.shape[1:] != self._shape:
            expected = ", ".join(map(str, self._shape))
            raise EstimatorError(
                f"crops are {crops.dtype} of shape {crops.shape}, expected uint8 of shape (N, {expected})"
            )
        if self._closed:
            raise EstimatorError(f"engine {self.name} is closed; make another one")
        if not len(crops):
            return np.empty((0, self._outputs), np.float32)
        # libraries take no memory that cannot be written, or warn of it, although they do not write there
        crops = np.require(crops, requirements=("C", "W"))
        if not self._most or len(crops) <= self._most:
            return self._features(crops)
        parts = np.array_split(crops, -(-len(crops) // self._most))
        return np.concatenate([self._features(part) for part in parts])

    def close(self) -> None:
        """See ``Engine``."""
        if not self._closed:
            self._closed = True
            self._release()

    @abstractmethod
    def _features(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Features of at least one crop, contiguous and writable; the caller may keep the array."""

    @abstractmethod
    def _release(self) -> None:
        """Drop what holds memory and threads."""


def warm_up(engine: Engine, trunk: Trunk, largest: int) -> None:
    """Run every number of crops up to ``largest`` once, so that none of them is slow at first."""
    crops = np.zeros((largest, trunk.side_px, trunk.side_px, 3), np.uint8)
    for n in range(1, largest + 1):
        engine(crops[:n])


def check_bf16() -> None:
    """Refuse bfloat16 on a CPU that has none.

    Raises:
        EstimatorError: it has none.
    """
    if not has_bf16():
        raise EstimatorError("precision: this CPU has no bfloat16; allowed: auto | fp32 | int8")


def missing_package(engine: str, packages: str, extra: str = "") -> MissingDependencyError:
    """The error where a package that an engine needs is absent.

    Args:
        engine: which one.
        packages: what is absent.
        extra: of this package, where it brings them; otherwise they are installed by their names.
    """
    wanted = install_command(extra) if extra else f"pip install {packages}"
    return MissingDependencyError(f"engine {engine} needs {packages}, which is not installed; run: {wanted}")
