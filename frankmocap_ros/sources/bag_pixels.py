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

"""What the images of a bag's topic have in common, whichever of the three types they are."""

from typing import Any, Final

from frankmocap_ros.imaging.bit_depth import To8Bit
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.messages.compressed import decode_compressed
from frankmocap_ros.imaging.messages.images import decode_image
from frankmocap_ros.imaging.messages.video import VideoDecoder
from frankmocap_ros.runtime.message_stamps import nanoseconds

IMAGE: Final = "sensor_msgs/msg/Image"
COMPRESSED: Final = "sensor_msgs/msg/CompressedImage"
VIDEO: Final = "foxglove_msgs/msg/CompressedVideo"
IMAGES: Final = (IMAGE, COMPRESSED, VIDEO)


class ImageDecoder:
    """Decodes the images of one topic.

    Args:
        type_name: one of ``IMAGES``.

    Attributes:
        needs_all: whether every message must be decoded, in order, for one of them to be.

    Raises:
        MissingDependencyError: it is a video, and PyAV is not installed.
    """

    def __init__(self, type_name: str) -> None:
        self.needs_all = type_name == VIDEO
        self._video = VideoDecoder() if self.needs_all else None
        self._decode = decode_image if type_name == IMAGE else decode_compressed

    def decode(self, message: Any, to_8bit: To8Bit | None = None) -> Bitmap:
        """8-bit pixels of the next message.

        Args:
            message: of the topic's type.
            to_8bit: scales 16 bits as in the images before; None scales this image by itself.

        Raises:
            ImageError: it is malformed.
        """
        return self._decode(message, to_8bit) if self._video is None else self._video.decode(message)


def image_stamp_ns(message: Any) -> int:
    """Stamp of an image of any of the types [ns]; 0 where it has none."""
    stamp = message.header.stamp if hasattr(message, "header") else message.timestamp
    return nanoseconds(stamp)


def image_frame(message: Any) -> str:
    """Frame of an image of any of the types."""
    return str(message.header.frame_id if hasattr(message, "header") else message.frame_id)


def camera_of_topic(topic: str) -> str:
    """The topic of a camera's raw images, whose compressed images or video are on ``topic``."""
    return topic.removesuffix("/h264").removesuffix("/compressed")
