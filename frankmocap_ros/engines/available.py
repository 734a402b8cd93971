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

"""Which engines can run here in which precision, and why the others cannot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from frankmocap_ros.engines.base import ENGINES, Engine, EngineOptions, Trunk, check_bf16
from frankmocap_ros.engines.cuda_state import check_bf16_on_gpu
from frankmocap_ros.engines.export import can_export
from frankmocap_ros.engines.onnxruntime import OnnxRuntimeEngine, chosen_provider, load_onnxruntime
from frankmocap_ros.engines.openvino import OpenVinoEngine, check_int8, load_openvino
from frankmocap_ros.engines.tensorrt import TensorRtEngine, load_tensorrt
from frankmocap_ros.engines.torch import TorchEngine, chosen_device, load_torch
from frankmocap_ros.errors import EstimatorError, MissingDependencyError, MocapError, bare

# Precisions of each engine on each device.
_PRECISIONS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "torch": {"cpu": ("fp32", "bf16"), "cuda": ("fp32", "bf16", "fp16")},
    "onnxruntime": {"cpu": ("fp32",), "cuda": ("fp32", "fp16")},
    "openvino": {"cpu": ("fp32", "bf16", "int8")},
    "tensorrt": {"cuda": ("fp32", "bf16", "fp16")},
}
_PACKAGES: Final[dict[str, Callable[[], object]]] = {
    "torch": load_torch,
    "onnxruntime": load_onnxruntime,
    "openvino": load_openvino,
    "tensorrt": load_tensorrt,
}
# Modes of torch and providers of ONNX Runtime that are worth measuring, where there are several.
_VARIANTS: Final = {
    ("torch", "cuda", "fp32"): ("graph", "compile+graph"),
    ("torch", "cuda", "bf16"): ("graph", "compile+graph"),
    ("torch", "cuda", "fp16"): ("graph", "compile+graph"),
    ("onnxruntime", "cuda", "fp16"): ("cuda", "tensorrt"),
}


@dataclass(frozen=True)
class Option:
    """One way to run a trunk.

    Attributes:
        engine: one of ``ENGINES``.
        precision: one of ``PRECISIONS``.
        device: cpu or cuda.
        variant: torch's mode or ONNX Runtime's provider where there are several, or empty.
        problem: why it cannot run here, with the next step; None where it can.
    """

    engine: str
    precision: str
    device: str
    variant: str = ""
    problem: MocapError | None = None

    @property
    def text(self) -> str:
        """Such as ``openvino int8``."""
        return " ".join(filter(None, (self.engine, self.variant, self.precision)))

    @property
    def record(self) -> dict[str, str]:
        """Ready for JSON; ``Option(**...)`` makes it again."""
        return {name: getattr(self, name) for name in ("engine", "precision", "device", "variant")}

    @property
    def reason(self) -> str:
        """Why it cannot run here, or empty."""
        return str(self.problem or "")


def usual_device(options: EngineOptions) -> str:
    """``cpu`` or ``cuda``: what auto takes.

    Raises:
        EstimatorError: the device that was asked for is not known, or not there.
        MissingDependencyError: it is CUDA, and torch is not installed.
    """
    try:
        return chosen_device(options.device)
    except MissingDependencyError:
        if options.device == "auto":
            return "cpu"  # without torch nothing here runs on a GPU
        raise


def available(
    trunk: Trunk, options: EngineOptions | None = None, engines: Sequence[str] = ENGINES
) -> list[Option]:
    """Every engine in every precision that it has, and whether it can run here.

    Args:
        trunk: what is to run.
        options: where.
        engines: of which; their packages get imported.

    Raises:
        EstimatorError, MissingDependencyError: as ``usual_device``.
    """
    options = options or EngineOptions()
    usual = usual_device(options)
    found = []
    for engine in engines:
        device = usual if usual in _PRECISIONS[engine] else next(iter(_PRECISIONS[engine]))
        engine_problem = _problem_of(engine, device, options)
        for precision in _PRECISIONS[engine][device]:
            problem = engine_problem or _problem_with(precision, device, trunk, options)
            for variant in _VARIANTS.get((engine, device, precision), ("",)):
                own = problem or _problem_of_variant(engine, variant, options)
                found.append(Option(engine, precision, device, variant, own))
    return found


def make(trunk: Trunk, option: Option, options: EngineOptions | None = None) -> Engine:
    """The engine of an option, ready to run.

    Raises:
        EstimatorError: it cannot run here.
        MissingDependencyError: a package is not installed.
    """
    if option.problem is not None:
        raise option.problem
    options, variant = options or EngineOptions(), option.variant or "auto"
    if option.engine == "torch":
        return TorchEngine(trunk, option.precision, options, variant)
    if option.engine == "onnxruntime":
        return OnnxRuntimeEngine(trunk, option.precision, options, variant)
    if option.engine == "openvino":
        return OpenVinoEngine(trunk, option.precision, options)
    return TensorRtEngine(trunk, option.precision, options)


def _problem_of(engine: str, device: str, options: EngineOptions) -> MocapError | None:
    """What stands in the way of an engine in any precision."""
    if options.device not in ("auto", device) or (device == "cuda" and usual_device(options) == "cpu"):
        allowed = [name for name in ENGINES if usual_device(options) in _PRECISIONS[name]]
        return EstimatorError(
            f"engine: {engine} needs device {device}; allowed on this one: auto | {' | '.join(allowed)}"
        )
    try:
        _PACKAGES[engine]()
        if engine == "onnxruntime":
            chosen_provider("auto", options)
        if engine in ("onnxruntime", "tensorrt"):
            can_export(engine)
    except MocapError as error:
        return bare(error)
    except Exception as error:  # packages that are installed but broken raise whatever they like
        return EstimatorError(f"engine: {engine} cannot be imported ({type(error).__name__}: {error})")
    return None


def _problem_with(precision: str, device: str, trunk: Trunk, options: EngineOptions) -> MocapError | None:
    """What stands in the way of a precision."""
    try:
        if precision == "bf16":
            check_bf16_on_gpu() if device == "cuda" else check_bf16()
        if precision == "int8":
            check_int8(trunk, options)
    except MocapError as error:
        return bare(error)
    return None


def _problem_of_variant(engine: str, variant: str, options: EngineOptions) -> MocapError | None:
    """What stands in the way of one of ONNX Runtime's providers."""
    try:
        if engine == "onnxruntime" and variant:
            chosen_provider(variant, options)
    except MocapError as error:
        return bare(error)
    return None
