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

"""Torch on the GPU: eager, graphs, graphs while another thread captures, and compiled."""

import platform
import threading
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import numpy as np

from frankmocap_ros.bench.gpu import Tf32
from frankmocap_ros.bench.gpu_check.check import LARGEST, PRECISIONS, Check, counted_crops
from frankmocap_ros.engines.base import Engine
from frankmocap_ros.engines.gpu_packages import driver_text
from frankmocap_ros.engines.torch import TorchEngine, load_torch
from frankmocap_ros.errors import EstimatorError, MissingDependencyError
from frankmocap_ros.runtime.machine import cpu_name, jetson, nvidia_driver, versions

_REPLAYS: Final = 100
_OTHERS: Final = 200
_CAPTURES: Final = 48
_SIZES: Final = range(1, 10)


_PACKAGES: Final = (
    "frankmocap_ros", "torch", "triton", "onnxruntime", "onnxruntime-gpu", "onnx", "onnxscript", "tensorrt",
    "tensorrt-cu12", "tensorrt-cu13", "numpy",
)  # fmt: skip


def machine(check: Check) -> None:
    """Versions, the driver, and what the GPU is."""
    here = {"python": platform.python_version(), "cpu": cpu_name(), "driver": nvidia_driver()}
    _known(check, {**versions(_PACKAGES), **here, "jetson": jetson()})
    try:
        torch = load_torch()
    except MissingDependencyError as error:
        check.send({"kind": "no device", "text": str(error)})
        return
    _known(check, {"torch's CUDA": torch.version.cuda, "cuDNN": torch.backends.cudnn.version()})
    if not torch.cuda.is_available():
        why = driver_text() if torch.version.cuda else f"torch {torch.__version__} is made without CUDA"
        check.send({"kind": "no device", "text": f"there is no GPU that torch can use ({why})"})
        return
    with check.step("GPU") as words:
        high, low = torch.cuda.get_device_capability()
        free, memory = torch.cuda.mem_get_info()
        words.append(f"{torch.cuda.get_device_name()}, compute capability {high}.{low}")
        words.append(f"{free >> 20} of {memory >> 20} MB free")
        _known(check, {"gpu": torch.cuda.get_device_name()})


def _known(check: Check, found: Mapping[str, object]) -> None:
    known = {name: str(value) for name, value in found.items() if value}
    if known:
        check.send({"kind": "machine", "found": known})


def eager(check: Check) -> None:
    """Each precision against float32 on the CPU."""
    for precision in PRECISIONS[check.device]:
        check.engine(
            f"torch eager {precision}",
            partial(TorchEngine, check.trunk, precision, check.options, "eager"),
            precision,
        )
    if check.on_gpu:
        check.engine("torch eager tf32", lambda: Tf32(check.trunk, check.options), "tf32")


def graphs(check: Check) -> None:
    """Graphs of each precision, and whether what they write to is theirs alone."""
    for precision in PRECISIONS[check.device]:
        check.engine(
            f"torch graph {precision}",
            partial(TorchEngine, check.trunk, precision, check.options, "graph"),
            precision,
        )
    with check.step("torch graph fp16: memory of others") as words:
        engine = TorchEngine(check.trunk, "fp16", check.options, "graph")
        words.append(replays_beside_others(check, engine))
        engine.close()


def replays_beside_others(check: Check, engine: Engine) -> str:
    """Replay while small tensors are allocated; neither may change the other.

    Raises:
        EstimatorError: one does.
    """
    import torch

    crops, others = check.crops[:4], []
    expected = engine(crops)
    for i in range(_REPLAYS):
        others += [torch.full((257,), float(i), device=check.device) for _ in range(_OTHERS // _REPLAYS)]
        if not np.array_equal(engine(crops), expected):
            raise EstimatorError(f"replay {i} gave other numbers than the first")
    wrong = sum(bool((other != i // (_OTHERS // _REPLAYS)).any()) for i, other in enumerate(others))
    if wrong:
        raise EstimatorError(f"replays wrote over {wrong} of {len(others)} tensors of others")
    return f"{_REPLAYS} replays, {len(others)} tensors untouched"


def threads(check: Check) -> None:
    """Replays in one thread while another captures graphs."""
    with check.step(f"replays while {_CAPTURES} graphs are captured") as words:
        engine = TorchEngine(check.trunk, "fp16", check.options, "graph")
        expected = engine(check.crops[:2])
        stop, said = threading.Event(), _Replaying()
        worker = threading.Thread(target=lambda: said.replay(engine, check.crops[:2], expected, stop))
        worker.start()
        try:
            for _ in range(_CAPTURES // LARGEST):
                other = TorchEngine(check.trunk, "fp16", check.options, "graph")
                for n in range(1, LARGEST + 1):
                    check.compare(other(check.crops[:n]), check.exact[:n], "fp16")
                other.close()
        finally:
            stop.set()
            worker.join()
        if said.error:
            raise EstimatorError(said.error)
        words.append(f"{said.count} replays")
        engine.close()


class _Replaying:
    """What a thread that replays has to say."""

    def __init__(self) -> None:
        self.count, self.error = 0, ""

    def replay(self, engine: Engine, crops: Any, expected: Any, stop: threading.Event) -> None:
        """Until it is stopped, or something is wrong."""
        try:
            while not stop.is_set():
                if not np.array_equal(engine(crops), expected):
                    self.error = f"replay {self.count} gave other numbers than the first"
                    return
                self.count += 1
        except Exception as error:
            self.error = f"replay {self.count}: {type(error).__name__}: {error}"


def compiled(check: Check) -> None:
    """Compiled for each number of crops beyond those that torch allows by itself; on a GPU also as graphs."""
    precision, mode = ("fp16", "compile+graph") if check.on_gpu else ("fp32", "compile")
    sizes = _SIZES if check.on_gpu else (1, 2)
    engine = TorchEngine(check.trunk, precision, check.options, mode)
    for n in sizes:
        with check.step(f"torch {mode} {precision}, {counted_crops(n)}") as words:
            words.append(check.compare(engine(check.crops[:n]), check.exact[:n], precision))
    with check.step(f"torch {mode}: compiled") as words:
        words.append(" ".join(map(str, engine.compiled)))
        if engine.compiled != tuple(sizes):
            raise EstimatorError(f"compiled are {engine.compiled}, asked for were {tuple(sizes)}")
    engine.close()
