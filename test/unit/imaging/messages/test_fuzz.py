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

"""Thousands of seeded malformed messages: an image or an ImageError, nothing printed, memory flat."""

import array
import gc
import resource
import tracemalloc
import warnings
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from frankmocap_ros.errors import ImageError
from frankmocap_ros.imaging.messages.compressed import decode_compressed
from frankmocap_ros.imaging.messages.encodings import ENCODINGS
from frankmocap_ros.imaging.messages.images import REASONS, decode_image

COUNT = 3000
NAMES = sorted(ENCODINGS)
UINTS = (0, 1, 2, 3, 5, 255, 32767, 32768, 65535, 2**31 - 1, 2**31, 2**32 - 1)
ODDITIES = (-1, 2**32, 2**64, 1.5, float("nan"), "3", None, True, b"1", [], np.int64(7), np.float32(2))
TEXTS = (
    "jpeg",
    "png",
    "",
    "bgr8; jpeg compressed bgr8",
    "rgb8; png compressed rgb8",
    "mono16; png compressed mono16",
)


def pick(rng, values):
    """One of them, with its own type."""
    return values[int(rng.integers(len(values)))]


def any_data(rng, length):
    """Random bytes in one of the types that ``data`` may have."""
    raw = rng.bytes(length)
    kinds = (
        bytes,
        bytearray,
        memoryview,
        lambda b: array.array("B", b),
        lambda b: np.frombuffer(b, np.uint8),
    )
    return pick(rng, kinds)(raw)


def raw_message(rng):
    """A message that is right but for one or two fields, or right altogether."""
    encoding = pick(rng, NAMES)
    layout = ENCODINGS[encoding]
    height, width = (int(n) for n in rng.integers(1, 40, 2))
    step = width * layout.pixel_bytes + layout.dtype.itemsize * int(rng.integers(0, 3))
    length = layout.data_bytes(step, height)
    msg = SimpleNamespace(
        height=height,
        width=width,
        encoding=encoding,
        is_bigendian=int(rng.integers(2)),
        step=step,
        data=any_data(rng, length),
    )
    for _ in range(rng.integers(0, 3)):
        field = pick(rng, ("height", "width", "step", "is_bigendian", "encoding", "data"))
        if field == "encoding":
            value = pick(
                rng,
                (*NAMES, "", "bgr", "8UC99999999999", "bayer_xxxx8", rng.bytes(8).decode("latin1"), None, 5),
            )
        elif field == "data":
            cut = max(0, length + int(rng.integers(-5, 6)))
            value = pick(
                rng, (any_data(rng, cut), any_data(rng, int(rng.integers(5000))), b"", None, "x", [1, 2], 7)
            )
        else:
            value = pick(rng, (*UINTS, *ODDITIES, getattr(msg, field), height + 1, step - 1))
        setattr(msg, field, value)
    return msg


def originals():
    """Good JPEG and PNG files of several kinds."""
    rng = np.random.default_rng(0)
    rough = rng.integers(0, 256, (6, 8, 4), np.uint8)
    big = cv2.resize(rough, (64, 48), interpolation=cv2.INTER_CUBIC)
    files = [cv2.imencode(".jpg", big[..., :3], p)[1] for p in ((), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1))]
    files += [cv2.imencode(".jpg", big[..., :3], (cv2.IMWRITE_JPEG_RST_INTERVAL, 2))[1]]
    files += [cv2.imencode(".jpg", big[..., 0])[1]]
    files += [
        cv2.imencode(".png", p)[1] for p in (big[..., :3], big, big[..., 0], big.astype(np.uint16) * 200)
    ]
    return [f.tobytes() for f in files]


ORIGINALS = originals()


def damaged(rng, data):
    """The file with one to three injuries."""
    data = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(len(data))) if data else 0
        near = int(rng.integers(min(len(data), 200))) if data else 0
        kind = rng.integers(7)
        if kind == 0:
            del data[at:]
        elif kind == 1:
            del data[at : at + int(rng.integers(1, 50))]
        elif kind == 2:
            data[at:at] = rng.bytes(int(rng.integers(1, 50)))
        elif kind == 3:
            data[at : at + 4] = rng.bytes(4)
        elif kind == 4:  # headers stand in front
            data[near : near + 1] = rng.bytes(1)
        elif kind == 5:
            data[near : near + 2] = bytes([0xFF, int(rng.integers(0xC0, 0x100))])
        else:
            data[near : near + 4] = pick(rng, UINTS).to_bytes(4, "big")
    return bytes(data)


def compressed_message(rng):
    """A damaged file, or nothing like one."""
    if rng.integers(20) == 0:
        start = pick(rng, (b"", b"\xff\xd8", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
        data = start + rng.bytes(int(rng.integers(0, 2000)))
    else:
        data = damaged(rng, pick(rng, ORIGINALS))
    text = pick(rng, (*TEXTS, "bayer_rggb8; png compressed ", "16UC1; compressedDepth png", "h264", None))
    return SimpleNamespace(format=text, data=data)


def outcome(decode, msg):
    """The reason, or ok where the pixels are what they should be."""
    try:
        decoded = decode(msg)
    except ImageError as e:
        assert e.reason in REASONS
        assert 0 < len(str(e)) < 500
        return e.reason
    rgb, bgr = decoded.rgb(), decoded.bgr()
    assert rgb.dtype == np.uint8
    assert rgb.shape == bgr.shape == (*decoded.pixels.shape[:2], 3)
    assert decoded.resized(16).rgb().size
    return "ok"


@pytest.mark.parametrize(
    ("decode", "make", "reasons"),
    [
        (
            decode_image,
            raw_message,
            {"ok", "unknown_encoding", "bad_size", "bad_step", "bad_length", "bad_data"},
        ),
        (
            decode_compressed,
            compressed_message,
            {"ok", "bad_format", "bad_jpeg", "bad_png", "bad_data", "bad_size", "truncated", "bomb"},
        ),
    ],
)
def test_malformed_messages(capfd, decode, make, reasons):
    seen = set()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for seed in range(COUNT):
            seen.add(outcome(decode, make(np.random.default_rng(seed))))
    assert seen == reasons  # every way out was taken
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("decode", "make"), [(decode_image, raw_message), (decode_compressed, compressed_message)]
)
def test_malformed_messages_leave_no_memory_behind(decode, make):
    def batch(first):
        for seed in range(first, first + 1000):
            outcome(decode, make(np.random.default_rng(seed)))
        gc.collect()

    batch(0)  # caches, lazily imported modules
    resident_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    try:
        batch(1000)
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        batch(2000)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 100_000
    assert peak < 10_000_000
    # Messages here are of kilobytes; what C libraries take shows only in the process's peak.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resident_kib < 50_000
