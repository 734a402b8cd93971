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

"""Time of the body regressor's trunk in every engine and precision that this machine has, side by side.

Run: ``python benchmarks/bench_engines.py [--device auto|cpu|cuda] [--batches 1 2] [--rounds N]``. Random
weights: the time does not depend on them. INT8 is quantized here with random crops. One row per engine,
precision and number of crops, interleaved in one run; the ratios are how many times as fast it is as torch in
float32, by the median and by the fastest call. With other work on the machine torch loses far more than the
others: then the second one is the fairer.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

from frankmocap_ros.engines.available import available, make
from frankmocap_ros.engines.base import EngineOptions, Trunk
from frankmocap_ros.engines.measuring import EngineTiming, measure, some_crops
from frankmocap_ros.errors import MocapError
from frankmocap_ros.runtime.machine import cpu_name, versions


def a_trunk() -> Trunk:
    """The body regressor's, with random weights."""
    import torch

    from frankmocap_ros.estimators.frankmocap.networks.resnet import ResNet50
    from frankmocap_ros.estimators.frankmocap.trunks import body_trunk

    def load() -> ResNet50:
        torch.manual_seed(0)
        return ResNet50().requires_grad_(False)

    return body_trunk(load, "0" * 64)


def rows_of(
    trunk: Trunk, options: EngineOptions, batches: list[int], rounds: int
) -> dict[int, list[EngineTiming]]:
    """What was measured for each number of crops."""
    engines = {}
    for option in available(trunk, options):
        try:
            engines[option] = make(trunk, option, options)
        except MocapError as error:
            print(f"{option.text}: {error}")
    return {n: measure(engines, some_crops(trunk, n), rounds) for n in batches}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    try:
        trunk = a_trunk()
    except ImportError:
        print("torch is not installed: nothing to measure")
        return
    with tempfile.TemporaryDirectory() as cache:
        options = EngineOptions(device=arguments.device, cache=Path(cache), largest=max(arguments.batches))
        try:
            from frankmocap_ros.engines.int8 import quantize

            quantize(trunk, some_crops(trunk, 32), options).keep()
        except MocapError as error:
            print(f"no INT8: {error}")
        found = rows_of(trunk, options, arguments.batches, arguments.rounds)
    packages = versions(("torch", "openvino", "nncf", "onnxruntime", "onnxruntime-gpu", "tensorrt"))
    print(
        f"{cpu_name()}, {options.threads} threads; {', '.join(' '.join(item) for item in packages.items())}"
    )
    print("crops  engine                         p50      p99  fastest [ms]  to torch fp32     from fp32")
    for n, rows in found.items():
        reference = next(
            row for row in rows if (row.option.engine, row.option.precision) == ("torch", "fp32")
        )
        for row in rows:
            if row.failed:
                print(f"{n:5d}  {row.option.text:26s} {row.failed}")
                continue
            p99, fastest = np.percentile(row.times_ms, 99), min(row.times_ms)
            ratios = f"x{reference.p50_ms / row.p50_ms:.2f} x{min(reference.times_ms) / fastest:.2f}"
            line = f"{n:5d}  {row.option.text:26s} {row.p50_ms:7.2f}  {p99:7.2f}  {fastest:7.2f}"
            print(f"{line}  {ratios:>18s}  {100 * row.difference:9.3g} %")


if __name__ == "__main__":
    main()
