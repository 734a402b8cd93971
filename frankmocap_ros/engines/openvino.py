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

"""OpenVINO on the CPU: float32, bfloat16 and INT8.

The network is translated once by OpenVINO's own reader of torch modules, so that this engine needs no ONNX;
what that gives is kept. Compiling takes 0.1 to 0.4 s, of which OpenVINO's own cache of compiled models would
save 0.15 s for another copy of the weights: it is left out.
"""

import contextlib
import importlib.util
import sys
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.base import CheckedEngine, EngineOptions, Trunk, check_bf16, missing_package
from frankmocap_ros.engines.kept import Kept, int8_of
from frankmocap_ros.engines.torch import load_torch
from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.runtime.background_import import import_apart
from frankmocap_ros.runtime.machine import versions

MODEL: Final = "model.xml"  # its weights lie beside it
_TELEMETRY: Final = "openvino_telemetry"
# INT8 says itself which layers are in 8 bits; the others are float32
_HINTS: Final = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}


@contextlib.contextmanager
def without_telemetry() -> Iterator[None]:
    """OpenVINO and NNCF, imported here, send nothing.

    Otherwise each import and each translation is told to Google Analytics. Both packages work without the one
    that sends.
    """
    before = sys.modules.get(_TELEMETRY)
    sys.modules[_TELEMETRY] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if before is None:
            sys.modules.pop(_TELEMETRY, None)
        else:
            sys.modules[_TELEMETRY] = before


def load_openvino() -> Any:
    """The package.

    Raises:
        MissingDependencyError: it is not installed.
    """
    if importlib.util.find_spec("openvino") is None:
        raise missing_package("openvino", "openvino", "openvino")
    if "openvino" not in sys.modules:
        import_apart(_import)
    return _import()


@cache
def core() -> Any:
    """OpenVINO's core, one for the process: each has its own copy of the plugin.

    Raises:
        MissingDependencyError: OpenVINO is not installed.
    """
    return load_openvino().Core()


def cpu_settings(hint: str, threads: int, side_by_side: bool = False) -> dict[str, Any]:
    """How a network is compiled.

    Args:
        hint: precision in OpenVINO's words; others than f32 move joints by centimeters where nobody looked.
        threads: how many.
        side_by_side: whether several images are run at once, a thread each; otherwise one by all threads.
    """
    together = {"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": threads}
    return {
        **(together if side_by_side else {"PERFORMANCE_HINT": "LATENCY"}),
        "INFERENCE_PRECISION_HINT": hint,
        "INFERENCE_NUM_THREADS": threads,
        # bound threads wait where another process has their core, and gain nothing where none has
        "ENABLE_CPU_PINNING": False,
    }


def _import() -> Any:
    with without_telemetry():
        import openvino
    return openvino


def int8_kept(trunk: Trunk, cache: Path) -> Kept:
    """The quantized network, which ``int8`` writes; any OpenVINO reads it."""
    return int8_of(trunk.key, cache)


def check_int8(trunk: Trunk, options: EngineOptions) -> None:
    """Refuse INT8 where nobody quantized the trunk.

    Raises:
        EstimatorError: nobody did, or its files are damaged.
    """
    if int8_kept(trunk, options.cache).notes() is None:
        raise EstimatorError(
            "precision: int8 needs a network that was quantized before; run: "
            "frankmocap_ros convert --int8 --calibration VIDEO"
        )


def fp32_model(trunk: Trunk, options: EngineOptions) -> Path:
    """The translated network in float32, with any number of crops."""
    ov = load_openvino()
    made_by = versions(["openvino"])
    kept = Kept(options.cache, f"{trunk.key[:32]}-openvino", made_by)

    def write(folder: Path) -> None:
        torch = load_torch("openvino")
        options.tell("translating a network for OpenVINO, once; this takes some seconds")
        crops = torch.zeros((2, trunk.side_px, trunk.side_px, 3), dtype=torch.uint8)
        with without_telemetry(), warnings.catch_warnings():
            # of torch.jit.trace, which takes 2 s where torch.export takes 9 s
            warnings.simplefilter("ignore", DeprecationWarning)
            model = ov.convert_model(trunk.build(torch.float32), example_input=crops)
        model.reshape([-1, trunk.side_px, trunk.side_px, 3])
        ov.save_model(model, folder / MODEL, compress_to_fp16=False)

    return kept.get(write, options.prepare) / MODEL


class OpenVinoEngine(CheckedEngine):
    """A trunk compiled by OpenVINO.

    Args:
        trunk: what to run.
        precision: fp32, bf16 or int8.
        options: where.
        model: OpenVINO's model of the trunk, if there is one already.

    Raises:
        EstimatorError: the precision is not there on this machine, or nobody quantized the trunk.
        MissingDependencyError: OpenVINO is not installed.
    """

    name = "openvino"

    def __init__(
        self, trunk: Trunk, precision: str, options: EngineOptions | None = None, model: Any = None
    ) -> None:
        options = options or EngineOptions()
        if precision not in _HINTS:
            raise EstimatorError(f"precision: openvino has no {precision}; allowed: {' | '.join(_HINTS)}")
        if precision == "bf16":
            check_bf16()
        super().__init__(trunk, precision, "cpu")
        self._ov = load_openvino()
        if model is None:
            model = core().read_model(self._path(trunk, precision, options))
        settings = cpu_settings(_HINTS[precision], options.threads)
        self._request = core().compile_model(model, "CPU", settings).create_infer_request()

    @staticmethod
    def _path(trunk: Trunk, precision: str, options: EngineOptions) -> Path:
        if precision != "int8":
            return fp32_model(trunk, options)
        check_int8(trunk, options)
        return int8_kept(trunk, options.cache).folder / MODEL

    def _features(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        request = self._request
        request.set_input_tensor(self._ov.Tensor(crops, shared_memory=True))
        request.infer()
        features: NDArray[np.float32] = request.get_output_tensor().data.copy()
        return features

    def _release(self) -> None:
        del self._request
