"""One camera of the node: where its images come from, who is in them, and where results go."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from numpy.typing import NDArray
from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from frankmocap_ros.errors import ImageError
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.bit_depth import To8Bit
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.imaging.depth_image import DepthImage
from frankmocap_ros.ros.camera.camera_loop import CameraLoop
from frankmocap_ros.ros.camera.camera_outputs import Stamps
from frankmocap_ros.ros.common.conversions import seconds
from frankmocap_ros.ros.common.endpoints import Topic, subscribe
from frankmocap_ros.ros.common.monitor import Monitor
from frankmocap_ros.ros.common.qos import IMAGES
from frankmocap_ros.ros.mocap.depth_images import DepthImages
from frankmocap_ros.ros.mocap.outputs import Outputs
from frankmocap_ros.runtime.health import DROP_OUT_OF_ORDER
from frankmocap_ros.runtime.load_shedding import SheddingLevel, Spacing
from frankmocap_ros.runtime.stamp_order import Arrival, StampOrder
from frankmocap_ros.settings.camera import CameraSettings
from frankmocap_ros.settings.mocap import Settings
from frankmocap_ros.sources import SourceImage
from frankmocap_ros.tracking.pipeline import Pipeline

_MOST_SELDOM = 1000  # images between two searches


@dataclass(frozen=True, eq=False)
class OwnImage:
    """An image of a camera that the node opened itself.

    Attributes:
        header: stamp of capture, and frame.
        bitmap: the pixels.
        camera: its camera, None where it is not known.
    """

    header: Header
    bitmap: Bitmap
    camera: Camera | None


AnyImage = Image | CompressedImage | OwnImage


class Stream:
    """What belongs to one camera from configuration to cleanup.

    Args:
        name: of the camera; empty where there is only one.
        image: topic of its images.
        pipeline: follows the people in its images.
        outputs: where results go.
    """

    def __init__(self, name: str, image: str, pipeline: Pipeline, outputs: Outputs) -> None:
        self.name = name
        self.image = image
        self.pipeline = pipeline
        self.outputs = outputs
        self.monitor = Monitor()
        self.spacing = Spacing()
        self.info: CameraInfo | None = None
        self.count = 0  # images that came
        self.depth = DepthImages()
        self._order = StampOrder()
        self.to_8bit = To8Bit()  # for the worker's thread
        self.config = pipeline.config
        outputs.set_tf(self.config)
        self._level, self._rung = 0, SheddingLevel()

    def set_config(self, config: Settings) -> None:
        """Go on with these settings; for the worker's thread while there is one."""
        self.config = config
        self.outputs.set_tf(config)
        self._bring_into_force()

    def set_rung(self, level: int, rung: SheddingLevel) -> None:
        """Leave out so much, so that results come in time; as ``set_config``."""
        self._level, self._rung = level, rung
        self._bring_into_force()

    def _bring_into_force(self) -> None:
        config, rung = self.config, self._rung
        seldom = min(config.detect_every_n * rung.detect_factor, _MOST_SELDOM)
        self.pipeline.config = replace(config, detect_every_n=seldom)
        self.monitor.adapted(self._level, rung.words(config.detect_every_n, config.process_every_n))

    def depth_at(self, stamp_ns: int) -> DepthImage | None:
        """Depth of the image with this stamp, None where it is missing; for the worker's thread."""
        try:
            found = self.depth.at(stamp_ns, 1e-3 * self.config.depth_wait_ms)
        except ImageError as error:
            self.monitor.depth("malformed", str(error))
            return None
        if found is not None or self.depth.alive:
            self.monitor.depth("missing" if found is None else "paired")
        return found

    def forget_stamps(self) -> None:
        """Restart: the next image is the first."""
        self._order.reset()
        self.depth.forget()

    def in_order(self, stamp: Time) -> bool:
        """Whether an image that has just come is not older than one before it; counted where it is."""
        if self._order.judge(seconds(stamp)) is Arrival.LATE:
            self.monitor.drop(DROP_OUT_OF_ORDER)
            return False
        return True

    def put_depth(self, msg: Image) -> None:
        """Keep a depth image until its image is processed; one that is out of order is counted instead."""
        if not self.depth.put(msg):
            self.monitor.depth(DROP_OUT_OF_ORDER)

    def set_info(self, info: CameraInfo) -> None:
        """Use this calibration from the next image on."""
        self.info = info


class Subscriptions:
    """Images, depth and calibration of one camera, from activation to deactivation.

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
        self._node = node
        compressed = config.image_transport == "compressed"
        kind, topic = (CompressedImage, f"{stream.image}/compressed") if compressed else (Image, stream.image)
        namespace, slash, _ = stream.image.rpartition("/")
        beside = f"{namespace}{slash}"

        def hear(kind: type, topic: str, callback: Callable[[Any], None]) -> Any:
            return subscribe(node, Topic(kind, topic, IMAGES), callback, group)

        self.topic = node.resolve_topic_name(topic)
        self._all = [
            hear(kind, topic, on_image),
            hear(CameraInfo, f"{beside}camera_info", stream.set_info),
            hear(Image, f"{beside}depth", stream.put_depth),
        ]

    def destroy(self) -> None:
        """Hear nothing any more."""
        for subscription in self._all:
            self._node.destroy_subscription(subscription)
        self._all = []


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
        self._prepared: tuple[NDArray[np.uint8], Camera | None] | None = None
        self.topic = f"source {config.source}"
        camera = CameraSettings(
            source=config.source,
            rate_hz=config.source_rate_hz,
            width=config.source_width,
            frame_id=config.source_frame_id,
            motion=config.synthetic_motion,
        )
        self.loop = CameraLoop(node, lambda: camera, self, lambda: None)
        self.loop.start()

    def stamp_ns(self) -> int:
        """A stamp for an image that is taken now."""
        return self._stamps.next_ns(self._node.get_clock().now().nanoseconds)

    def prepare(self, image: SourceImage, camera: Camera | None, jpeg_quality: int) -> None:
        """Remember an image until it is due."""
        self._prepared = (image.pixels, camera)

    def send(self, stamp_ns: int) -> None:
        """Hand the image over that was prepared."""
        assert self._prepared is not None
        pixels, camera = self._prepared
        header = Header(frame_id=self._header.frame_id)
        header.stamp.sec, header.stamp.nanosec = divmod(stamp_ns, 1_000_000_000)
        self._on_image(OwnImage(header, Bitmap(pixels), camera))

    def destroy(self) -> None:
        """Close the source."""
        self.loop.stop()
