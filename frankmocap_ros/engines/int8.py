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

"""Quantization of a trunk to 8 bits after training, by NNCF, with crops to see the range of numbers by.

Only the trunk is quantized; the head that follows stays in float32. How far that moves the joints is for the
caller to measure, who then keeps the result or not.
"""

import contextlib
import importlib.util
import io
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.engines.base import EngineOptions, Trunk, missing_package
from frankmocap_ros.engines.openvino import (
    MODEL,
    OpenVinoEngine,
    core,
    fp32_model,
    int8_kept,
    load_openvino,
    without_telemetry,
)
from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.runtime.machine import versions

FEWEST_CROPS: Final = 8


@dataclass(frozen=True, eq=False)
class Quantized:
    """A quantized trunk that is not kept yet.

    Attributes:
        engine: runs it.
    """

    engine: OpenVinoEngine
    _trunk: Trunk
    _options: EngineOptions
    _model: Any
    _crops: int

    def keep(self, notes: Mapping[str, Any] | None = None) -> None:
        """Keep it: from now on precision int8 is there, and auto may take it.

        Args:
            notes: to be written down with it, such as the joints' error.

        Raises:
            AssetError: the cache cannot be written.
        """
        ov = load_openvino()
        made = {"crops": self._crops, "made_with": versions(["openvino", "nncf", "torch"])}
        int8_kept(self._trunk, self._options.cache).make(
            lambda folder: ov.save_model(self._model, folder / MODEL, compress_to_fp16=False),
            {**made, **(notes or {})},
        )


def _load_nncf() -> Any:
    if importlib.util.find_spec("nncf") is None:
        raise missing_package("openvino with precision int8", "nncf", "int8")
    with without_telemetry():
        import nncf
    nncf.set_log_level(logging.ERROR)
    return nncf


def check_installed() -> None:
    """Look for what ``quantize`` needs, before somebody spends minutes on crops.

    Raises:
        MissingDependencyError: OpenVINO or NNCF is not installed.
    """
    load_openvino()
    _load_nncf()


def quantize(trunk: Trunk, crops: NDArray[np.uint8], options: EngineOptions | None = None) -> Quantized:
    """Quantize a trunk.

    Args:
        trunk: what to quantize.
        crops: shape (N, side, side, 3), as the engine will see them: of people in varied poses, places and
            light. 100 to 300 are plenty.
        options: threads and cache.

    Raises:
        EstimatorError: the crops are too few, or not crops of this trunk.
        MissingDependencyError: OpenVINO or NNCF is not installed.
    """
    options = options or EngineOptions()
    expected = (trunk.side_px, trunk.side_px, 3)
    if crops.dtype != np.uint8 or crops.shape[1:] != expected or len(crops) < FEWEST_CROPS:
        raise EstimatorError(
            f"calibration crops are {crops.dtype} of shape {crops.shape}, expected uint8 of shape "
            f"(N, {', '.join(map(str, expected))}) with N at least {FEWEST_CROPS}; take a longer video"
        )
    load_openvino()
    nncf = _load_nncf()
    model = core().read_model(fp32_model(trunk, options))
    options.tell(f"quantizing a network with {len(crops)} crops, once; this takes about a minute")
    with contextlib.redirect_stdout(io.StringIO()):  # progress bars
        quantized = nncf.quantize(
            model,
            nncf.Dataset([np.ascontiguousarray(crop[None]) for crop in crops]),
            preset=nncf.QuantizationPreset.MIXED,
            target_device=nncf.TargetDevice.CPU,
            subset_size=len(crops),
            # takes 31 s instead of 19 s, and a third off the largest error of the joints
            fast_bias_correction=False,
        )
    engine = OpenVinoEngine(trunk, "int8", options, quantized)
    return Quantized(engine, trunk, options, quantized, len(crops))


def notes(trunk: Trunk, options: EngineOptions | None = None) -> dict[str, Any] | None:
    """What was written down when the trunk was quantized; None where that was not done."""
    return int8_kept(trunk, (options or EngineOptions()).cache).notes()
