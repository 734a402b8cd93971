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

"""Time of BlazePose's networks and of what is around them, interleaved round by round in one run.

Run: ``python benchmarks/bench_blazepose.py [--rounds N] [--threads N]``. Each engine that is installed and
each variant whose file is here; with OpenVINO also with every output, as the file has them. Wall time, and
time of the processor, which other processes disturb less.
"""

import argparse
import time
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np

from frankmocap_ros.assets.model_files import VARIANTS, find_model, model_path
from frankmocap_ros.engines.tflite import TfliteModel, TfliteOptions
from frankmocap_ros.engines.tflite_litert import LiteRtTflite
from frankmocap_ros.engines.tflite_openvino import OpenVinoTflite
from frankmocap_ros.estimators.blazepose.person_detector import PersonDetector
from frankmocap_ros.estimators.square_crop import square_crop
from frankmocap_ros.geometry.boxes import Region
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.runtime.machine import cores, cpu_name
from frankmocap_ros.runtime.thread_pools import leave_cores_to_networks

WANTED, ALL = (0, 1, 3, 4), (0, 1, 2, 3, 4)  # outputs: without segmentation, with it
ENGINES = {"openvino": OpenVinoTflite, "ai_edge_litert": LiteRtTflite}


def network_rows(threads: int) -> dict[str, Callable[[], object]]:
    """Name -> one run of a landmark network."""
    crop = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    rows: dict[str, Callable[[], object]] = {}
    for variant in VARIANTS:
        if find_model(f"pose_landmark_{variant}")[1] != "ok":
            print(f"{variant} is not here: left out")
            continue
        for module, engine in ENGINES.items():
            if find_spec(module) is None:
                continue
            for text, outputs in (("", WANTED), (", every output", ALL)):
                if text and module != "openvino":  # LiteRT always computes all
                    continue
                model = TfliteModel(model_path(f"pose_landmark_{variant}"), outputs, 256)
                network = engine(model, TfliteOptions(threads))
                rows[f"{variant}, {network.engine}{text}"] = lambda network=network: network([crop])  # type: ignore[misc]
    return rows


def other_rows() -> dict[str, Callable[[], object]]:
    """Name -> what is around the landmark network."""
    rng = np.random.default_rng(0)
    rows: dict[str, Callable[[], object]] = {}
    detector = PersonDetector(model_path("pose_detection"))
    for width, height in ((640, 360), (1280, 720)):
        bitmap = Bitmap(rng.integers(0, 256, (height, width, 3), np.uint8))
        region = Region(np.array([0.5 * width, 0.5 * height]), 0.8 * height, 0.2)
        rows[f"crop of {width}x{height}"] = lambda b=bitmap, r=region: square_crop(b, r, 256)  # type: ignore[misc]
        rows[f"search of {width}x{height}"] = lambda b=bitmap: detector(b)  # type: ignore[misc]
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--threads", type=int, default=cores())
    arguments = parser.parse_args()
    leave_cores_to_networks()
    rows = {**network_rows(arguments.threads), **other_rows()}
    wall: dict[str, list[float]] = {name: [] for name in rows}
    spent: dict[str, list[float]] = {name: [] for name in rows}
    for k in range(arguments.rounds + 3):
        for name, call in rows.items():
            call()  # the caches are those of the row before
            start, used = time.perf_counter(), time.process_time()
            call()
            if k >= 3:  # the first rounds warm up
                wall[name].append(1e3 * (time.perf_counter() - start))
                spent[name].append(1e3 * (time.process_time() - used))
    print(f"{cpu_name()}, {arguments.threads} threads, {arguments.rounds} rounds [ms]")
    print(f"{'':32s} {'least':>8s} {'p50':>8s} {'p95':>8s} {'processor p50':>14s}")
    for name, times in wall.items():
        p50, p95 = np.percentile(times, (50, 95))
        print(f"{name:32s} {min(times):8.2f} {p50:8.2f} {p95:8.2f} {np.median(spent[name]):14.2f}")


if __name__ == "__main__":
    main()
