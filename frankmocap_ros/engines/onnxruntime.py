"""ONNX Runtime, on the CPU or through its CUDA and TensorRT providers."""

import importlib.util
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.base import CheckedEngine, EngineOptions, Trunk, missing_package
from frankmocap_ros.engines.export import INPUT, OUTPUT, onnx_file
from frankmocap_ros.engines.torch import chosen_device
from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.runtime.background_import import import_apart

PROVIDERS: Final = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}
# TensorRT's float32 is TF32 here, which this provider cannot turn off
_PRECISIONS: Final = {"cpu": ("fp32",), "cuda": ("fp32", "fp16"), "tensorrt": ("fp16",)}


def load_onnxruntime() -> Any:
    """The package.

    Raises:
        MissingDependencyError: it is not installed.
    """
    if importlib.util.find_spec("onnxruntime") is None:
        raise missing_package("onnxruntime", "onnxruntime", "onnxruntime")
    import_apart("onnxruntime")
    import onnxruntime

    return onnxruntime


def chosen_provider(provider: str, options: EngineOptions) -> str:
    """One of ``PROVIDERS``; auto is the device's own.

    Raises:
        EstimatorError: it is not there in the ONNX Runtime that is installed.
        MissingDependencyError: ONNX Runtime is not installed.
    """
    if provider not in ("auto", *PROVIDERS):
        raise EstimatorError(f"provider: {provider!r} is not known; allowed: auto | {' | '.join(PROVIDERS)}")
    found = load_onnxruntime().get_available_providers()
    device = "cpu" if options.device == "cpu" else chosen_device(options.device, "onnxruntime")
    chosen = device if provider == "auto" else provider
    if PROVIDERS[chosen] not in found:
        raise EstimatorError(
            f"engine: this onnxruntime has no {PROVIDERS[chosen]} (it has {', '.join(found)}); "
            "for CUDA and TensorRT run: pip uninstall onnxruntime && pip install onnxruntime-gpu"
        )
    if (chosen == "cpu") != (device == "cpu"):
        raise EstimatorError(f"provider: {chosen} does not run on device {device}; set device or provider")
    return chosen


class OnnxRuntimeEngine(CheckedEngine):
    """A trunk run by ONNX Runtime.

    Args:
        trunk: what to run.
        precision: fp32, or on CUDA fp16; the TensorRT provider has fp16 only.
        options: where.
        provider: cpu, cuda or tensorrt; auto is the device's own.

    Raises:
        EstimatorError: device, precision or provider is not there on this machine.
        MissingDependencyError: a package is not installed.
    """

    name = "onnxruntime"

    def __init__(
        self, trunk: Trunk, precision: str, options: EngineOptions | None = None, provider: str = "auto"
    ) -> None:
        options = options or EngineOptions()
        ort = load_onnxruntime()
        self.provider = provider = chosen_provider(provider, options)
        if precision not in _PRECISIONS[provider]:
            raise EstimatorError(
                f"precision: onnxruntime has no {precision} on {provider}; "
                f"allowed: {' | '.join(_PRECISIONS[provider])}"
            )
        super().__init__(trunk, precision, "cpu" if provider == "cpu" else f"cuda ({provider})")
        path = onnx_file(trunk, precision, options)
        settings = ort.SessionOptions()
        settings.log_severity_level = 3
        settings.intra_op_num_threads = options.threads
        settings.inter_op_num_threads = 1
        # threads that spin between frames take the cores from everything else: with other work on two cores a
        # run took 156 ms with spinning and 96 ms without
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = ort.InferenceSession(
            str(path), settings, providers=[(PROVIDERS[provider], _provider_options(provider, options))]
        )
        if session.get_providers()[0] != PROVIDERS[provider]:  # it falls back without an error
            raise EstimatorError(
                f"engine: onnxruntime could not load its {PROVIDERS[provider]}; "
                "see that the CUDA, cuDNN and TensorRT that it was built for are installed"
            )
        self._session = session

    def _features(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        features: NDArray[np.float32] = self._session.run([OUTPUT], {INPUT: crops})[0]
        return features

    def _release(self) -> None:
        del self._session


def _provider_options(provider: str, options: EngineOptions) -> dict[str, str]:
    if provider == "cuda":
        return {"cudnn_conv_algo_search": "EXHAUSTIVE", "use_tf32": "0"}  # float32 is float32
    if provider == "tensorrt":
        folder = options.cache / "onnxruntime-tensorrt"
        folder.mkdir(parents=True, exist_ok=True)
        return {
            "trt_fp16_enable": "1",
            "trt_engine_cache_enable": "1",
            "trt_engine_cache_path": str(folder),
        }
    return {}
