"""TensorRT, on NVIDIA's GPUs: an engine built from the ONNX file for this very GPU, run as a CUDA graph."""

import hashlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.base import CheckedEngine, EngineOptions, Trunk, missing_package
from frankmocap_ros.engines.cuda_graph import CudaGraph
from frankmocap_ros.engines.export import INPUT, OUTPUT, onnx_file
from frankmocap_ros.engines.kept import Kept
from frankmocap_ros.engines.torch import chosen_device, load_torch
from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.runtime.background_import import import_apart

if TYPE_CHECKING:
    from torch import Tensor

PRECISIONS: Final = ("fp32", "bf16", "fp16")
_PLAN: Final = "engine.plan"


def load_tensorrt() -> Any:
    """The package.

    Raises:
        EstimatorError: it is too old.
        MissingDependencyError: it is not installed.
    """
    if importlib.util.find_spec("tensorrt") is None:
        raise missing_package("tensorrt", "tensorrt")
    import_apart("tensorrt")
    import tensorrt

    if int(tensorrt.__version__.partition(".")[0]) < 10:
        raise EstimatorError(
            f"engine: tensorrt {tensorrt.__version__} is too old; run: pip install 'tensorrt>=10'"
        )
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
        super().__init__(trunk, precision, torch.cuda.get_device_name())
        self._largest = options.largest
        logger = self._trt.Logger(self._trt.Logger.ERROR)
        plan = _plan(self._trt, logger, trunk, precision, options)
        self._runtime = self._trt.Runtime(logger)
        self._engine = self._runtime.deserialize_cuda_engine(plan.read_bytes())
        if self._engine is None:
            raise EstimatorError(f"engine: tensorrt cannot read {plan}; remove its folder, and start again")
        self._graphs: dict[int, tuple[CudaGraph, Any]] = {}

    def _features(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        if len(crops) > self._largest:
            parts = np.array_split(crops, -(-len(crops) // self._largest))
            return np.concatenate([self._features(part) for part in parts])
        if len(crops) not in self._graphs:
            # a context of its own: another shape would change what the graph relies on
            context = self._engine.create_execution_context()
            run = _runner(context, crops.shape, self._outputs)
            self._graphs[len(crops)] = CudaGraph(run, crops.shape, self._outputs), context
        return self._graphs[len(crops)][0](crops)

    def _release(self) -> None:
        self._graphs.clear()
        del self._engine, self._runtime


def _runner(context: Any, shape: tuple[int, ...], outputs: int) -> "Callable[[Tensor], Tensor]":
    """Features of crops on the device, by one execution context."""
    import torch

    features = torch.zeros((shape[0], outputs), dtype=torch.float32, device="cuda")
    context.set_input_shape(INPUT, shape)

    def run(pixels: "Tensor") -> "Tensor":
        context.set_tensor_address(INPUT, pixels.data_ptr())
        context.set_tensor_address(OUTPUT, features.data_ptr())
        if not context.execute_async_v3(torch.cuda.current_stream().cuda_stream):
            raise EstimatorError("engine: tensorrt could not run; look at nvidia-smi")
        return features

    return run


def _plan(trt: Any, logger: Any, trunk: Trunk, precision: str, options: EngineOptions) -> Path:
    """The engine for this GPU and this TensorRT, built once and kept."""
    import torch

    where = {
        "gpu": torch.cuda.get_device_name(),
        "capability": str(torch.cuda.get_device_capability()),
        "tensorrt": trt.__version__,
        "largest": str(options.largest),
    }
    place = hashlib.sha256(repr(sorted(where.items())).encode()).hexdigest()[:12]
    kept = Kept(options.cache, f"{trunk.key[:32]}-tensorrt-{precision}-{place}", where)
    if kept.notes() is not None:
        return kept.folder / _PLAN
    options.prepare()
    if kept.notes() is not None:
        return kept.folder / _PLAN
    onnx = onnx_file(trunk, precision, options, "tensorrt")  # before: one file is made at a time

    def write(folder: Path) -> None:
        options.tell(f"building a TensorRT engine for {where['gpu']}, once; this takes some minutes")
        (folder / _PLAN).write_bytes(_built(trt, logger, onnx, trunk, options))

    return kept.get(write) / _PLAN


def _built(trt: Any, logger: Any, onnx: Path, trunk: Trunk, options: EngineOptions) -> bytes:
    builder = trt.Builder(logger)
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(onnx.read_bytes()):
        raise EstimatorError(f"engine: tensorrt cannot read {onnx}: {parser.get_error(0)}")
    config = builder.create_builder_config()
    config.clear_flag(trt.BuilderFlag.TF32)  # float32 is float32
    profile = builder.create_optimization_profile()
    sizes = (1, min(options.batch, options.largest), options.largest)
    profile.set_shape(INPUT, *((n, trunk.side_px, trunk.side_px, 3) for n in sizes))
    config.add_optimization_profile(profile)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise EstimatorError(
            "engine: tensorrt could not build the network; see its messages, and that the GPU has memory left"
        )
    return bytes(plan)
