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

"""TensorRT, on NVIDIA's GPUs: an engine built from the ONNX file for this very GPU, run as a CUDA graph."""

import importlib.util
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.base import CheckedEngine, EngineOptions, Trunk
from frankmocap_ros.engines.cuda_graph import Graphs
from frankmocap_ros.engines.cuda_state import alone_on_gpu, check_bf16_on_gpu
from frankmocap_ros.engines.export import INPUT, OUTPUT
from frankmocap_ros.engines.gpu_packages import (
    check_tensorrt,
    driver_text,
    gpu_errors,
    how_to_install_tensorrt,
)
from frankmocap_ros.engines.tensorrt_plan import Plan
from frankmocap_ros.engines.torch import chosen_device, load_torch
from frankmocap_ros.errors import EstimatorError, MissingDependencyError
from frankmocap_ros.runtime.background_import import import_apart

if TYPE_CHECKING:
    from torch import Tensor

_DEVICE: Final = "cuda"
PRECISIONS: Final = ("fp32", "bf16", "fp16")


def load_tensorrt() -> Any:
    """The package.

    Raises:
        EstimatorError: it is too old, or made for another CUDA than torch.
        MissingDependencyError: it is not installed, or torch is not.
    """
    cuda = load_torch("tensorrt").version.cuda
    if importlib.util.find_spec("tensorrt") is None:
        raise MissingDependencyError(
            f"engine tensorrt needs tensorrt, which is not installed; {how_to_install_tensorrt(cuda)}"
        )
    import_apart("tensorrt")
    import tensorrt

    check_tensorrt(tensorrt.__version__, cuda)
    return tensorrt


class TensorRtEngine(CheckedEngine):
    """A trunk compiled by TensorRT. Its memory and streams are torch's.

    Args:
        trunk: what to run.
        precision: fp32, bf16 or fp16: the types in the ONNX file are kept as they are.
        options: where; at most ``options.largest`` crops at once.

    Raises:
        EstimatorError: CUDA or the precision is not there, or TensorRT refuses the network.
        MissingDependencyError: a package is not installed.
    """

    name = "tensorrt"

    def __init__(self, trunk: Trunk, precision: str, options: EngineOptions | None = None) -> None:
        options = options or EngineOptions()
        if precision not in PRECISIONS:
            raise EstimatorError(f"precision: tensorrt has no {precision}; allowed: {' | '.join(PRECISIONS)}")
        if chosen_device(options.device, "tensorrt") != "cuda":
            raise EstimatorError(
                "engine: tensorrt needs device cuda; allowed on a CPU: torch | onnxruntime | openvino"
            )
        self._trt, torch = load_tensorrt(), load_torch("tensorrt")
        if precision == "bf16":
            check_bf16_on_gpu()
        super().__init__(trunk, precision, torch.cuda.get_device_name(), options.largest)
        logger = self._trt.Logger(self._trt.Logger.ERROR)
        plan = Plan(self._trt, logger, trunk, precision, options)
        with gpu_errors("tensorrt"):
            self._runtime = self._trt.Runtime(logger)
            self._engine = engine = _engine(self._runtime, plan)
        # one for all numbers of crops, which run one after the other; each context would have as much
        memory = torch.empty(max(1, engine.device_memory_size_v2), dtype=torch.uint8, device=_DEVICE)
        self._graphs = Graphs(lambda shape: _runner(self._trt, engine, memory, shape, self._outputs))

    def _features(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        with gpu_errors("tensorrt"):
            return self._graphs(crops)

    def without_graph(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Features without a CUDA graph, of at most ``options.largest`` crops."""
        with gpu_errors("tensorrt"):
            return self._graphs.without_graph(crops)

    def _release(self) -> None:
        with alone_on_gpu():
            self._graphs.close()
            del self._graphs, self._engine, self._runtime


def _runner(
    trt: Any, engine: Any, memory: "Tensor", shape: tuple[int, ...], outputs: int
) -> "Callable[[Tensor], Tensor]":
    """Features of crops on the device, by an execution context of their number's own.

    Another shape would change what a graph of the context relies on.
    """
    import torch

    context = engine.create_execution_context(trt.ExecutionContextAllocationStrategy.USER_MANAGED)
    if context is None:
        raise EstimatorError(
            f"engine: tensorrt has no execution context for {shape[0]} crops; the GPU's memory does not "
            "suffice, or the plan is damaged: see nvidia-smi, reduce max_people, or set engine: torch"
        )
    features = torch.zeros((shape[0], outputs), dtype=torch.float32, device=_DEVICE)
    context.set_device_memory(memory.data_ptr(), memory.numel())
    if not context.set_input_shape(INPUT, shape):
        raise EstimatorError(f"engine: tensorrt does not take crops of shape {shape}; see its messages")

    def run(pixels: "Tensor") -> "Tensor":
        assert memory.numel()  # kept with the rest: the context works in it
        context.set_tensor_address(INPUT, pixels.data_ptr())
        context.set_tensor_address(OUTPUT, features.data_ptr())
        if not context.execute_async_v3(torch.cuda.current_stream().cuda_stream):
            raise EstimatorError("engine: tensorrt could not run; look at nvidia-smi")
        return features

    return run


def _engine(runtime: Any, plan: "Plan") -> Any:
    """The engine of a plan, which is built once more where it cannot be read.

    Raises:
        EstimatorError: it cannot be read again.
    """
    for _ in range(2):
        path = plan.path()
        with alone_on_gpu():
            engine = runtime.deserialize_cuda_engine(path.read_bytes())
        if engine is not None:
            return engine
        plan.drop()
    raise EstimatorError(
        f"engine: tensorrt cannot read the plan that it just built ({path}); {driver_text()}. "
        "Look at its messages, or set engine: torch"
    )
