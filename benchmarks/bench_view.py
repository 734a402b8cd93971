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

"""What the browser view costs: CPU of camera, mocap node and view, without it, unlooked at, and looked at.

`python benchmarks/bench_view.py [SECONDS]` prints shares of a core. Who looks is a web socket that says what
a browser says first, and takes what it is sent: drawing is the browser's own work.
"""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from frankmocap_ros.bench.probes import processor_s
from frankmocap_ros.cli.nodes import camera_command, mocap_command, node_command, stay_here
from frankmocap_ros.settings.mocap import Settings

PORT = 8096
SETTLE_S = 6.0
CAMERA = {  # where somebody looks from; with it viser counts them
    "type": "ViewerCameraMessage",
    "wxyz": (1.0, 0.0, 0.0, 0.0),
    "position": (0.0, 0.0, 1.0),
    "fov": 1.0,
    "near": 0.1,
    "far": 100.0,
    "image_height": 720,
    "image_width": 1280,
    "look_at": (1.0, 0.0, 1.0),
    "up_direction": (0.0, 0.0, 1.0),
}


@contextlib.contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process, for a while."""
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        time.sleep(SETTLE_S)
        yield process
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def looking() -> Iterator[None]:
    """Take what a browser is sent."""
    import msgspec
    from websockets.sync.client import connect

    end = threading.Event()

    def take() -> None:
        protocol = f"viser-v{version('viser')}"
        with connect(f"ws://127.0.0.1:{PORT}", subprotocols=[protocol], max_size=None) as socket:
            socket.send(msgspec.msgpack.encode(CAMERA))
            while not end.is_set():
                with contextlib.suppress(TimeoutError):
                    socket.recv(timeout=0.2)

    thread = threading.Thread(target=take)
    thread.start()
    try:
        time.sleep(SETTLE_S)
        yield
    finally:
        end.set()
        thread.join()


def measure(name: str, processes: dict[str, subprocess.Popen[bytes]], seconds: float) -> None:
    """Print a row."""
    before = {who: processor_s(process.pid) for who, process in processes.items()}
    start_s = time.perf_counter()
    time.sleep(seconds)
    spent_s = time.perf_counter() - start_s
    shares = {who: (processor_s(process.pid) - before[who]) / spent_s for who, process in processes.items()}
    print(f"{name:24}" + "".join(f"{who:>8}{100.0 * share:7.1f} %" for who, share in shares.items()))


def main(seconds: float = 15.0) -> None:
    """Print the table."""
    try:
        version("viser")
    except PackageNotFoundError:
        print("viser is not installed: nothing to measure")
        return
    stay_here()
    os.environ["ROS_DOMAIN_ID"] = "92"
    config = Settings(estimator="blazepose")
    with (
        running(camera_command("synthetic", 0)) as camera,
        running(mocap_command(config)) as mocap,
    ):
        nodes = {"camera": camera, "mocap": mocap}
        measure("no view", nodes, seconds)
        with running(node_command("view", {"port": str(PORT)})) as view:
            nodes["view"] = view
            measure("view, nobody looks", nodes, seconds)
            with looking():
                measure("view, somebody looks", nodes, seconds)
            time.sleep(1.0)
            measure("nobody looks any more", nodes, seconds)


if __name__ == "__main__":
    main(*(float(argument) for argument in sys.argv[1:2]))
