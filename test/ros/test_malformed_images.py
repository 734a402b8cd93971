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

"""Malformed images through DDS: dropped, counted, told of once a second, and the next good one works."""

import array
import gc
import math

import cv2
import numpy as np
import psutil
import pytest
from rcl_interfaces.msg import Log
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from frankmocap_ros.imaging.messages.images import REASONS, write_image
from frankmocap_ros.ros.common.diagnostics_messages import Monitor

COUNT = 1000  # of raw ones, and as many compressed
UINTS = (0, 1, 2, 3, 255, 32767, 32768, 65535, 2**31 - 1, 2**31, 2**32 - 1)
ENCODINGS = (
    "",
    "bgr",
    "bgr8 ",
    "8UC4294967295",
    "64FC2",
    "bayer_rggb16",
    "nv12",
    "yuv422",
    "rgb8",
    "mono16",
    "ü",
)
FORMATS = ("", "jpeg", "png", "h264", "bgr8; jpeg compressed bgr8", "16UC1; compressedDepth png", "x" * 500)
WIDTH, HEIGHT = 80, 60


def resident_bytes():
    gc.collect()
    return psutil.Process().memory_info().rss


def pick(rng, values):
    return values[int(rng.integers(len(values)))]


def picture(system, kind):
    """An image that is well."""
    pixels = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    msg = system.stamped(kind())
    if kind is Image:
        write_image(msg, pixels, "bgr8")
    else:
        msg.format = "bgr8; jpeg compressed bgr8"
        msg.data = array.array("B", cv2.imencode(".jpg", cv2.blur(pixels, (9, 9)))[1].tobytes())
    return msg


def spoiled_image(rng, msg):
    """One or two fields are wrong."""
    for field in rng.choice(
        ["height", "width", "step", "encoding", "data"], int(rng.integers(1, 3)), replace=False
    ):
        if field == "encoding":
            msg.encoding = pick(rng, ENCODINGS)
        elif field == "data":
            msg.data = array.array(
                "B", rng.bytes(pick(rng, (0, 1, len(msg.data) - 1, len(msg.data) + 1, 5000)))
            )
        else:
            setattr(msg, field, pick(rng, [n for n in UINTS if n != getattr(msg, field)]))
    msg.is_bigendian = int(rng.integers(256))


