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

"""Images into H.264, by PyAV: each by itself, without delay, so that nothing waits for the next one."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

import cv2
import numpy as np

from frankmocap_ros.errors import ImageError, MissingDependencyError
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.runtime.installing import install_command, optional_import

_KEYFRAME_NS: Final = 500_000_000  # one within each second at any rate: below 2 Hz each image is one
_RATE_HZ: Final = 30  # what bit rates are reckoned with; times are those of the messages
_OPTIONS: Final[Mapping[str, Mapping[str, str]]] = {  # the first that works is used
    "libx264": {
        "profile": "baseline", "tune": "zerolatency", "preset": "superfast", "crf": "20", "forced-idr": "1",
    },
    "libopenh264": {"profile": "constrained_baseline", "allow_skip_frames": "0"},
    "h264_nvenc": {
        "profile": "baseline", "preset": "p3", "tune": "ull", "zerolatency": "1", "delay": "0", "rc": "vbr",
        "cq": "22", "forced-idr": "1",
    },
}  # fmt: skip
_BITS_PER_PIXEL: Final = 0.2  # for encoders without a quality
_TRIED_PX: Final = (320, 240)


def find_encoder() -> str:
    """Name of the first encoder that is there and works.

    Raises:
        MissingDependencyError: PyAV is not installed, or has no such encoder.
    """
    otherwise = ", whose av has libx264; or record with images: as_published or compressed"
    with optional_import("av", "images: h264 needs the package", "recordings", otherwise):
        import av
    there = [name for name in _OPTIONS if name in av.codecs_available]
    for name in there:
        if _works(name):
            return name
    found = f"{', '.join(there)}, which does not work" if there else "none"
    raise MissingDependencyError(
        f"images: h264 needs an encoder of the package av (allowed: {', '.join(_OPTIONS)}); "
        f"av {av.__version__} here: {found}; run: {install_command('recordings')}{otherwise}"
    )


class H264Encoder:
    """Encodes the images of one topic, all of one size.

    Args:
        encoder: name from ``find_encoder``.
        size_px: width and height [px].

    Raises:
        ImageError: H.264 has no images of such a size (``bad_size``).
    """

    def __init__(self, encoder: str, size_px: tuple[int, int]) -> None:
        import av

        width, height = self.size_px = size_px
        if width % 2 or height % 2:
            raise ImageError(
                "bad_size", f"H.264 needs an even width and height, and images are {width} x {height}"
            )
        context: Any = av.CodecContext.create(encoder, "w")
        context.width, context.height, context.pix_fmt = width, height, "yuv420p"
        context.time_base, context.framerate = Fraction(1, _RATE_HZ), Fraction(_RATE_HZ)
        context.thread_count = 2
        context.gop_size, context.max_b_frames = _RATE_HZ, 0
        context.colorspace = av.video.reformatter.Colorspace.ITU601
        context.color_range = av.video.reformatter.ColorRange.MPEG
        context.options = dict(_OPTIONS[encoder])
        if "crf" not in context.options:
            context.bit_rate = round(_BITS_PER_PIXEL * width * height * _RATE_HZ)
        self._context = context
        self._count = 0
        self._keyframe_ns: int | None = None

    def encode(self, image: Bitmap, time_ns: int) -> bytes:
        """One image, in Annex B; a keyframe where the last one is too long ago.

        Args:
            image: of the size.
            time_ns: when it came, by any clock [ns].

        Raises:
            av.error.FFmpegError: the encoder fails.
        """
        import av

        rgb = image.order == "rgb"
        planes: Any = cv2.cvtColor(
            image.rgb() if rgb else image.bgr(), cv2.COLOR_RGB2YUV_I420 if rgb else cv2.COLOR_BGR2YUV_I420
        )
        frame: Any = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = self._count, Fraction(1, _RATE_HZ)
        if self._keyframe_ns is None or not 0 <= time_ns - self._keyframe_ns < _KEYFRAME_NS:
            frame.pict_type = av.video.frame.PictureType.I
        packets = self._context.encode(frame)
        if len(packets) != 1:  # tried at the start
            raise ImageError("bad_h264", f"the encoder gave {len(packets)} packets for an image")
        self._count += 1
        if packets[0].is_keyframe:
            self._keyframe_ns = time_ns
        return bytes(packets[0])


def _works(name: str) -> bool:
    """Whether an encoder opens here, and gives each image at once."""
    image = Bitmap(np.zeros((_TRIED_PX[1], _TRIED_PX[0], 3), np.uint8), "bgr")
    try:
        encoder = H264Encoder(name, _TRIED_PX)
        return all(encoder.encode(image, time_ns) for time_ns in (0, 1))
    except Exception:  # of drivers and libraries, whatever they raise
        return False
