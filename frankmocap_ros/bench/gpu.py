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

"""The body regressor alone on a GPU: how it is started matters more there than how much it computes."""

import contextlib
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.assets.store import AssetStore
from frankmocap_ros.bench.rows import BenchRow, percentiles
from frankmocap_ros.engines.available import Option
from frankmocap_ros.engines.base import Engine, EngineOptions, Trunk
from frankmocap_ros.engines.cuda_state import set_up_cudnn
from frankmocap_ros.engines.measuring import EngineTiming as Timed
from frankmocap_ros.engines.measuring import failed, measure, some_crops
from frankmocap_ros.engines.torch import TorchEngine
from frankmocap_ros.errors import MocapError

BATCHES: Final = (1, 4, 8)
_BASE: Final = ("eager", "fp32")  # what the others are compared with
_ROWS: Final = (
    _BASE, ("eager", "tf32"), ("autocast", "fp16"), ("eager", "fp16"), ("eager", "bf16"), ("compile", "fp16"),
    ("graph", "fp32"), ("graph", "fp16"), ("compile+graph", "fp16"),
)  # fmt: skip
_ROUNDS: Final = 60

Tell = Callable[[str], None]


def no_gpu() -> str:
    """Why the rows here are not measured; empty where they can be."""
    try:
        import torch
    except ImportError:
        return "torch is not installed"
    return "" if torch.cuda.is_available() else "there is no GPU that torch can use"


class Autocast:
    """The network in float32, each layer converted as it runs.

    Args:
        trunk: what to run.
        device: torch's name of it.
    """

    name = "torch"
    precision = "fp16"

    def __init__(self, trunk: Trunk, device: str = "cuda") -> None:
        import torch

        self.device = device
        if device == "cuda":
            set_up_cudnn()
        # CPUs have no half precision that is worth it
        self._dtype = torch.float16 if device == "cuda" else torch.bfloat16
        module: Any = trunk.build(torch.float32).eval()
        self._module = module.to(device, memory_format=torch.channels_last)

    def __call__(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Features (N, outputs) of crops (N, side, side, 3)."""
        import torch

        with torch.inference_mode(), torch.autocast(self.device, self._dtype):
            pixels = torch.from_numpy(np.require(crops, requirements="W")).to(self.device)
            features: NDArray[np.float32] = self._module(pixels).float().cpu().numpy()
        return features

    def close(self) -> None:
        """Drop the network."""
        del self._module


class Tf32:
    """The network in float32 whose convolutions round to TF32, which GPUs do by themselves.

    The flag is the whole process's: nothing else may run meanwhile.

    Args:
        trunk: what to run.
        options: where.
    """

    name = "torch"
    precision = "tf32"

    def __init__(self, trunk: Trunk, options: EngineOptions) -> None:
        self._engine = TorchEngine(trunk, "fp32", options, "eager")
        self.device = self._engine.device

    def __call__(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Features (N, outputs) of crops (N, side, side, 3)."""
        from torch.backends import cudnn

        before, cudnn.allow_tf32 = cudnn.allow_tf32, True
        try:
            return self._engine(crops)
        finally:
            cudnn.allow_tf32 = before

    def close(self) -> None:
        """Drop the network."""
        self._engine.close()


def _engine(trunk: Trunk, mode: str, precision: str, options: EngineOptions) -> Engine:
    if mode == "autocast":
        return Autocast(trunk, options.device)
    if precision == "tf32":
        return Tf32(trunk, options)
    return TorchEngine(trunk, precision, options, mode)


def _row(timed: Timed, base: Timed | None, crops: int, more: Mapping[str, str]) -> BenchRow:
    """One row, of a given number of crops."""
    mode, precision = timed.option.variant, timed.option.precision
    name = f"gpu: regressor {mode} {precision}, {crops} crop{'s' if crops > 1 else ''}"
    row = BenchRow(name, "frankmocap", f"torch {mode}", precision, people=crops, more=more)
    if timed.failed:
        return BenchRow(**{**vars(row), "error": timed.failed})
    total = percentiles(timed.times_ms)
    faster = None if base is None or base.failed else round(base.p50_ms / timed.p50_ms, 2)
    return BenchRow(**{
        **vars(row),
        "stages_ms": {"regress": total},
        "total_ms": total,
        "fps": round(1e3 * crops / float(np.mean(timed.times_ms)), 2),
        "ratio_to_reference": faster,
        "frames": len(timed.times_ms),
    })  # fmt: skip


def trunk_rows(trunk: Trunk, options: EngineOptions, tell: Tell, rounds: int = _ROUNDS) -> list[BenchRow]:
    """Every way to run a trunk, in turns, for each number of crops.

    The ratio is to eager float32 with as many crops: crops and features travel between host and device in
    each call.
    """
    import torch

    on_gpu = options.device == "cuda"
    device = torch.cuda.get_device_name() if on_gpu else "cpu"
    rows: list[BenchRow] = []
    with contextlib.ExitStack() as stack:
        engines: dict[Option, Engine] = {}
        broken: list[Timed] = []
        for mode, precision in _ROWS:
            option = Option("torch", precision, options.device, mode)
            tell(f"loading {option.text}")
            try:
                engines[option] = stack.enter_context(
                    contextlib.closing(_engine(trunk, mode, precision, options))
                )
            except MocapError as error:
                broken.append(Timed(option, failed=str(error)))
            except Exception as error:  # a library's; the others may still run
                broken.append(failed(option, error))
        for crops in BATCHES:
            found = [*measure(engines, some_crops(trunk, crops), rounds), *broken]
            base = next((t for t in found if (t.option.variant, t.option.precision) == _BASE), None)
            rows += [_row(one, base, crops, _more(device, engines.get(one.option))) for one in found]
    return rows


def _more(device: str, engine: Engine | None) -> dict[str, str]:
    """The device, and what torch really compiled."""
    compiled = getattr(engine, "compiled", ())
    return {"device": device, **({"compiled": " ".join(map(str, compiled))} if compiled else {})}


def gpu_rows(store: AssetStore, tell: Tell) -> list[BenchRow]:
    """Rows of FrankMocap's body regressor for SMPL on the GPU.

    Raises:
        AssetError: its files are missing.
    """
    from frankmocap_ros.estimators.frankmocap.regressors import body_regressor

    options = EngineOptions(device="cuda", largest=max(BATCHES), tell=tell)
    return trunk_rows(body_regressor(store, use_smplx=False).trunk, options, tell)
