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

"""Images of one topic for the browser view: the newest, at a limited rate, and none that is late."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image

from frankmocap_ros.errors import ImageError
from frankmocap_ros.imaging.bit_depth import To8Bit
from frankmocap_ros.imaging.bitmap import no_wider
from frankmocap_ros.imaging.messages.compressed import decode_compressed
from frankmocap_ros.imaging.messages.images import decode_image
from frankmocap_ros.ros.common.polling import Polling
from frankmocap_ros.ros.common.qos import incoming
from frankmocap_ros.runtime.message_stamps import seconds
from frankmocap_ros.runtime.stamp_order import Arrival, StampOrder

_COMPRESSED: Final = "/compressed"
NEWEST: Final = incoming(1)


class ImageInput:
    """A subscription, polled by the drawing thread.

    Attributes:
        polling: of its subscriptions.
        topic: name of the topic; where it ends in ``/compressed`` CompressedImage is expected.
        image: RGB of the last image that came with the last ``poll``; None where none came.
        last_s: when the last image came that could be read [s].
        size_px: width and height of that image before it was made smaller.

    Args:
        node: that subscribes.
        topic: name of the topic.
    """

    def __init__(self, node: Node, topic: str) -> None:
        self.topic = topic
        self.image: NDArray[np.uint8] | None = None
        self.size_px = (0, 0)
        self.polling = Polling(node, overridable=False)
        kind = CompressedImage if topic.endswith(_COMPRESSED) else Image
        self.polling.subscribe(kind, topic, self._on_image, NEWEST)
        self._order = StampOrder()
        self._to_8bit = To8Bit()
        self.last_s = self._taken_s = 0.0
        self._width = 0

    def poll(self, now_s: float, rate_hz: float, width: int) -> None:
        """Take the newest image where it is time for one; ``width`` is the greatest [px]."""
        self.image, self._width = None, width
        if now_s - self._taken_s >= 1.0 / rate_hz:
            self.polling.poll(now_s)

    def close(self) -> None:
        """Hear nothing any more."""
        self.polling.close()

    def _on_image(self, msg: Image | CompressedImage, now_s: float) -> None:
        stamp_s = seconds(msg.header.stamp)
        if stamp_s and self._order.classify(stamp_s) is Arrival.LATE:
            return  # out of order: the newer one is shown already
        self._taken_s = now_s
        decode = decode_compressed if isinstance(msg, CompressedImage) else decode_image
        try:
            bitmap = decode(msg, self._to_8bit)
        except ImageError:
            return  # of a person: the mocap node says in its health what is wrong
        self.last_s, self.size_px = now_s, bitmap.size_px
        self.image = no_wider(bitmap.rgb(), self._width)
