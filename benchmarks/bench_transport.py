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

"""What it costs to receive images from another process, which way and with which memory.

`python benchmarks/bench_transport.py [SECONDS [RATE_HZ]]` sends images of each size from one process to
another, with the package's transport profile. The ways take turns, so that they meet the same machine:
received as a message or as serialized bytes (``raw=True``), and with memory that both processes give back
after each image or keep (``runtime.malloc``). Of bytes only the stamp is read: what a whole reader
would save is less than the table shows. One that reads and checks every field took 0.83 (640x480), 1.03
(1280x720) and 0.90 (1920x1080) times as long as messages with kept memory, so messages it is.

Columns, in milliseconds:

- take: rclpy's part before the callback, where it makes the message;
- read: in the callback, until pixels (raw) or a flat buffer (compressed) are there, as the worker needs them;
- cpu: of the receiving process for one image, all its threads together;
- age: from the stamp, taken just before publishing, to the pixels: median and p99;
- the last one: take and read together, as a part of those of the first way.
"""

import json
import os
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import rclpy
from builtin_interfaces.msg import Time
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from frankmocap_ros.imaging.messages.images import byte_array, decode_image, flat_bytes, write_image
from frankmocap_ros.ros.common.qos import IMAGES
from frankmocap_ros.runtime.fastdds_profile import transport_variables
from frankmocap_ros.runtime.malloc import keep_freed_memory

DOMAIN = 92
SIZES = ((640, 480), (1280, 720), (1920, 1080))
KINDS: dict[str, type] = {"raw": Image, "compressed": CompressedImage}
WARM_UP = 10
ROUNDS = 2
Way = tuple[str, str]  # what the callback gets, and what happens to freed memory at both ends
WAYS: tuple[Way, ...] = (
    ("message", "given back"),
    ("bytes", "given back"),
    ("message", "kept"),
    ("bytes", "kept"),
)
QUIET_S = 1.0  # without an image: the sender has ended


def scene(width: int, height: int) -> np.ndarray:
    """Soft blobs with sensor noise: an image that compresses about as a photograph does."""
    rng = np.random.default_rng(0)
    blobs = cv2.resize(
        rng.integers(0, 256, (9, 16, 3), np.uint8), (width, height), interpolation=cv2.INTER_CUBIC
    )
    return np.clip(blobs + rng.normal(0.0, 3.0, blobs.shape), 0, 255).astype(np.uint8)


def send(kind: str, memory: str, size: tuple[int, int], seconds: float, rate_hz: float) -> None:
    """The sending process."""
    if memory == "kept":
        keep_freed_memory()
    rclpy.init(domain_id=DOMAIN)
    node = Node("bench_sender")
    publisher = node.create_publisher(KINDS[kind], "image", IMAGES)
    msg = KINDS[kind]()
    msg.header.frame_id = "camera_optical_frame"
    if kind == "raw":
        write_image(msg, scene(*size), "bgr8")
    else:
        msg.format = "bgr8; jpeg compressed bgr8"
        msg.data = byte_array(cv2.imencode(".jpg", scene(*size))[1])
    while publisher.get_subscription_count() < 1:
        time.sleep(0.05)
    time.sleep(0.5)
    for _ in range(round(seconds * rate_hz)):
        next_s = time.perf_counter() + 1.0 / rate_hz
        msg.header.stamp.sec, msg.header.stamp.nanosec = divmod(time.time_ns(), 10**9)
        publisher.publish(msg)
        time.sleep(max(0.0, next_s - time.perf_counter()))
    node.destroy_node()
    rclpy.shutdown()


def read_image(msg: Any) -> Any:
    """The message, whose pixels can be decoded."""
    decode_image(msg)
    return msg


def read_compressed(msg: Any) -> Any:
    """The message, whose data is a flat buffer."""
    flat_bytes(msg)
    return msg


def read_bytes(message: bytes) -> Any:
    """As much as a reader of serialized messages does at least: the stamp, and a view of the rest."""
    sec, nanosec = struct.unpack_from("=iI", message, 4)  # after the encapsulation of CDR
    np.frombuffer(message, np.uint8)
    return SimpleNamespace(header=Header(stamp=Time(sec=sec, nanosec=nanosec)))


