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

"""ONNX files by ONNX Runtime, on the CPU, by CUDA or by TensorRT."""

import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.kept import engines_folder
from frankmocap_ros.engines.network_files.checked_path import NetworkFile
from frankmocap_ros.engines.network_files.network import ImageInput, NetworkOptions
from frankmocap_ros.engines.network_files.onnx_structure import with_outputs
from frankmocap_ros.engines.network_files.signature import Fit, Port
from frankmocap_ros.engines.onnxruntime import PROVIDERS, load_onnxruntime
from frankmocap_ros.errors import AssetError, EstimatorError

_PRECISIONS: Final = {"cpu": ("fp32",), "cuda": ("fp32",), "tensorrt": ("fp16",)}
_KINDS: Final[Mapping[str, type[np.generic]]] = {
    "float": np.float32, "float16": np.float16, "double": np.float64,
    "int32": np.int32, "int64": np.int64, "uint8": np.uint8,
}  # fmt: skip


def cuda_here() -> bool:
    """Whether the ONNX Runtime that is installed runs on CUDA."""
    return PROVIDERS["cuda"] in load_onnxruntime().get_available_providers()


class OnnxRuntimeReader:
    """Reads one file.

    Args:
        file: the file.
        options: precision and threads.
        provider: one of ``PROVIDERS``.

    Raises:
        AssetError: it cannot be read.
        EstimatorError: provider or precision is not there.
        MissingDependencyError: ONNX Runtime is not installed.
    """

    def __init__(self, file: NetworkFile, options: NetworkOptions, provider: str) -> None:
        self._ort = load_onnxruntime()
        self._provider, self._options, self._path = provider, options, file.path
        allowed = _PRECISIONS[provider]
        self._precision = allowed[0] if options.precision == "auto" else options.precision
        if self._precision not in allowed:
            raise EstimatorError(
                f"precision: onnxruntime runs a network's file on {provider} in {allowed[0]}, not in "
                f"{self._precision}; allowed: auto | {allowed[0]}"
            )
        if PROVIDERS[provider] not in self._ort.get_available_providers():
            raise EstimatorError(
                f"engine: this onnxruntime has no {PROVIDERS[provider]}; "
                "run: pip uninstall onnxruntime && pip install onnxruntime-gpu"
            )
        # to read what it states, nothing has to be optimized
        session = self._session(str(file.path), "cpu", self._ort.GraphOptimizationLevel.ORT_DISABLE_ALL)
        self.inputs = [_port(one) for one in session.get_inputs()]
        self.outputs = [_port(one) for one in session.get_outputs()]

    def compiled(self, fit: Fit, image: ImageInput) -> "OnnxRuntimeFileNetwork":
        """See ``NetworkReader``."""
        with (
            self._path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
            memoryview(mapped) as data,
        ):
            cut = with_outputs(data, fit.outputs)
        session = self._session(cut, self._provider, self._ort.GraphOptimizationLevel.ORT_ENABLE_ALL)
        if session.get_providers()[0] != PROVIDERS[self._provider]:  # it falls back without an error
            raise EstimatorError(
                f"engine: onnxruntime could not load its {PROVIDERS[self._provider]}; "
                "see that the CUDA, cuDNN and TensorRT that it was built for are installed"
            )
        device = "cpu" if self._provider == "cpu" else "cuda"
        named = "tensorrt" if self._provider == "tensorrt" else "onnxruntime"
        return OnnxRuntimeFileNetwork(
            session, image, fit.signature.channels_first, f"{device} {named} {self._precision}"
        )

    def _session(self, model: str | bytes, provider: str, level: Any) -> Any:
        settings = self._ort.SessionOptions()
        settings.log_severity_level = 4
        settings.graph_optimization_level = level
        settings.intra_op_num_threads = self._options.threads
        settings.inter_op_num_threads = 1
        # threads that spin between frames take the cores from everything else
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
        how = [(PROVIDERS[provider], _provider_options(provider))]
        try:
            return self._ort.InferenceSession(model, settings, providers=how)
        except Exception as error:  # a class of its own for each kind of failure, with no common root
            raise AssetError(f"cannot be read by ONNX Runtime: {str(error)[:300]}") from error


class OnnxRuntimeFileNetwork:
    """One session; see ``FileNetwork``."""

    def __init__(self, session: Any, image: ImageInput, channels_first: bool, how: str) -> None:
        self.how = how
        (stated,) = session.get_inputs()
        batch = stated.shape[0]
        # on a CPU a graph for several images at once is no faster
        self.batches = not isinstance(batch, int) and not how.startswith("cpu")
        self._session = session
        self._name = stated.name
        self._kind = _KINDS[_port(stated).kind]
        self._channels_first = channels_first
        self._plain = image.plain
        self._mean, self._scale = np.array(image.mean, np.float32), np.array(image.scale, np.float32)

    def __call__(self, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """See ``FileNetwork``."""
        if self._session is None:
            raise EstimatorError("the network is closed; make another one")
        if self.batches or len(images) == 1:
            return self._run(images)
        each = [self._run(images[i : i + 1]) for i in range(len(images))]
        return [np.concatenate(one) for one in zip(*each, strict=True)]

    def _run(self, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        pixels: NDArray[np.generic] = images if self._plain else (images - self._mean) / self._scale
        if self._channels_first:
            pixels = pixels.transpose(0, 3, 1, 2)
        given = np.ascontiguousarray(pixels, dtype=self._kind)
        return [np.asarray(one, np.float32) for one in self._session.run(None, {self._name: given})]

    def close(self) -> None:
        """See ``FileNetwork``."""
        self._session = None


def _port(one: Any) -> Port:
    shape = tuple(side if isinstance(side, int) else None for side in one.shape)
    return Port((one.name,), shape, one.type.removeprefix("tensor(").removesuffix(")"))


def _provider_options(provider: str) -> dict[str, str]:
    if provider == "cuda":
        return {"cudnn_conv_algo_search": "HEURISTIC", "use_tf32": "0"}  # float32 is float32
    if provider == "tensorrt":
        folder = Path(engines_folder()) / "onnxruntime-tensorrt"
        folder.mkdir(parents=True, exist_ok=True)
        return {
            "trt_fp16_enable": "1",
            "trt_engine_cache_enable": "1",
            "trt_engine_cache_path": str(folder),
        }
    return {}
