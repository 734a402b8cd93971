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

"""Time to decode one image message, by encoding and size.

`python benchmarks/bench_images.py [FRAMES]` prints median milliseconds to decode, and to decode, shrink
to a short side of 384 px and convert to contiguous RGB, as the estimator takes it.
"""

import statistics
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace

import cv2
import numpy as np

from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.messages.compressed import decode_compressed
from frankmocap_ros.imaging.messages.converter import converter
from frankmocap_ros.imaging.messages.encodings import ENCODINGS
from frankmocap_ros.imaging.messages.images import byte_array, decode_image

SIZES = ((640, 480), (1280, 720))
RAW = (
    "bgr8",
    "rgb8",
    "mono8",
    "bgra8",
    "yuv422_yuy2",
    "nv12",
    "bayer_rggb8",
    "bayer_rggb16",
    "rgb16",
    "rgba16",
    "16UC1",
    "16SC1",
    "32SC1",
    "32FC1",
    "32FC3",
    "64FC1",
)
PACKED = (("jpeg", ".jpg"), ("png", ".png"))
SHORT_PX = 384


def scene(width: int, height: int) -> np.ndarray:
    """Soft blobs with sensor noise: an image that compresses about as a photograph does."""
    rng = np.random.default_rng(0)
    blobs = cv2.resize(
        rng.integers(0, 256, (9, 16, 3), np.uint8), (width, height), interpolation=cv2.INTER_CUBIC
    )
    noise = rng.normal(0.0, 3.0, blobs.shape)
    return np.clip(blobs + noise, 0, 255).astype(np.uint8)


def raw_message(encoding: str, width: int, height: int) -> SimpleNamespace:
    """A message of that encoding; for the time its content does not matter, so its bytes are the scene's."""
    layout = ENCODINGS[encoding]
    step = width * layout.pixel_bytes
    pixels = np.resize(scene(width, height), layout.data_bytes(step, height))
    if layout.dtype.kind == "f":
        pixels = np.linspace(0.3, 8.0, width * height * layout.channels, dtype=layout.dtype)
    return SimpleNamespace(
        height=height, width=width, encoding=encoding, is_bigendian=0, step=step, data=byte_array(pixels)
    )


def median_ms(call: Callable[[], object], frames: int) -> float:
    """Median time of one call [ms], after five to warm up."""
    times = []
    for _ in range(frames + 5):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times[5:])


def measure(decode: Callable[[], Bitmap], frames: int) -> str:
    """Both times as cells of the table."""
    alone = median_ms(decode, frames)
    whole = median_ms(lambda: decode().resized(SHORT_PX).rgb(), frames)
    return f"{alone:12.3f} {whole:14.3f}"


def main(frames: int = 100) -> None:
    """Print the table."""
    start = time.perf_counter()
    library = converter()
    print(f"{library.__module__} converts; looking for it took {1e3 * (time.perf_counter() - start):.1f} ms")
    print(f"{'':14}" + "".join(f"{f'{w} x {h}':>27}" for w, h in SIZES))
    print(f"{'encoding':14}" + f"{'decode [ms]':>12} {'to RGB 384 [ms]':>14}" * len(SIZES))
    for encoding in RAW:
        messages = [raw_message(encoding, *size) for size in SIZES]
        print(f"{encoding:14}" + "".join(measure(lambda m=m: decode_image(m), frames) for m in messages))
    for name, extension in PACKED:
        messages = [
            SimpleNamespace(format=name, data=byte_array(cv2.imencode(extension, scene(*size))[1]))
            for size in SIZES
        ]
        sizes = ", ".join(f"{len(m.data) / 1024:.0f} KiB" for m in messages)
        cells = "".join(measure(lambda m=m: decode_compressed(m), frames) for m in messages)
        print(f"{name:14}{cells}   ({sizes})")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
