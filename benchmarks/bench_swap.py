"""How long the bodies stay away while another model is loaded and takes over.

`python benchmarks/bench_swap.py VIDEO [ROUNDS [HZ [MODELS]]]` lets a mocap node play a video at 30 Hz and
changes its settings from another process; with a folder that has posenet.onnx, movenet-lightning.onnx and
movenet-multipose.onnx it goes through all estimators that run there instead of FrankMocap's settings. Each
row: how long that took, the time from one message to the next (the camera's, or that of the slower of the two
models), and the longest such times in the 1.5 s before, meanwhile, and from 0.5 to 2 s after. Stand-in
weights and a cache of its own: the first round imports torch, converts files and translates networks.
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

import rclpy
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter

from frankmocap_ros.bench.probes import resident_mb
from frankmocap_ros.cli.nodes import mocap_command, stay_here
from frankmocap_ros.ros.common.qos import RESULTS
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.standin.extra_data import write_standin

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


def networks(folder: str) -> tuple[dict[str, Any], ...]:
    """Changes through estimators with the networks of a folder, and without."""
    files = {path.stem: str(path.absolute()) for path in Path(folder).glob("*.onnx")}
    return (
        {"estimator": "posenet", "model": files["posenet"]},
        {"estimator": "movenet", "model": files["movenet-lightning"]},
        {"model": files["movenet-multipose"]},
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
            rows = [
                change(listener, float(rate_hz), one)
                for _ in range(int(rounds))
                for one in (networks(models) if models else CHANGES)
            ]
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
