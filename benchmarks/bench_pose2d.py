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

"""Time to find people with the 2D pose network: fitting the image, the network, and grouping its maps.

Run: ``python benchmarks/bench_pose2d.py [--device cpu|cuda] [--rounds N] [--maps FILE.npz]``. Random weights:
the network's time does not depend on them. Grouping is measured on empty maps, on noise (the worst case), and
on ``group_heatmaps`` and ``group_pafs`` of FILE where it is there. One row per thing, interleaved round by
round in one run, so that the machine's mood is the same for all.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from frankmocap_ros.estimators.openpose.fitting import fitted
from frankmocap_ros.estimators.openpose.grouping import group_people

MAPS = Path(__file__).parents[2] / "shared/golden/frankmocap_golden.npz"
SIZES = ((640, 480), (1280, 720))
CELLS = (32, 57)  # of the maps of an image of 16:9


def grouping_rows(path: Path) -> dict[str, Callable[[], object]]:
    """Name -> grouping of some maps."""
    rng = np.random.default_rng(0)
    noise = [rng.normal(0.0, 1.0, (*CELLS, n)).astype(np.float32) for n in (19, 38)]
    empty = [np.zeros_like(maps) for maps in noise]
    rows: dict[str, Callable[[], object]] = {
        "grouping, nobody": lambda: group_people(*empty),
        "grouping, noise": lambda: group_people(*noise),
    }
    if path.exists():
        with np.load(path, allow_pickle=False) as arrays:
            maps = [arrays[name].astype(np.float32) for name in ("group_heatmaps", "group_pafs")]
        height, width = maps[0].shape[:2]
        rows[f"grouping, file's {width}x{height}"] = lambda: group_people(*maps)
        part = [m[: CELLS[0], : CELLS[1]] for m in maps]
        rows[f"grouping, its {CELLS[1]}x{CELLS[0]} part"] = lambda: group_people(*part)
    return rows


def network_rows(device: str) -> dict[str, Callable[[], object]]:
    """Name -> network on an image of 16:9, in float32 and in half precision."""
    import torch

    from frankmocap_ros.estimators.openpose.network import Pose2dDetector, Pose2dNetwork

    weights = {key: tensor.numpy() for key, tensor in Pose2dNetwork().state_dict().items()}
    half = torch.float16 if device.startswith("cuda") else torch.bfloat16
    pixels = fitted(np.random.default_rng(0).integers(0, 256, (720, 1280, 3), np.uint8)).pixels
    rows: dict[str, Callable[[], object]] = {}
    for name, precision in (("float32", None), (str(half).removeprefix("torch."), half)):
        detector = Pose2dDetector(weights, device, precision)
        rows[f"network, {name}"] = lambda detector=detector: detector.maps(pixels)  # type: ignore[misc]
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--maps", type=Path, default=MAPS)
    arguments = parser.parse_args()
    rows: dict[str, Callable[[], object]] = {}
    for width, height in SIZES:
        image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
        rows[f"fitting {width}x{height}"] = lambda image=image: fitted(image)  # type: ignore[misc]
    try:
        rows.update(network_rows(arguments.device))
    except ImportError:
        print("torch is not installed: the network is left out")
    rows.update(grouping_rows(arguments.maps))
    times: dict[str, list[float]] = {name: [] for name in rows}
    for k in range(arguments.rounds + 3):
        for name, call in rows.items():
            start = time.perf_counter()
            call()
            if k >= 3:  # the first rounds warm up
                times[name].append(1e3 * (time.perf_counter() - start))
    print(f"{arguments.device}, {arguments.rounds} rounds; p50 and p95 [ms]")
    for name, spent in times.items():
        p50, p95 = np.percentile(spent, (50, 95))
        print(f"{name:28s} {p50:7.2f} {p95:7.2f}")


if __name__ == "__main__":
    main()
