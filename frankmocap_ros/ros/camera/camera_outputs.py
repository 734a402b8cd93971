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

"""What the camera node publishes of every image, with one stamp: pixels, JPEG, depth and camera_info."""

from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.depth_image import DepthImage
from frankmocap_ros.imaging.messages.compressed import write_compressed
from frankmocap_ros.imaging.messages.images import write_image
from frankmocap_ros.ros.common.camera_info import camera_info
from frankmocap_ros.ros.common.camera_topics import camera_topics
from frankmocap_ros.ros.common.endpoints import Topic, advertise
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.sources import SourceImage

CAMERA = QoSProfile(
    history=HistoryPolicy.KEEP_LAST,
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.VOLATILE,
)
"""Only the newest counts. Reliable, so that it matches whatever a subscriber asks for; as it keeps one
message only, a subscriber that is slow or stopped loses messages of its own and holds nobody up."""

_MAX_REPEAT_NS = 1_000_000_000


class Stamps:
    """Strictly increasing stamps, also where the clock stands (``/clock`` in steps) or is set back a little.

    A clock that jumps back by a second or more restarts: a log is replayed.
    """

    def __init__(self) -> None:
        self._last_ns = -_MAX_REPEAT_NS

    def next_ns(self, now_ns: int) -> int:
        """The stamp of an image that is taken at ``now_ns`` [ns]."""
        if now_ns <= self._last_ns < now_ns + _MAX_REPEAT_NS:
            now_ns = self._last_ns + 1
        self._last_ns = now_ns
        return now_ns


class CameraOutputs:
    """The publishers of one camera. ``prepare`` does the work, so that ``send`` takes next to no time.

    Args:
        node: the node.
        config: says which topics there are.
        stamps: where stamps come from; they keep rising when the publishers are recreated.
    """

    def __init__(self, node: Node, config: CameraSettings, stamps: Stamps) -> None:
        self._node = node
        self._stamps = stamps
        self._frame_id = config.frame_id

        def publisher(kind: type, topic: str, wanted: bool) -> Publisher | None:
            return advertise(node, Topic(kind, topic, CAMERA)) if wanted else None

        topics = camera_topics(node)
        self._info = publisher(CameraInfo, topics.camera_info, config.camera_info)
        self._raw = publisher(Image, topics.image, config.raw)
        self._compressed = publisher(CompressedImage, topics.compressed, config.compressed)
        self._depth = publisher(Image, topics.depth, config.depth)
        self._prepared: list[tuple[Publisher, CameraInfo | Image | CompressedImage]] = []

    def prepare(self, image: SourceImage, camera: Camera | None, jpeg_quality: int) -> None:
        """Fill the messages that have subscribers.

        Args:
            image: pixels, and depth where the source has it.
            camera: the camera, None where it is not known.
            jpeg_quality: 1..100.
        """
        self._prepared, pixels = [], image.pixels
        if self._depth is not None:
            if image.depth is None:
                self._node.get_logger().warning("the source has no depth; depth is not published", once=True)
            elif self._depth.get_subscription_count():
                self._prepare_depth(self._depth, image.depth())
        if self._info is not None:  # first: whoever has the image has its camera_info
            height, width = pixels.shape[:2]
            self._prepared.append((self._info, camera_info(camera, width, height)))
        if self._raw is not None and self._raw.get_subscription_count():
            raw = Image()
            write_image(raw, pixels, "bgr8")
            self._prepared.append((self._raw, raw))
        if self._compressed is not None and self._compressed.get_subscription_count():
            compressed = CompressedImage()
            write_compressed(compressed, Bitmap(pixels), jpeg_quality)
            self._prepared.append((self._compressed, compressed))

    def _prepare_depth(self, publisher: Publisher, found: DepthImage | None) -> None:
        if found is not None:
            depth = Image()
            write_image(depth, found.meters(), "32FC1")
            self._prepared.append((publisher, depth))

    def stamp_ns(self) -> int:
        """A stamp for an image that is taken now."""
        return self._stamps.next_ns(self._node.get_clock().now().nanoseconds)

    def send(self, stamp_ns: int) -> None:
        """Publish what was prepared."""
        for publisher, msg in self._prepared:
            msg.header.frame_id = self._frame_id
            msg.header.stamp.sec, msg.header.stamp.nanosec = divmod(stamp_ns, 1_000_000_000)
            publisher.publish(msg)

    def destroy(self) -> None:
        """Take all publishers down."""
        for publisher in (self._info, self._raw, self._compressed, self._depth):
            if publisher is not None:
                self._node.destroy_publisher(publisher)