READERS: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("raw", "message"): read_image,
    ("compressed", "message"): read_compressed,
    ("raw", "bytes"): read_bytes,
    ("compressed", "bytes"): read_bytes,
}


class TimedExecutor(SingleThreadedExecutor):
    """Notes how long the last image took to take."""

    take_s = 0.0

    def _take_subscription(self, sub: Any) -> Any:
        start_s = time.perf_counter()
        work = super()._take_subscription(sub)
        self.take_s = time.perf_counter() - start_s
        return work


def receive(kind: str, way: str, memory: str) -> None:
    """The receiving process: prints its times as JSON."""
    if memory == "kept":
        keep_freed_memory()
    rclpy.init(domain_id=DOMAIN)
    node, executor = Node("bench_receiver"), TimedExecutor()
    executor.add_node(node)
    times: list[tuple[float, float, float]] = []
    read = READERS[kind, way]

    def hear(got: Any) -> None:
        called_s = time.perf_counter()
        stamp = read(got).header.stamp
        now_s = time.perf_counter()
        times.append((executor.take_s, now_s - called_s, time.time() - stamp.sec - 1e-9 * stamp.nanosec))

    node.create_subscription(KINDS[kind], "image", hear, IMAGES, raw=way == "bytes")
    cpu_s = 0.0
    last_s = time.perf_counter()
    end_s = 0.0
    while time.perf_counter() - last_s < (QUIET_S if times else 20.0):
        count = len(times)
        executor.spin_once(timeout_sec=0.5)
        if len(times) > count:
            last_s = time.perf_counter()
            end_s = time.process_time()
            if len(times) == WARM_UP:
                cpu_s = end_s
    print(json.dumps({"times": times[WARM_UP:], "cpu_s": end_s - cpu_s}))
    node.destroy_node()
    rclpy.shutdown()


def transfer(kind: str, way: Way, size: tuple[int, int], speed: tuple[float, float]) -> dict[str, Any]:
    """What a receiver says of images that are sent for ``speed``: seconds, and images a second."""
    environment = {
        **os.environ,
        **transport_variables(os.environ),
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
    }
    program = [sys.executable, __file__]
    receiver = subprocess.Popen(
        [*program, "receive", kind, *way], env=environment, stdout=subprocess.PIPE, text=True
    )
    subprocess.run([*program, "send", kind, way[1], *map(str, (*size, *speed))], env=environment, check=True)
    answer, _ = receiver.communicate()
    return json.loads(answer)


def row(name: str, answers: list[dict[str, Any]]) -> tuple[str, float]:
    """A line of the table, and what it costs to receive one image [ms]."""
    times_ms = 1e3 * np.concatenate([np.array(answer["times"]) for answer in answers])
    take, read, age = np.median(times_ms, axis=0)
    cpu = 1e3 * sum(answer["cpu_s"] for answer in answers) / len(times_ms)
    p99 = np.percentile(times_ms[:, 2], 99)
    text = f"{name:44}{take:8.3f}{read:8.3f}{cpu:8.3f}{age:9.3f}{p99:9.3f}   {len(times_ms)} images"
    return text, take + read


def main(seconds: float = 3.0, rate_hz: float = 30.0) -> None:
    """Print the table."""
    print(f"{'':44}{'take':>8}{'read':>8}{'cpu':>8}{'age p50':>9}{'p99':>9}")
    for kind in KINDS:
        for size in SIZES:
            answers: dict[Way, list[dict[str, Any]]] = {way: [] for way in WAYS}
            for _ in range(ROUNDS):
                for way, some in answers.items():
                    some.append(transfer(kind, way, size, (seconds, rate_hz)))
            first = None
            for way, some in answers.items():
                text, cost = row(f"{kind} {size[0]} x {size[1]}, {way[0]}, {way[1]}", some)
                first = first or cost
                print(f"{text}   {cost / first:.2f}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["send"]:
        width, height, *speed = sys.argv[4:8]
        send(*sys.argv[2:4], (int(width), int(height)), *map(float, speed))
    elif sys.argv[1:2] == ["receive"]:
        receive(*sys.argv[2:5])
    else:
        main(*(float(argument) for argument in sys.argv[1:3]))
