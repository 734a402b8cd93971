"""A thousand malformed images of each kind, through DDS: dropped, counted, told; the next good one works."""

import array
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from rcl_interfaces.msg import Log
from sensor_msgs.msg import CompressedImage, Image

from frankmocap_ros.ros.image_encodings import ENCODINGS
from frankmocap_ros.ros.images import REASONS

COUNT = 1000  # of each kind
UINTS = (0, 1, 2, 3, 5, 255, 32767, 65536, 2**31, 2**32 - 1)


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def raw_images(rng):
    """Images that are right but for one field, which certainly is wrong."""
    names = sorted(ENCODINGS)
    while True:
        layout = ENCODINGS[encoding := names[rng.integers(len(names))]]
        height, width = (2 * int(n) for n in rng.integers(2, 40, 2))
        step = width * layout.pixel_bytes
        data = rng.bytes(layout.data_bytes(step, height))
        msg = Image(height=height, width=width, encoding=encoding, step=step, data=array.array("B", data))
        match int(rng.integers(5)):
            case 0:
                msg.encoding = ("", "bgr", "8UC99999", "bayer_xxxx8", "jpeg", "ü")[rng.integers(6)]
            case 1:
                msg.step = int(rng.integers(step))
            case 2:
                msg.data = array.array("B", data[: int(rng.integers(len(data)))])
            case 3:
                msg.height = next(n for n in UINTS[rng.integers(10) :] + UINTS if n != height)
            case 4:
                msg.width = next(
                    n for n in (UINTS[-3:], (0,))[rng.integers(2)] if n * layout.pixel_bytes > step or not n
                )
        yield msg


def compressed_images(rng):
    """JPEGs and PNGs that are cut, emptied, mislabelled, or announce a giant."""
    picture = rng.integers(0, 255, (48, 64, 3)).astype(np.uint8)
    files = {kind: cv2.imencode("." + kind, picture)[1].tobytes() for kind in ("jpeg", "png")}
    while True:
        kind = ("jpeg", "png")[rng.integers(2)]
        data = bytearray(files[kind])
        match int(rng.integers(5)):
            case 0:
                data = data[: int(rng.integers(len(data) - 12))]
            case 1:
                data = bytearray(rng.bytes(int(rng.integers(1, 500))))
            case 2:
                data = bytearray()
            case 3 if kind == "png":  # IHDR's width and height
                data[16:24] = rng.integers(2**20, 2**31, 2).astype(">u4").tobytes()
            case 3:  # SOF0's height and width
                at = data.index(b"\xff\xc0") + 5
                data[at : at + 4] = b"\xff\xf0\xff\xf0"
            case 4:
                kind = ("16UC1; compressedDepth", "32FC1; compressedDepth png")[rng.integers(2)]
        yield CompressedImage(format=kind, data=array.array("B", bytes(data)))


@pytest.mark.parametrize("transport", ["raw", "compressed"])
def test_malformed_images(start, probe, transport):
    system = start(image_transport=transport)
    log = system.listen(Log, "/rosout")
    rng = np.random.default_rng(11)
    compressed = transport == "compressed"
    kind, topic = (CompressedImage, "image/compressed") if compressed else (Image, "image")
    messages = (compressed_images if compressed else raw_images)(rng)
    publisher = system.publisher(kind, topic)
    monitor = system.mocap._monitor
    begin_s, memory = time.monotonic(), 0
    for number in range(COUNT):
        before = monitor.dropped
        publisher.publish(system.stamped(next(messages)))
        system.wait_until(lambda before=before: monitor.dropped > before, "the image was not dropped")
        if number == COUNT // 4:
            memory = resident_bytes()
    seconds = time.monotonic() - begin_s
    assert resident_bytes() - memory < 8e6

    values = system.values(lambda v: int(v["dropped"]) == COUNT)
    reasons = {key[8:]: int(n) for key, n in values.items() if key.startswith("dropped/")}
    assert sum(reasons.values()) == COUNT
    assert set(reasons) <= set(REASONS)
    assert len(reasons) >= 3, reasons
    told = [m for m in log.messages if "image dropped" in m.msg]
    assert 1 <= len(told) <= seconds + 2
    assert len(system.bodies) == 0

    if compressed:
        good = system.stamped(CompressedImage(format="jpeg"))
        good.data = array.array("B", cv2.imencode(".jpg", np.full((240, 320, 3), 90, np.uint8))[1].tobytes())
        publisher.publish(good)
        system.wait_until(lambda: len(system.bodies), "no body after the next good image")
        bodies = system.bodies.messages[-1]
    else:
        bodies = system.process()
    assert len(bodies.bodies) == 1
