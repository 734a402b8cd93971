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

"""How long the bodies stay away while another model is loaded and takes over.

`python benchmarks/bench_swap.py VIDEO [ROUNDS [HZ [MODELS]]]` lets a mocap node play a video at 30 Hz and
changes its settings from another process; with a folder that has posenet.onnx, movenet-lightning.onnx and
movenet-multipose.onnx it goes through all estimators instead of FrankMocap's settings. YOLO, RTMPose and
OpenPose have networks there with the published inputs, outputs, number of weights and of operations, which
see nobody. Each row: how long that took, the time from one message to the next (the camera's, or that of the
slower of the two models), and the longest such times in the 1.5 s before, meanwhile, and from 0.5 to 2 s
after. Stand-in weights and a cache of its own: the first round imports torch, converts files and translates
networks.
"""

import math
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import onnx
import rclpy
from onnx import helper, numpy_helper
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter

from frankmocap_ros.bench.probes import resident_mb
from frankmocap_ros.cli.nodes import mocap_command, stay_here
from frankmocap_ros.ros.common.qos import RESULTS
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.standin.extra_data import write_standin

sys.path.insert(0, str(Path(__file__).parents[1] / "test"))
from support import painted_networks

CHANGES: tuple[dict[str, Any], ...] = (
    {"estimator": "frankmocap"},
    {"precision": "fp32"},
    {"precision": "bf16"},
    {"use_smplx": True},
    {"use_smplx": False},
    {"engine": "torch"},
    {"engine": "openvino"},
    {"estimator": "blazepose", "precision": "auto"},  # it takes no bf16
)


# million weights, and operations in billions (multiplications and additions): YOLO11n-pose at 640 px,
# RTMPose-m at 256x192, and the lightweight OpenPose at 456x256
PUBLISHED = {"yolo": (2.9, 7.6), "rtmpose": (13.6, 3.9), "openpose": (4.1, 9.0)}


def loaded(path: Path, million_weights: float, billion_operations: float) -> None:
    """Give a network work to do beside its own, which changes none of its outputs by more than 1e-20."""
    model = onnx.load(path)
    graph = model.graph
    height, width = (d.dim_value for d in graph.input[0].type.tensor_type.shape.dim[2:])
    channels = round(math.sqrt(1e6 * million_weights / (3 * 9)))
    stride = max(1, round(math.sqrt(2e6 * million_weights * height * width / (1e9 * billion_operations))))
    random = np.random.default_rng(0)
    value, before = graph.input[0].name, 3
    for i in range(4):
        side = stride if i == 0 else 3
        weights = random.normal(0.0, (before * side * side) ** -0.5, (channels, before, side, side))
        graph.initializer.append(numpy_helper.from_array(weights.astype(np.float32), f"load_{i}"))
        how = {"strides": [stride, stride]} if i == 0 else {"pads": [1, 1, 1, 1]}
        graph.node.append(helper.make_node("Conv", [value, f"load_{i}"], [f"loaded_{i}"], **how))
        value, before = f"loaded_{i}", channels
    last = graph.output[0].name
    for node in graph.node:
        node.output[:] = ["unloaded" if name == last else name for name in node.output]
    graph.initializer.append(numpy_helper.from_array(np.float32(1e-24), "little"))
    graph.node.append(helper.make_node("GlobalMaxPool", [value], ["highest"]))
    graph.node.append(helper.make_node("ReduceMax", ["highest"], ["one"], keepdims=0))
    graph.node.append(helper.make_node("Mul", ["one", "little"], ["nothing"]))
    graph.node.append(helper.make_node("Add", ["unloaded", "nothing"], [last]))
    onnx.save(model, path)


def made(folder: Path) -> dict[str, str]:
    """Files of the networks whose published weights are not at hand."""
    points = np.zeros((17, 2), np.float32)
    maps = [("heatmaps", np.zeros((19, 32, 57), np.float32)), ("pafs", np.zeros((38, 32, 57), np.float32))]
    files = {
        "yolo": painted_networks.yolo(folder / "yolo.onnx", points),
        "rtmpose": painted_networks.rtmpose(folder / "rtmpose.onnx", points),
        "openpose": painted_networks.openpose(folder / "openpose.onnx", maps, (256, 456)),
    }
    for name, path in files.items():
        loaded(path, *PUBLISHED[name])
    return {name: str(path) for name, path in files.items()}


def networks(folder: str, standins: Path) -> tuple[dict[str, Any], ...]:
    """Changes through all estimators with the networks of a folder, with stand-ins, and without."""
    files = {path.stem: str(path.absolute()) for path in Path(folder).glob("*.onnx")} | made(standins)
    return (
        {"estimator": "posenet", "model": files["posenet"]},
        {"estimator": "yolo", "model": files["yolo"]},
        {"estimator": "movenet", "model": files["movenet-lightning"]},
        {"model": files["movenet-multipose"]},
        {"estimator": "rtmpose", "model": files["rtmpose"]},
        {"estimator": "openpose", "model": files["openpose"]},
        {"estimator": "synthetic"},
        {"estimator": "blazepose"},
    )


