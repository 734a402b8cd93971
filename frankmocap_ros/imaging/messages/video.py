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

"""Images of a video in messages (foxglove_msgs/CompressedVideo, H.264) to 8-bit pixels, by PyAV."""

from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from frankmocap_ros.errors import ImageError, MissingDependencyError
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.messages.compressed import MAX_COMPRESSED_PIXELS
from frankmocap_ros.imaging.messages.images import flat_bytes
from frankmocap_ros.runtime.installing import install_command, optional_import

FORMAT: Final = "h264"
_BT601: Final = (2, 5, 6)  # not told, and the two that have its matrix


class VideoDecoder:
    """Decodes the messages of one topic, all of them and in their order: most images say what changed.

    Raises:
        MissingDependencyError: PyAV is not installed, or has no decoder.
    """

    def __init__(self) -> None:
        with optional_import("av", "images in H.264 need the package", "recordings"):
            import av
        if FORMAT not in av.codecs_available:
            raise MissingDependencyError(
                f"the package av was built without a decoder of H.264; run: {install_command('recordings')}"
            )
        self._av: Any = av
        self._based = False
        self._begin()

    def decode(self, msg: Any) -> Bitmap:
        """Pixels of the next message.

        Args:
            msg: anything with ``format`` and ``data``, of which one message holds one image (Annex B).

        Raises:
            ImageError: not H.264 (``bad_format``), damaged (``bad_h264``), or what the image is based on was
                not there or damaged, so that it is of use only from the next keyframe on (``no_keyframe``).
        """
        if getattr(msg, "format", None) != FORMAT:
            raise ImageError(
                "bad_format", f"video of format {str(getattr(msg, 'format', None))[:40]!r}; allowed: {FORMAT}"
            )
        data = flat_bytes(msg).tobytes()
        try:
            frames = self._context.decode(self._av.Packet(data))
        except (self._av.error.FFmpegError, MemoryError) as error:
            reason = self._reason()
            self._begin()
            raise ImageError(reason, f"H.264 does not decode: {error}") from error
        if len(frames) != 1:
            raise ImageError(self._reason(), f"a message of H.264 holds {len(frames)} images; allowed: 1")
        (frame,) = frames
        self._based = (self._based or frame.key_frame) and not frame.is_corrupt
        if not self._based:
            raise ImageError("no_keyframe", "an image of H.264 without the images that it is based on")
        return Bitmap(self._bgr(frame), "bgr")

    def _bgr(self, frame: Any) -> NDArray[np.uint8]:
        kinds = self._av.video.reformatter
        usual = (
            frame.format.name == "yuv420p"
            and frame.color_range != kinds.ColorRange.JPEG
            and frame.colorspace in _BT601
            and not (frame.width % 2 or frame.height % 2)
        )
        if usual:  # FFmpeg's own conversion is two gray values too dark
            bgr = cv2.cvtColor(frame.to_ndarray(), cv2.COLOR_YUV2BGR_I420)
        else:
            bgr = np.ascontiguousarray(frame.to_ndarray(format="bgr24"))
        return cast(NDArray[np.uint8], bgr)

    def _begin(self) -> None:
        """Decode from the next keyframe on."""
        context: Any = self._av.CodecContext.create(FORMAT, "r")
        context.options = {"max_pixels": str(MAX_COMPRESSED_PIXELS)}
        context.thread_count = 1  # more would keep images back
        context.flags |= self._av.codec.context.Flags.low_delay
        self._context = context
        self._based = False

    def _reason(self) -> str:
        return "bad_h264" if self._based else "no_keyframe"
