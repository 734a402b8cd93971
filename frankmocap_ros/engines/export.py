"""A trunk as an ONNX file, for the engines that read nothing else."""

import contextlib
import importlib.util
import io
import logging
import warnings
from pathlib import Path
from typing import Final

from frankmocap_ros.engines.base import EngineOptions, Trunk, missing_package
from frankmocap_ros.engines.kept import Kept
from frankmocap_ros.engines.torch import load_torch
from frankmocap_ros.errors import EstimatorError
from frankmocap_ros.runtime.machine import versions

OPSET: Final = 18
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
    made_by = {"opset": str(OPSET), **versions(["torch"])}
    kept = Kept(options.cache, f"{trunk.key[:32]}-onnx-{precision}", made_by)

    def write(folder: Path) -> None:
        can_export(engine)
        options.tell("writing a network as ONNX, once; this takes some seconds")
        _export(trunk, precision, folder / _FILE)

    return kept.get(write, options.prepare) / _FILE


def _export(trunk: Trunk, precision: str, path: Path) -> None:
    torch = load_torch()
    types = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
    example = torch.zeros((2, trunk.side_px, trunk.side_px, 3), dtype=torch.uint8)
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)  # it tells that torchvision, which nothing here needs, is not installed
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            torch.onnx.export(
                trunk.build(types[precision]),
                (example,),
                path,
                dynamo=True,
                opset_version=OPSET,
                input_names=[INPUT],
                output_names=[OUTPUT],
                dynamic_shapes=({0: torch.export.Dim("n", min=1, max=1024)},),
                external_data=False,
                verbose=False,
            )
    finally:
        log.setLevel(level)
