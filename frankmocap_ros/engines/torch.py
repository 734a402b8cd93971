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

"""torch: on the CPU as it is, on CUDA also compiled and as a CUDA graph."""

import contextlib
import sys
import threading
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.base import CheckedEngine, EngineOptions, Trunk, check_bf16, missing_package
from frankmocap_ros.engines.compiled import CompiledNetwork
from frankmocap_ros.engines.cuda_graph import Graphs
from frankmocap_ros.engines.cuda_state import alone_on_gpu, check_bf16_on_gpu, set_up_cudnn
from frankmocap_ros.engines.gpu_packages import gpu_errors
from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.runtime.background_import import import_apart, preload_torch
from frankmocap_ros.runtime.machine import may_have_gpu

MODES: Final = ("eager", "compile", "graph", "compile+graph")
_PRECISIONS: Final = ("fp32", "bf16", "fp16")


def load_torch(engine: str = "torch") -> Any:
    """The package.

    Raises:
        MissingDependencyError: it is not installed.
    """
    if "torch" not in sys.modules:
        import_apart(_import)
    try:
        return _import()
    except ImportError as error:
        raise missing_package(engine, "torch", "torch") from error


def _import() -> Any:
    preload_torch()
    import torch

    return torch


def chosen_device(device: str, engine: str = "torch") -> str:
    """``cpu`` or ``cuda``.

    Raises:
        EstimatorError: the device is not one of auto, cpu and cuda, or CUDA is not there.
        MissingDependencyError: torch is not installed.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise EstimatorError(f"device: {device!r} is not known; allowed: auto | cpu | cuda")
    if device == "cpu" or (device == "auto" and not may_have_gpu()):
        return "cpu"
    torch = load_torch(engine)
    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise EstimatorError(
            f"device: cuda is not there for torch {torch.__version__}; allowed: auto | cpu. "
            "Look at nvidia-smi, and install torch with CUDA"
        )
    return "cpu"


class TorchEngine(CheckedEngine):
    """A trunk run by torch.

    The weights are converted to the precision once. Autocast would convert them at every run, which on a CPU
    costs a tenth of the time, and there is nothing in a trunk that it would keep in float32.

    Args:
        trunk: what to run.
        precision: fp32, bf16, or on CUDA fp16.
        options: where.
        mode: one of ``MODES``; auto is graph on CUDA and eager on the CPU, where compiling took 35 s and
            gained 3 to 18 %.

    Raises:
        EstimatorError: device, precision or mode is not there on this machine.
        MissingDependencyError: torch is not installed.
    """

    name = "torch"

    def __init__(
        self, trunk: Trunk, precision: str, options: EngineOptions | None = None, mode: str = "auto"
    ) -> None:
        options = options or EngineOptions()
        torch = load_torch()
        self._device = chosen_device(options.device)
        on_gpu = self._device == "cuda"
        _check(precision, mode, on_gpu)
        super().__init__(trunk, precision, torch.cuda.get_device_name() if on_gpu else "cpu")
        self.mode = mode if mode != "auto" else "graph" if on_gpu else "eager"
        if not on_gpu:
            torch.set_num_threads(options.threads)
        else:
            set_up_cudnn()
        types = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
        module: Any = trunk.build(types[precision]).eval()
        with self._errors():
            self._run: Any = module.to(self._device, memory_format=torch.channels_last)
        if "compile" in self.mode:
            options.tell("compiling a network; this takes about half a minute")
            self._run = CompiledNetwork(self._run)
        self._graphs = Graphs(lambda _: self._run) if "graph" in self.mode else None
        self._ran: set[tuple[int, int]] = set()

    @property
    def compiled(self) -> tuple[int, ...]:
        """Numbers of crops that the network was really compiled for."""
        return self._run.sizes if hasattr(self._run, "sizes") else ()

    def _features(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        import torch

        with torch.inference_mode(), self._errors():
            if self._graphs is not None:
                return self._graphs(crops)
            if self._device == "cpu":
                features: NDArray[np.float32] = self._run(torch.from_numpy(crops)).numpy()
                return features
            return self._eagerly(crops)

    def _errors(self) -> contextlib.AbstractContextManager[None]:
        """Torch's errors on a GPU, such as memory that does not suffice, in words."""
        return contextlib.nullcontext() if self._device == "cpu" else gpu_errors("torch")

    def _eagerly(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """On the device, launch by launch."""
        import torch

        # cuDNN looks for the fastest kernels once in each thread, and waits for the device meanwhile
        known = (threading.get_ident(), len(crops))
        with contextlib.nullcontext() if known in self._ran else alone_on_gpu():
            features: NDArray[np.float32] = self._run(torch.from_numpy(crops).to("cuda")).cpu().numpy()
        self._ran.add(known)
        return features

    def _release(self) -> None:
        with alone_on_gpu():
            if self._graphs is not None:
                self._graphs.close()
            del self._graphs, self._run


def _check(precision: str, mode: str, on_gpu: bool) -> None:
    if mode not in ("auto", *MODES):
        raise EstimatorError(f"mode: {mode!r} is not known; allowed: auto | {' | '.join(MODES)}")
    if "graph" in mode and not on_gpu:
        raise EstimatorError(f"mode: {mode} needs device cuda; on a CPU allowed: auto | eager | compile")
    if precision not in _PRECISIONS:
        raise EstimatorError(f"precision: torch has no {precision}; allowed: {' | '.join(_PRECISIONS)}")
    if precision == "fp16" and not on_gpu:
        raise EstimatorError("precision: fp16 needs device cuda; on a CPU allowed: auto | fp32 | bf16 | int8")
    if precision == "bf16":
        check_bf16_on_gpu() if on_gpu else check_bf16()
