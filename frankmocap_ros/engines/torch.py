"""torch: on the CPU as it is, on CUDA also compiled and as a CUDA graph."""

import sys
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.base import CheckedEngine, EngineOptions, Trunk, check_bf16, missing_package
from frankmocap_ros.engines.cuda_graph import CudaGraph
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
        types = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
        module: Any = trunk.build(types[precision]).eval()
        self._module = module.to(self._device, memory_format=torch.channels_last)
        if "compile" in self.mode:
            options.tell("compiling a network; this takes about half a minute")
            self._module = torch.compile(self._module, dynamic=False)
        self._graphs: dict[int, CudaGraph] = {}

    def _features(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        import torch

        with torch.inference_mode():
            if self._device == "cpu":
                features: NDArray[np.float32] = self._module(torch.from_numpy(crops)).numpy()
                return features
            # float32 is float32: without these flags its convolutions run in TF32, three digits
            with torch.backends.cudnn.flags(enabled=True, benchmark=True, allow_tf32=False):
                return self._on_gpu(crops)

    def _on_gpu(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        import torch

        if "graph" in self.mode:
            graph = self._graphs.get(len(crops))
            if graph is None:
                graph = self._graphs[len(crops)] = CudaGraph(self._module, crops.shape, self._outputs)
            return graph(crops)
        pixels = torch.from_numpy(crops).to("cuda")
        features: NDArray[np.float32] = self._module(pixels).cpu().numpy()
        return features

    def _release(self) -> None:
        self._graphs.clear()
        del self._module


def _check(precision: str, mode: str, on_gpu: bool) -> None:
    if mode not in ("auto", *MODES):
        raise EstimatorError(f"mode: {mode!r} is not known; allowed: auto | {' | '.join(MODES)}")
    if "graph" in mode and not on_gpu:
        raise EstimatorError(f"mode: {mode} needs device cuda; on a CPU allowed: auto | eager | compile")
    if precision not in _PRECISIONS:
        raise EstimatorError(f"precision: torch has no {precision}; allowed: {' | '.join(_PRECISIONS)}")
    if precision == "fp16" and not on_gpu:
        raise EstimatorError("precision: fp16 needs device cuda; on a CPU allowed: auto | fp32 | bf16 | int8")
    if precision == "bf16" and not on_gpu:
        check_bf16()
