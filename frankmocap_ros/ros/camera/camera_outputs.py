"""What the camera node publishes of every image, with one stamp: pixels, JPEG, depth and camera_info."""

from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.ros.common.endpoints import Topic, advertise
from frankmocap_ros.ros.images.compressed import fill_compressed
from frankmocap_ros.ros.images.images import fill_image
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


def camera_info(camera: Camera | None, width: int, height: int) -> CameraInfo:
    """A camera without distortion as a message; one that is not calibrated has K zero, as the message asks.

    Args:
        camera: the camera, None where it is not known.
        width: width of its images [px].
        height: height of its images [px].
    """
    msg = CameraInfo(width=width, height=height, distortion_model="plumb_bob", d=[0.0] * 5)
    msg.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    if camera is not None:
        fx, fy, cx, cy = camera.fx, camera.fy, camera.cx, camera.cy
        msg.k = [fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0]
        msg.p = [fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0]
    return msg


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

        self._info = publisher(CameraInfo, "camera_info", config.camera_info)
        self._raw = publisher(Image, "image", config.raw)
        self._compressed = publisher(CompressedImage, "image/compressed", config.compressed)
        self._depth = publisher(Image, "depth", config.depth)
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
                depth = Image()
                fill_image(depth, image.depth(), "32FC1")
                self._prepared.append((self._depth, depth))
        if self._info is not None:  # first: whoever has the image has its camera_info
            height, width = pixels.shape[:2]
            self._prepared.append((self._info, camera_info(camera, width, height)))
        if self._raw is not None and self._raw.get_subscription_count():
            raw = Image()
            fill_image(raw, pixels, "bgr8")
            self._prepared.append((self._raw, raw))
        if self._compressed is not None and self._compressed.get_subscription_count():
            compressed = CompressedImage()
            fill_compressed(compressed, Bitmap(pixels), jpeg_quality)
            self._prepared.append((self._compressed, compressed))

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
