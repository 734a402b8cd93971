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

"""Images into a video of AV1, by PyAV."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import MissingDependencyError
from frankmocap_ros.runtime.installing import install_command, optional_import

CODEC: Final = "av1"
PIXELS: Final = "yuv420p"
_ENCODER: Final = "libsvtav1"
_OPTIONS: Final = {"crf": "30", "preset": "8"}
_KEYFRAME_EVERY: Final = 2  # images: a trainer reads single images from anywhere


def require_av() -> None:
    """Raise where the package that writes videos is missing.

    Raises:
        MissingDependencyError: PyAV is not installed, or without its encoder.
    """
    otherwise = "; or keep images as PNG: --pictures png"
    with optional_import("av", "videos need the package", "recordings", otherwise):
        import av
    if _ENCODER not in av.codecs_available:
        raise MissingDependencyError(
            f"the package av was built without {_ENCODER}; run: {install_command('recordings')}{otherwise}"
        )


class VideoFile:
    """A video that is being written. It is whole after ``close``.

    Args:
        path: of the file.
        rate_hz: images per second.
        size_px: width and height [px].

    Raises:
        OSError: it cannot be written.
    """

    def __init__(self, path: Path, rate_hz: int, size_px: tuple[int, int]) -> None:
        os.environ.setdefault("SVT_LOG", "1")  # errors only: the encoder tells its settings otherwise
        import av

        self._container = av.open(os.fspath(path), "w", format="mp4")
        stream: Any = self._container.add_stream(_ENCODER, rate=rate_hz, options=dict(_OPTIONS))
        stream.width, stream.height = size_px
        stream.pix_fmt = PIXELS
        stream.codec_context.gop_size = _KEYFRAME_EVERY
        self._stream = stream
        self._period_s = Fraction(1, rate_hz)
        self._count = 0

    def add(self, rgb: NDArray[np.uint8], count: int = 1) -> None:
        """Append an image.

        Args:
            rgb: shape (H, W, 3).
            count: how often it is repeated.
        """
        import av

        for _ in range(count):
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            frame.pts, frame.time_base = self._count, self._period_s
            self._count += 1
            self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Write what the encoder still holds, and close the file."""
        try:
            self._container.mux(self._stream.encode())
        finally:
            self._container.close()

    def abandon(self) -> None:
        """Close the file as it is."""
        self._container.close()
