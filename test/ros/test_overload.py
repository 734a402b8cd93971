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

"""More images than can be processed: the newest is taken, the rest is dropped and counted."""

import time
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import Image

from frankmocap_ros.imaging.messages.images import write_image
from frankmocap_ros.msg import BodyPoseArray, Latency

RATE_HZ = 120.0
DURATION_S = 15.0


def resident_bytes(pid: int) -> int:
    return psutil.Process(pid).memory_info().rss


def photograph() -> np.ndarray:
    folder = Path(find_spec("skimage").origin).parent / "data"
    return cv2.imread(str(folder / "camera.png"), cv2.IMREAD_GRAYSCALE)


@pytest.mark.timed
@pytest.mark.slow
def test_120_hz(program, peer):
    """The real node in a process of its own, with its real estimator."""
    node = program("frankmocap_node", "--ros-args", "-p", "max_image_age_s:=0.0")
    bodies = peer.listen(BodyPoseArray, "/frankmocap/bodies")
    latency = peer.listen(Latency, "/frankmocap/latency")
    diagnostics = peer.listen(DiagnosticArray, "/diagnostics")
    publisher = peer.publisher(Image, "image")
    image = Image()
    write_image(image, photograph(), "mono8")
    sent, memory = 0, []
    period_s = 1.0 / RATE_HZ
    begin_s = time.perf_counter()
    while time.perf_counter() - begin_s < DURATION_S:
        publisher.publish(peer.stamped(image))
        sent += 1
        if sent % int(RATE_HZ) == 0:
            memory.append(resident_bytes(node.process.pid))
        time.sleep(max(0.0, sent * period_s - (time.perf_counter() - begin_s)))
    seconds = time.perf_counter() - begin_s
    status = diagnostics.next()  # one whole period later everything is counted
    status = diagnostics.next()
    values = {v.key: v.value for v in status.status[0].values}
    published, dropped = len(bodies), int(values["dropped"])
    assert sent > 0.8 * RATE_HZ * DURATION_S, "the machine is too slow to send at the rate"
    assert values["dropped/overwritten"] == values["dropped"]
    assert published > 5.0 * DURATION_S
    assert dropped > 0.2 * sent  # it really is too much; a fast machine takes more than half of it
    assert published + dropped <= sent  # the rest was never delivered: best effort, depth 1
    assert published + dropped > 0.5 * sent
    counts = [len(m.bodies) for m in bodies.messages]
    first = counts.index(1)  # the search gives way: on a full machine it takes its time
    assert first < published / 2 and counts == [0] * first + [1] * (published - first)

    # How old an image is when its processing starts: it waits at most until the one before it is done, and
    # by then a newer one, a camera period old at most, has taken its place.
    measured = latency.messages[5:]
    start_ages_ms = np.array([m.transport + m.wait for m in measured])
    processing_ms = np.array([m.total - m.transport - m.wait for m in measured])
    bound_ms = processing_ms[:-1] + 1e3 * period_s  # of the image before
    late = start_ages_ms[1:] > bound_ms
    growth = np.median(memory[-4:]) - np.median(memory[5:9])
    print(
        f"sent {sent} in {seconds:.1f} s, published {published}, dropped {dropped}; age at the start of "
        f"processing: p50 {np.median(start_ages_ms):.1f}, p99 {np.percentile(start_ages_ms, 99):.1f}, "
        f"max {start_ages_ms.max():.1f} ms; over the bound: {late.mean():.2%}; "
        f"memory after 7 s and at the end: {growth / 1e6:+.2f} MB"
    )
    # transport and threads also wait for the other processes of a busy machine: that much slack, rarely
    assert late.mean() < 0.05
    assert np.all(start_ages_ms[1:] <= bound_ms + 100.0)
    assert growth < 5e6
