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

"""ONNX Runtime, on the CPU or through its CUDA and TensorRT providers."""

import contextlib
import hashlib
import importlib.util
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.base import CheckedEngine, EngineOptions, Trunk, missing_package
from frankmocap_ros.engines.cuda_state import alone_on_gpu
from frankmocap_ros.engines.export import INPUT, OUTPUT, made_by, onnx_file
from frankmocap_ros.engines.gpu_packages import check_onnxruntime, check_provider_of_tensorrt, gpu_errors
from frankmocap_ros.engines.tensorrt import load_tensorrt
from frankmocap_ros.engines.torch import chosen_device, load_torch
from frankmocap_ros.errors import EstimatorError, MocapError
from frankmocap_ros.runtime.background_import import import_apart
from frankmocap_ros.runtime.machine import versions

PROVIDERS: Final = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}
# TensorRT's float32 is TF32 here, which this provider cannot turn off
_PRECISIONS: Final = {"cpu": ("fp32",), "cuda": ("fp32", "fp16"), "tensorrt": ("fp16",)}

_BUILDERS: Final = ("onnxruntime-gpu", "tensorrt", "tensorrt-cu12", "tensorrt-cu13")


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
        EstimatorError: it is not there in the ONNX Runtime that is installed, or does not fit torch's CUDA or
            the TensorRT that is installed.
        MissingDependencyError: ONNX Runtime, or for its TensorRT provider TensorRT, is not installed.
    """
    if provider not in ("auto", *PROVIDERS):
        raise EstimatorError(f"provider: {provider!r} is not known; allowed: auto | {' | '.join(PROVIDERS)}")
    ort = load_onnxruntime()
    found = ort.get_available_providers()
    device = "cpu" if options.device == "cpu" else chosen_device(options.device, "onnxruntime")
    chosen = device if provider == "auto" else provider
    if PROVIDERS[chosen] not in found:
        raise EstimatorError(
            f"engine: this onnxruntime has no {PROVIDERS[chosen]} (it has {', '.join(found)}); "
            "for CUDA and TensorRT run: pip uninstall onnxruntime && pip install onnxruntime-gpu"
        )
    if (chosen == "cpu") != (device == "cpu"):
        raise EstimatorError(f"provider: {chosen} does not run on device {device}; set device or provider")
    if chosen != "cpu":
        check_onnxruntime(ort, load_torch("onnxruntime").version.cuda)
    if chosen == "tensorrt":  # its libraries, which the provider needs, come with it
        check_provider_of_tensorrt(ort, load_tensorrt().__version__)
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
        on_gpu = provider != "cpu"
        device, most = (f"cuda ({provider})", options.largest) if on_gpu else ("cpu", 0)
        super().__init__(trunk, precision, device, most)
        path = onnx_file(trunk, precision, options)
        settings = ort.SessionOptions()
        settings.log_severity_level = 3
        settings.intra_op_num_threads = options.threads
        settings.inter_op_num_threads = 1
        # threads that spin between frames take the cores from everything else: with other work on two cores a
        # run took 156 ms with spinning and 96 ms without
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
        if on_gpu:  # otherwise what the provider cannot run is run by the CPU, and nobody is told
            settings.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
        self._ran: set[int] = set()
        chosen = [(PROVIDERS[provider], _provider_options(provider, trunk, precision, options))]
        with alone_on_gpu() if on_gpu else contextlib.nullcontext(), self._errors():
            session = ort.InferenceSession(str(path), settings, providers=chosen, enable_fallback=0)
            session.disable_fallback()  # that of a run; an old version does not know the other one
        if session.get_providers()[0] != PROVIDERS[provider]:
            raise EstimatorError(
                f"engine: onnxruntime could not load its {PROVIDERS[provider]}; "
                "see that the CUDA, cuDNN and TensorRT that it was built for are installed"
            )
        self._session = session

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """ONNX Runtime's errors, which are of many types, as this package's."""
        try:
            with contextlib.nullcontext() if self.provider == "cpu" else gpu_errors("onnxruntime"):
                yield
        except MocapError:
            raise
        except Exception as error:
            raise EstimatorError(
                f"engine: onnxruntime fails ({type(error).__name__}: {error}). Set engine: torch, or auto"
            ) from error

    def _features(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        # it looks for the fastest kernels at the first run of a shape, and waits for the device meanwhile
        first = self.provider != "cpu" and len(crops) not in self._ran
        with alone_on_gpu() if first else contextlib.nullcontext(), self._errors():
            features: NDArray[np.float32] = self._session.run([OUTPUT], {INPUT: crops})[0]
        self._ran.add(len(crops))
        return features

    def _release(self) -> None:
        with alone_on_gpu() if self.provider != "cpu" else contextlib.nullcontext():
            del self._session


def _provider_options(provider: str, trunk: Trunk, precision: str, options: EngineOptions) -> dict[str, str]:
    if provider == "cuda":
        return {"cudnn_conv_algo_search": "EXHAUSTIVE", "use_tf32": "0"}  # float32 is float32
    if provider == "tensorrt":
        return _tensorrt_options(trunk, precision, options)
    return {}


def _tensorrt_options(trunk: Trunk, precision: str, options: EngineOptions) -> dict[str, str]:
    """With a folder of its own for each network, and one engine for all numbers of crops.

    The provider names what it keeps by the file and its nodes, which are the same for all weights of a kind;
    and it builds again, for minutes, whenever a shape is beyond those that it knows.
    """
    side, sizes = trunk.side_px, (1, min(options.batch, options.largest), options.largest)
    least, best, most = (f"{INPUT}:{n}x{side}x{side}x3" for n in sizes)
    made = {"sizes": str(sizes), **made_by(precision), **versions(_BUILDERS)}
    place = hashlib.sha256(repr(sorted(made.items())).encode()).hexdigest()[:12]
    folder = options.cache / f"{trunk.key[:32]}-onnxruntime-tensorrt-{precision}-{place}"
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "trt_fp16_enable": "1",
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": str(folder),
        "trt_timing_cache_enable": "1",
        "trt_timing_cache_path": str(folder),
        "trt_profile_min_shapes": least,
        "trt_profile_opt_shapes": best,
        "trt_profile_max_shapes": most,
    }
