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

"""A trunk as an ONNX file, for the engines that read nothing else."""

import contextlib
import importlib.util
import io
import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from frankmocap_ros.engines.base import EngineOptions, Trunk, missing_package
from frankmocap_ros.engines.kept import Kept
from frankmocap_ros.engines.torch import load_torch
from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.runtime.machine import versions

if TYPE_CHECKING:
    import torch

# ONNX has convolutions and pooling of bfloat16 from opset 22 on; what others read is as old as can be
OPSETS: Final = {"fp32": 18, "fp16": 18, "bf16": 22}
INPUT: Final = "crops"
OUTPUT: Final = "features"
_FILE: Final = "model.onnx"
_PRECISIONS: Final = ("fp32", "bf16", "fp16")
_NEEDED: Final = ("onnx", "onnxscript")


def can_export(engine: str) -> None:
    """Whether what writes ONNX is there.

    Raises:
        MissingDependencyError: a package is absent.
    """
    absent = [name for name in ("torch", *_NEEDED) if importlib.util.find_spec(name) is None]
    if absent:
        extra = "torch" if "torch" in absent else "onnxruntime"
        raise missing_package(engine, " and ".join(absent), extra)


def onnx_file(trunk: Trunk, precision: str, options: EngineOptions, engine: str = "onnxruntime") -> Path:
    """The trunk with weights of a precision, for any number of crops, made once and kept.

    Its input ``crops`` is uint8 (N, side, side, 3), its output ``features`` float32 (N, outputs).

    Args:
        trunk: what to write.
        precision: fp32, bf16 or fp16.
        options: where it is kept.
        engine: which one asks, for errors.

    Raises:
        AssetError: the cache cannot be written.
        EstimatorError: ONNX files have no such precision here.
        MissingDependencyError: a package that writes ONNX is absent.
    """
    if precision not in _PRECISIONS:
        raise EstimatorError(f"precision: {engine} has no {precision}; allowed: {' | '.join(_PRECISIONS)}")
    kept = Kept(options.cache, f"{trunk.key[:32]}-onnx-{precision}", made_by(precision))

    def write(folder: Path) -> None:
        can_export(engine)
        options.tell("writing a network as ONNX, once; this takes some seconds")
        _export(trunk, precision, folder / _FILE)

    return kept.get(write, options.prepare) / _FILE


def made_by(precision: str) -> dict[str, str]:
    """What a file depends on beside the weights."""
    return {"opset": str(OPSETS[precision]), **versions(("torch", *_NEEDED))}


def _export(trunk: Trunk, precision: str, path: Path) -> None:
    torch = load_torch()
    types = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
    example = torch.zeros((2, trunk.side_px, trunk.side_px, 3), dtype=torch.uint8)
    shapes = ({0: torch.export.Dim("n", min=1, max=1024)},)
    write_onnx(trunk.build(types[precision]), example, path, OnnxFormat([OUTPUT], OPSETS[precision], shapes))


@dataclass(frozen=True, eq=False)
class OnnxFormat:
    """How a network is written.

    Attributes:
        outputs: names of what it gives.
        opset: of ONNX.
        dynamic: axes of the input that may have any length, as ``torch.export`` has them.
    """

    outputs: Sequence[str]
    opset: int
    dynamic: Any


def write_onnx(module: "torch.nn.Module", example: "torch.Tensor", path: Path, form: OnnxFormat) -> None:
    """Write a network, whose input is called ``crops``.

    Args:
        module: takes one tensor.
        example: such a tensor.
        path: of the file, which has the weights too.
        form: how.
    """
    import torch

    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)  # it tells that torchvision, which nothing here needs, is not installed
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            torch.onnx.export(
                module,
                (example,),
                path,
                dynamo=True,
                opset_version=form.opset,
                input_names=[INPUT],
                output_names=list(form.outputs),
                dynamic_shapes=form.dynamic,
                external_data=False,
                verbose=False,
            )
    finally:
        log.setLevel(level)