def spoiled_compressed(rng, msg):
    """The file is damaged, or something else altogether."""
    data = bytearray(msg.data)
    if rng.integers(4) == 0:
        data = bytearray(cv2.imencode(".png", np.full((HEIGHT, WIDTH), 9, np.uint8))[1].tobytes())
    kind, at = int(rng.integers(6)), int(rng.integers(len(data)))
    if kind == 0:
        del data[at:]
    elif kind == 1:
        del data[at : at + 60]
    elif kind == 2:
        data[at:at] = rng.bytes(60)
    elif kind == 3:  # sizes stand in front
        at = int(rng.integers(min(len(data), 200)))
        data[at : at + 4] = pick(rng, UINTS).to_bytes(4, "big")
    elif kind == 4:
        data = bytearray(rng.bytes(int(rng.integers(3000))))
    else:
        msg.format = pick(rng, FORMATS)
        data = data[: len(data) // 2]
    msg.data = array.array("B", bytes(data))


@pytest.mark.parametrize(
    ("transport", "kind", "spoil", "expected"),
    [
        ("raw", Image, spoiled_image, {"unknown_encoding", "bad_size", "bad_step", "bad_length"}),
        (
            "compressed",
            CompressedImage,
            spoiled_compressed,
            {"bad_format", "bad_jpeg", "bad_png", "truncated"},
        ),
    ],
)
def test_malformed_messages(start, probe, monkeypatch, transport, kind, spoil, expected):
    dropped, failed = [], []
    drop, fail = Monitor.drop, Monitor.failed
    monkeypatch.setattr(Monitor, "drop", lambda self, r: dropped.append(r) or drop(self, r))
    monkeypatch.setattr(Monitor, "failed", lambda self, text: failed.append(text) or fail(self, text))
    system = start(image_transport=transport)
    log = system.listen(Log, "/rosout")
    publisher = system.publisher(kind, "image" if transport == "raw" else "image/compressed")
    good, memory = set(), 0
    for n in range(COUNT):
        rng = np.random.default_rng(n)
        msg = picture(system, kind)
        if n % 100 == 99:
            good.add(system.stamp(msg))
        else:
            spoil(rng, msg)
        publisher.publish(msg)
        system.wait_until(lambda n=n: len(dropped) + len(probe.seen) + len(failed) > n, f"message {n}")
        if n == COUNT // 4:
            memory = resident_bytes()
    grown = resident_bytes() - memory
    print(f"{transport}: {len(dropped)} dropped, {len(probe.seen)} decoded, memory {grown / 1e6:+.1f} MB")
    assert failed == []
    assert expected <= set(dropped) <= set(REASONS)
    assert len(dropped) > 0.7 * COUNT
    assert grown < 16e6
    msg = picture(system, kind)
    publisher.publish(msg)
    assert len(system.bodies.wait(lambda b: b.header == msg.header).bodies) == 1
    heard = {system.stamp(b): len(b.bodies) for b in system.bodies.messages}
    assert all(heard.get(stamp) == 1 for stamp in good)

    values = system.values(lambda v: v["dropped"] == str(len(dropped)))
    counts = {k.partition("/")[2]: int(v) for k, v in values.items() if k.startswith("dropped/")}
    assert counts == {reason: dropped.count(reason) for reason in set(dropped)}
    times = [msg.stamp.sec + 1e-9 * msg.stamp.nanosec for msg in log.messages if "image dropped" in msg.msg]
    assert times
    assert np.all(np.diff(times) > 0.9)


def test_the_log_says_what_was_wrong(start, probe, monkeypatch):
    system = start()
    log = system.listen(Log, "/rosout")
    msg = picture(system, Image)
    msg.step = 7

    def told():
        system.send(msg)
        system.values()
        return [m for m in log.messages if "bad_step" in m.msg]

    (warning,) = system.wait_until(told)[:1]
    assert "step is 7" in warning.msg
    assert str(3 * WIDTH) in warning.msg
    assert warning.level == 30
    assert warning.name == "frankmocap"


NOT_CALIBRATIONS = {
    "nan": [math.nan] * 9,
    "infinite": [math.inf] * 9,
    "negative": [-400.0, 0.0, 160.0, 0.0, -400.0, 120.0, 0.0, 0.0, 1.0],
    "no focal length": [0.0, 0.0, 160.0, 0.0, 0.0, 120.0, 0.0, 0.0, 1.0],
    "one of two": [400.0, 0.0, 160.0, 0.0, math.nan, 120.0, 0.0, 0.0, 1.0],
    "tiny": [1e-9, 0.0, 160.0, 0.0, 1e-9, 120.0, 0.0, 0.0, 1.0],
    "huge": [1e300, 0.0, 160.0, 0.0, 1e300, 120.0, 0.0, 0.0, 1.0],
    "far off center": [400.0, 0.0, 1e300, 0.0, 400.0, 120.0, 0.0, 0.0, 1.0],
    "no center": [400.0, 0.0, math.nan, 0.0, 400.0, math.inf, 0.0, 0.0, 1.0],
}


@pytest.mark.parametrize("size", [(320, 240), (0, 0), (2**32 - 1, 1)])
def test_malformed_camera_info_counts_as_none(start, probe, size):
    system = start()
    publisher = system.publisher(CameraInfo, "camera_info")
    for name, k in NOT_CALIBRATIONS.items():
        system.send_info(focal=400.0)
        system.wait_until(lambda: system.process() and probe.seen[-1].calibrated, name)
        publisher.publish(system.stamped(CameraInfo(k=k, width=size[0], height=size[1], d=[math.nan] * 5)))
        system.wait_until(lambda: system.process() and not probe.seen[-1].calibrated, name)
        assert len(system.process().bodies) == 1, name
