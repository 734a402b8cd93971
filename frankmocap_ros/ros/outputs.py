"""Everything the node publishes per frame. Only the bodies are always filled; the rest for subscribers."""

import time
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass

from geometry_msgs.msg import PoseStamped
from rclpy.duration import Duration
from rclpy.lifecycle import LifecycleNode, LifecyclePublisher
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from frankmocap_ros.bitmap import Bitmap
from frankmocap_ros.body import Frame
from frankmocap_ros.drawing import annotate
from frankmocap_ros.estimators.base import MeshEstimator
from frankmocap_ros.msg import BodyPoseArray, JointPoseStamped, Latency
from frankmocap_ros.ros.conversions import BodiesMessage, joint_messages, latency_message
from frankmocap_ros.ros.images import fill_image
from frankmocap_ros.ros.markers import MarkerMaker
from frankmocap_ros.ros.mesh import MeshOutput
from frankmocap_ros.ros.qos import OVERRIDABLE, RESULTS


@dataclass(frozen=True)
class Published:
    """What happened to one frame on its way out.

    Attributes:
        age_ms: age of the image when the bodies went out [ms].
        publish_ms: time to fill and publish [ms].
    """

    age_ms: float
    publish_ms: float


class Outputs:
    """The publishers of a configured node.

    Args:
        node: the node.
        joint_topics: joints that get topics of their own.
        meshes: the estimator where it gives meshes; without one there is no topic for them.
    """

    def __init__(
        self, node: LifecycleNode, joint_topics: tuple[str, ...], meshes: MeshEstimator | None = None
    ) -> None:
        self._node = node

        def publisher(kind: type, topic: str, every_image: bool = True) -> LifecyclePublisher:
            qos = copy(RESULTS)  # rclpy writes the overrides of this topic into it
            if not every_image:
                qos.deadline = Duration()  # none
            return node.create_lifecycle_publisher(kind, topic, qos, qos_overriding_options=OVERRIDABLE)

        self._bodies = publisher(BodyPoseArray, "~/bodies")
        self._markers = publisher(MarkerArray, "~/markers")
        self._annotated = publisher(Image, "~/annotated")
        self._latency = publisher(Latency, "~/latency")
        self._joints = {
            name: (
                publisher(JointPoseStamped, f"~/joints/{name}"),
                publisher(PoseStamped, f"~/joints/{name}/pose"),
            )
            for name in joint_topics
        }
        self._message = BodiesMessage()
        self._marker_maker = MarkerMaker()
        self._mesh: MeshOutput | None = None
        if meshes is not None:
            self._mesh = MeshOutput(node, publisher(MarkerArray, "~/mesh", every_image=False), meshes)

    def publish(self, frame: Frame, header: Header, bitmap: Bitmap, age_ms: Callable[[], float]) -> Published:
        """Publish a frame; ``age_ms`` tells the image's age now."""
        start_s = time.perf_counter()
        age = age_ms()
        bodies = self._message.fill(frame, header, age)
        self._bodies.publish(bodies)
        for name, (stamped_publisher, pose_publisher) in self._joints.items():
            messages = joint_messages(bodies, name)
            if messages is not None:
                stamped_publisher.publish(messages[0])
                if messages[1] is not None:
                    pose_publisher.publish(messages[1])
        if self._markers.get_subscription_count():
            self._markers.publish(self._marker_maker.make(frame, header, age))
        if self._annotated.get_subscription_count():
            self._annotated.publish(_annotated(frame, header, bitmap, age))
        if self._mesh is not None:
            self._mesh.offer(frame, header)
        return Published(age, 1e3 * (time.perf_counter() - start_s))

    def publish_latency(
        self, header: Header, stages_ms: Mapping[str, float], total_ms: float, dropped: int, skipped: int
    ) -> None:
        """Publish where the time went, if anybody wants to know."""
        if self._latency.get_subscription_count():
            self._latency.publish(latency_message(header, dict(stages_ms), total_ms, dropped, skipped))

    def destroy(self) -> None:
        """Take all publishers down."""
        if self._mesh is not None:
            self._mesh.close()
            self._node.destroy_lifecycle_publisher(self._mesh.publisher)
        joints = [p for pair in self._joints.values() for p in pair]
        for publisher in (self._bodies, self._markers, self._annotated, self._latency, *joints):
            self._node.destroy_lifecycle_publisher(publisher)


def _annotated(frame: Frame, header: Header, bitmap: Bitmap, age_ms: float) -> Image:
    pixels = bitmap.bgr()
    if pixels is bitmap.pixels or not pixels.flags.writeable or pixels.base is not None:
        pixels = pixels.copy()  # what came in is not ours to draw on
    annotate(pixels, frame, f"{age_ms:.0f} ms")
    msg = Image(header=header)
    fill_image(msg, pixels, "bgr8")
    return msg