class Listener:
    """When bodies came, and who sets parameters."""

    def __init__(self) -> None:
        from frankmocap_ros.msg import BodyPoseArray

        rclpy.init()
        self.arrivals_s: list[float] = []
        self._node = rclpy.create_node("bench_swap")
        self._node.create_subscription(
            BodyPoseArray,
            "/frankmocap/bodies",
            lambda _: self.arrivals_s.append(time.perf_counter()),
            RESULTS,
        )
        self._client = self._node.create_client(
            SetParametersAtomically, "/frankmocap/set_parameters_atomically"
        )
        executor = SingleThreadedExecutor()
        executor.add_node(self._node)
        threading.Thread(target=executor.spin, daemon=True).start()

    def wait(self, messages: int) -> None:
        """Return when so many came."""
        while len(self.arrivals_s) < messages:
            time.sleep(0.1)

    def change(self, changes: Mapping[str, Any]) -> str:
        """Why the node refuses; empty where it does not."""
        told = [Parameter(name, value=value).to_parameter_msg() for name, value in changes.items()]
        reason: str = self._client.call(SetParametersAtomically.Request(parameters=told)).result.reason
        return reason


class Row(NamedTuple):
    """How a change went [ms].

    Attributes:
        period_ms: from one message to the next, the camera's or the slower model's.
        longest_ms: longest times between two messages, the longest first.
    """

    period_ms: float
    longest_ms: list[float]


def gaps_ms(arrivals_s: list[float], from_s: float, until_s: float) -> list[float]:
    """Times between two messages, the longest first."""
    return sorted((1e3 * (b - a) for a, b in pairwise(arrivals_s) if from_s < b <= until_s), reverse=True)


def change(listener: Listener, rate_hz: float, changes: Mapping[str, Any]) -> Row | None:
    """Change settings and print how that went; None where it is refused."""
    asked_s = time.perf_counter()
    refused = listener.change(changes)
    done_s = time.perf_counter()
    time.sleep(2.0)
    came_s = list(listener.arrivals_s)
    os.sync()  # what was converted goes to the disk now and not in some later row
    time.sleep(1.6)
    told = ", ".join(f"{name}: {Path(str(value)).name}" for name, value in changes.items())
    what = f"{told:52}{done_s - asked_s:6.1f} s"
    if refused:
        print(f"{what}  refused: {refused}", flush=True)
        return None
    before = gaps_ms(came_s, asked_s - 1.5, asked_s)
    after = gaps_ms(came_s, done_s + 0.5, math.inf)
    if not before or not after:
        raise SystemExit(f"{what}  no bodies come any more")
    row = Row(
        max(1e3 / rate_hz, median(before), median(after)), gaps_ms(came_s, asked_s - 0.1, done_s + 0.5)[:4]
    )
    longest = ", ".join(f"{gap:.0f}" for gap in row.longest_ms)
    mark = " !" if row.longest_ms[0] > 3.0 * row.period_ms else ""
    print(
        f"{what}  every {row.period_ms:4.0f} ms; at most {before[0]:4.0f} before, {after[0]:4.0f} after; "
        f"meanwhile {longest} ms{mark}",
        flush=True,
    )
    return row


def main(video: str, rounds: str = "3", rate_hz: str = "30", models: str = "") -> None:
    """Print the table."""
    stay_here()
    os.environ["ROS_DOMAIN_ID"] = "93"
    with tempfile.TemporaryDirectory(prefix="frankmocap_swap_") as folder:
        write_standin(Path(folder))
        os.sync()
        os.environ["FRANKMOCAP_CACHE_DIR"] = str(Path(folder) / "cache")
        config = Settings(
            estimator="blazepose",
            source=str(Path(video).absolute()),
            source_width=640,
            source_rate_hz=float(rate_hz),
            assets_dir=folder,
            engine="openvino",
        )
        node = subprocess.Popen(mocap_command(config), stderr=subprocess.DEVNULL)
        try:
            listener = Listener()
            listener.wait(90)
            changes = networks(models, Path(folder)) if models else CHANGES
            rows = [change(listener, float(rate_hz), one) for _ in range(int(rounds)) for one in changes]
            print(f"resident memory: {resident_mb(node.pid):.0f} MB")
        finally:
            node.terminate()
            node.wait()
    went = [row for row in rows if row is not None]
    over = sum(row.longest_ms[0] > 3.0 * row.period_ms for row in went)
    longest = sorted(row.longest_ms[0] for row in went)
    print(
        f"{len(went)} changes: at most {median(longest):.0f} ms in the median, {longest[-1]:.0f} ms in the "
        f"worst; {over} of them above 3 periods"
    )


if __name__ == "__main__":
    if len(sys.argv) < 2:
        print("bench_swap: no video given, nothing to measure")
    else:
        main(*sys.argv[1:5])
