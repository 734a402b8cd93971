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

"""TensorRT, ONNX Runtime, and what ``engine: auto`` takes."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from frankmocap_ros.bench.gpu_check.check import LARGEST, Check, exact_features
from frankmocap_ros.bench.gpu_check.torch_parts import replays_beside_others
from frankmocap_ros.errors import EstimatorError


def tensorrt(precision: str) -> Callable[[Check], None]:
    """The part of one precision."""

    def part(check: Check) -> None:
        from frankmocap_ros.engines.tensorrt import TensorRtEngine

        name = f"tensorrt {precision}"
        _parsed(check, name, precision)
        start = time.perf_counter()
        engines: list[TensorRtEngine] = []
        with check.step(f"{name}: build or read") as words:
            engines.append(TensorRtEngine(check.trunk, precision, check.options))
            words.append(f"{time.perf_counter() - start:.0f} s")
        for engine in engines:
            with check.step(f"{name}: without a graph") as words:
                found = engine.without_graph(check.crops[:4])
                words.append(check.compare(found, check.exact[:4], precision))
            with check.step(f"{name}: memory of {LARGEST} contexts") as words:
                words.append(_memory(check, engine))
            with check.step(f"{name}: memory of others") as words:
                words.append(replays_beside_others(check, engine))
            engine.close()
        if engines:
            check.engine(name, lambda: TensorRtEngine(check.trunk, precision, check.options), precision)

    return part


def _parsed(check: Check, name: str, precision: str) -> None:
    """Whether TensorRT's parser takes the file."""
    with check.step(f"{name}: parse") as words:
        from frankmocap_ros.engines.export import onnx_file
        from frankmocap_ros.engines.gpu_packages import gpu_errors
        from frankmocap_ros.engines.tensorrt import load_tensorrt
        from frankmocap_ros.engines.tensorrt_plan import parse

        trt = load_tensorrt()
        onnx = onnx_file(check.trunk, precision, check.options, "tensorrt")
        with gpu_errors("tensorrt"):
            logger = trt.Logger(trt.Logger.ERROR)
            builder = trt.Builder(logger)
            network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
            parse(trt, logger, network, onnx)
            words.append(f"{network.num_layers} layers")


def _memory(check: Check, engine: Any) -> str:
    """What a graph for every number of crops takes of the device's memory."""
    import torch

    torch.cuda.synchronize()
    before = torch.cuda.mem_get_info()[0]
    for n in range(1, LARGEST + 1):
        engine(check.crops[:n])
    torch.cuda.synchronize()
    return f"{(before - torch.cuda.mem_get_info()[0]) >> 20} MB"


def onnxruntime(check: Check) -> None:
    """Each provider, and two weights that share a cache."""
    from frankmocap_ros.engines.onnxruntime import OnnxRuntimeEngine

    rows = (("cuda", "fp32"), ("cuda", "fp16"), ("tensorrt", "fp16")) if check.on_gpu else (("cpu", "fp32"),)
    for provider, precision in rows:
        check.engine(
            f"onnxruntime {provider} {precision}",
            partial(OnnxRuntimeEngine, check.trunk, precision, check.options, provider),
            precision,
        )
    provider, precision = rows[-1]
    with check.step(f"onnxruntime {provider} {precision}: two weights in one cache") as words:
        for seed in (0, 1, 0):
            trunk = check.a_trunk(seed)
            engine = OnnxRuntimeEngine(trunk, precision, check.options, provider)
            exact = exact_features(trunk, check.crops[:2])
            words.append(check.compare(engine(check.crops[:2]), exact, precision))
            engine.close()


def auto(check: Check) -> None:
    """What is measured and taken, and that the second time it is remembered."""
    from frankmocap_ros.engines.choice import choose

    taken: list[str] = []
    for turn in ("first", "second"):
        with check.step(f"engine auto, {turn} time") as words:
            start = time.perf_counter()
            choice = choose(check.trunk, "auto", "auto", replace(check.options, largest=8))
            spent = time.perf_counter() - start
            check.say(choice.text)
            precision = choice.option.precision
            check.compare(choice.engine(check.crops[:1]), check.exact[:1], precision)
            choice.engine.close()
            words.append(f"{choice.option.text}, {spent:.1f} s")
            taken.append(choice.option.text)
            if taken[0] != taken[-1] or (turn == "second" and choice.measured):
                raise EstimatorError(f"first {taken[0]}, now {taken[-1]}; measured again: {choice.measured}")
