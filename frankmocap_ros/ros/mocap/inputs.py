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

"""Where the images of one camera come from: topics, or a source that the node opens itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.depth_image import DepthImage
from frankmocap_ros.ros.camera.camera_loop import CameraLoop
from frankmocap_ros.ros.camera.camera_outputs import Stamps
from frankmocap_ros.ros.common.camera_topics import camera_topics
from frankmocap_ros.ros.common.endpoints import Topic, subscribe
from frankmocap_ros.ros.common.qos import IMAGES
from frankmocap_ros.ros.common.silence import likely_cause, why_silent
from frankmocap_ros.ros.mocap.stream import Stream
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.sources import SourceImage

_PATIENCE_S: Final = 3.0  # with a publisher that is there, and of which nothing comes


@dataclass(frozen=True, eq=False)
class OwnImage:
    """An image of a camera that the node opened itself.

    Attributes:
        header: stamp of capture, and frame.
        bitmap: the pixels.
        camera: its camera, None where it is not known.
        depth: gives what a depth camera measured with it; None where there is none.
    """

    header: Header
    bitmap: Bitmap
    camera: Camera | None
    depth: Callable[[], DepthImage | None] | None = None


AnyImage = Image | CompressedImage | OwnImage


class Subscriptions:
    """Images, depth and calibration of one camera, from activation to deactivation.

    Attributes:
        topic: full name of the topic of images.

    Args:
        node: the node.
        stream: the camera.
        config: says which transport.
        on_image: called with each image.
        group: group of the callbacks.
    """

    def __init__(
        self,
        node: Node,
        stream: Stream,
        config: Settings,
        on_image: Callable[[Any], None],
        group: CallbackGroup,
    ) -> None:
        self._node, self._stream = node, stream
        compressed = config.image_transport == "compressed"
        topics = camera_topics(node, stream.image)
        image = (CompressedImage, topics.compressed) if compressed else (Image, topics.image)

        def hear(kind: type, topic: str, callback: Callable[[Any], None]) -> Any:
            return subscribe(node, Topic(kind, topic, IMAGES), callback, group)

        self._image = hear(*image, on_image)
        self._info = hear(CameraInfo, topics.camera_info, stream.set_info)
        self._depth = hear(Image, topics.depth, stream.put_depth)
        self.topic = stream.topic = self._image.topic_name
        self._plain_info = topics.plain_info
        self._offered_s: dict[str, float] = {}  # topic -> since when a publisher is there that is not heard

    def silence(self) -> str:
        """Why no image comes, with the next step."""
        return why_silent(self._node, self._image, self._cause).words

    def _cause(self) -> str:
        info = self._stream.calibration.info
        return likely_cause((info.width, info.height) if info is not None else None)

    def unheard(self, now_s: float) -> list[str]:
        """What is offered beside the images and does not come, with the next step.

        Args:
            now_s: now, on a steady clock [s].
        """
        found = []
        for name, subscription, heard in (
            ("camera_info", self._info, self._stream.calibration.info is not None),
            ("depth", self._depth, self._stream.depth.came),
        ):
            silence = None if heard else why_silent(self._node, subscription)
            if silence is None or not silence.offered:
                self._offered_s.pop(name, None)
            elif now_s - self._offered_s.setdefault(name, now_s) >= _PATIENCE_S:
                found.append(f"{name} is not used: on {subscription.topic_name} {silence.words}")
        return found

    def calibration(self) -> str:
        """Where the camera's numbers come from, in words."""
        topic, calibration = self._info.topic_name, self._stream.calibration
        if calibration.info is None:
            return f"nothing comes on {topic}; horizontal_fov_deg is assumed"
        assumed = "" if calibration.known else "; horizontal_fov_deg is assumed"
        return f"{topic}, {calibration.words}{assumed}"

    def misplaced(self) -> str:
        """Which calibration is where it would be without remapping, and not beside the images; or nothing."""
        topic, plain = self._info.topic_name, self._plain_info
        if self._stream.calibration.info is not None or topic == plain:
            return ""
        count = self._node.count_publishers
        if count(topic) or not count(plain):
            return ""
        return (
            f"camera_info is looked for beside the images, on {topic}, and published on {plain}: where it is "
            f"these images', say -r {topic}:={plain}"
        )

    def destroy(self) -> None:
        """Hear nothing any more."""
        for subscription in (self._image, self._info, self._depth):
            self._node.destroy_subscription(subscription)


class OwnCamera:
    """A camera that the node opens itself: no image is copied into a message or sent anywhere.

    Args:
        node: for clock, context and log.
        config: says which source.
        on_image: called with each image, in the camera's own thread.
    """

    def __init__(self, node: Node, config: Settings, on_image: Callable[[OwnImage], None]) -> None:
        self._node = node
        self._on_image = on_image
        self._stamps = Stamps()
        self._header = Header(frame_id=config.source_frame_id)
        self._prepared: tuple[SourceImage, Camera | None] | None = None
        self.topic = f"source {config.source}"
        camera = CameraSettings(
            source=config.source,
            rate_hz=config.source_rate_hz,
            width=config.source_width,
            frame_id=config.source_frame_id,
            motion=config.synthetic_motion,
            rectified=config.rectified,
        )
        self.loop = CameraLoop(node, lambda: camera, self, lambda: None)
        self.loop.start()

    def stamp_ns(self) -> int:
        """A stamp for an image that is taken now."""
        return self._stamps.next_ns(self._node.get_clock().now().nanoseconds)

    def prepare(self, image: SourceImage, camera: Camera | None, jpeg_quality: int) -> None:
        """Remember an image until it is due."""
        self._prepared = (image, camera)

    def send(self, stamp_ns: int) -> None:
        """Hand the image over that was prepared."""
        assert self._prepared is not None
        image, camera = self._prepared
        header = Header(frame_id=self._header.frame_id)
        header.stamp.sec, header.stamp.nanosec = divmod(stamp_ns, 1_000_000_000)
        depth = image.depth if image.depth_measured else None
        self._on_image(OwnImage(header, Bitmap(image.pixels), camera, depth))

    def destroy(self) -> None:
        """Close the source."""
        self.loop.stop()
