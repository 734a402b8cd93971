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

"""Everything the node publishes per frame: bodies first and always, the rest after them, for subscribers."""

import time
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import partial

from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped
from lifecycle_msgs.msg import State
from rclpy.duration import Duration
from rclpy.lifecycle import LifecycleNode, LifecyclePublisher, LifecycleState
from sensor_msgs.msg import Image, JointState, PointCloud2
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from frankmocap_ros.body.pose import Frame
from frankmocap_ros.estimators.base import MeshEstimator
from frankmocap_ros.imaging.bitmap import Bitmap
from frankmocap_ros.msg import BodyPoseArray, JointPoseStamped, Latency
from frankmocap_ros.ros.common.conversions import BodiesMessage, JointMessages, latency_message
from frankmocap_ros.ros.common.destroying import destroy_in_executor
from frankmocap_ros.ros.common.endpoints import Topic, advertise_managed
from frankmocap_ros.ros.common.qos import RESULTS, TRANSFORMS
from frankmocap_ros.ros.mocap.annotated import AnnotatedImages
from frankmocap_ros.ros.mocap.arm_states import ArmStates
from frankmocap_ros.ros.mocap.body_frames import TF_TOPIC, BodyFrames
from frankmocap_ros.ros.mocap.grip_text import GripText
from frankmocap_ros.ros.mocap.markers import MarkerMaker
from frankmocap_ros.ros.mocap.mesh import MeshOutput
from frankmocap_ros.settings.mocap import Settings


@dataclass(frozen=True)
class Published:
    """What happened to one frame on its way out.

    Attributes:
        age_ms: age of the image when the bodies went out [ms].
        publish_ms: time to fill and publish [ms].
    """

    age_ms: float
    publish_ms: float


@dataclass(frozen=True, eq=False)
class _JointOutput:
    """The topics of one joint."""

    messages: JointMessages
    stamped: LifecyclePublisher
    pose: LifecyclePublisher
    covariance: LifecyclePublisher

    @property
    def publishers(self) -> tuple[LifecyclePublisher, ...]:
        """All of them."""
        return self.stamped, self.pose, self.covariance

    def publish(self, frame: Frame, header: Header) -> None:
        """Publish the operator's joint to its subscribers."""
        if self.covariance.get_subscription_count():
            uncertain = self.messages.pose_with_covariance(frame, header)
            if uncertain is not None:
                self.covariance.publish(uncertain)
        heard, pose_heard = self.stamped.get_subscription_count(), self.pose.get_subscription_count()
        messages = self.messages.messages(frame, header) if heard or pose_heard else None
        if messages is None:
            return
        if heard:
            self.stamped.publish(messages[0])
        if pose_heard and messages[1] is not None:
            self.pose.publish(messages[1])


@dataclass(frozen=True, eq=False)
class _TfOutput:
    """/tf, and what is published there."""

    frames: BodyFrames
    publisher: LifecyclePublisher

    def publish(self, frame: Frame, header: Header) -> None:
        """Publish all people to the subscribers."""
        message = self.frames.message(frame, header) if self.publisher.get_subscription_count() else None
        if message is not None:
            self.publisher.publish(message)


class Outputs:
    """The publishers of a configured node.

    Attributes:
        humans: is given each frame with the header of its poses, where REP 155 is wanted.

    Args:
        node: the node.
        run_id: of the node, see BodyPoseArray.
        joint_topics: joints that get topics of their own.
        meshes: the estimator where it gives meshes; without one there is no topic for them.
        namespace: topics are ``~/<namespace>/bodies`` and so on; empty for ``~/bodies``.
    """

    def __init__(
        self,
        node: LifecycleNode,
        run_id: int,
        joint_topics: tuple[str, ...],
        meshes: MeshEstimator | None = None,
        namespace: str = "",
    ) -> None:
        self._node = node
        self._namespace = namespace
        self._tf: _TfOutput | None = None
        self.humans: Callable[[Frame, Header], None] | None = None
        top = f"~/{namespace}" if namespace else "~"

        def publisher(kind: type, topic: str, every_image: bool = True) -> LifecyclePublisher:
            qos = copy(RESULTS)
            if not every_image:
                qos.deadline = Duration()  # none
            return advertise_managed(node, Topic(kind, topic, qos))

        self._bodies = publisher(BodyPoseArray, f"{top}/bodies")
        self._arms = publisher(JointState, f"{top}/arm_joint_states")
        self._markers = publisher(MarkerArray, f"{top}/markers")
        self._annotated = publisher(Image, f"{top}/annotated")
        self._latency = publisher(Latency, f"{top}/latency")
        self._joints = [
            _JointOutput(
                JointMessages(name),
                publisher(JointPoseStamped, f"{top}/joints/{name}"),
                publisher(PoseStamped, f"{top}/joints/{name}/pose"),
                publisher(PoseWithCovarianceStamped, f"{top}/joints/{name}/pose_with_covariance"),
            )
            for name in joint_topics
        ]
        self._message = BodiesMessage(run_id)
        self._arm_states = ArmStates()
        self._marker_maker = MarkerMaker()
        self._annotated_images = AnnotatedImages()
        self._grips = GripText(node)
        self._mesh_publisher = lambda: publisher(PointCloud2, f"{top}/mesh", every_image=False)
        self._mesh = self.mesh_output(meshes)

    def mesh_output(self, meshes: MeshEstimator | None) -> MeshOutput | None:
        """What publishes the meshes of an estimator, None where it gives none; see ``replace_mesh``."""
        if meshes is None:
            return None
        return MeshOutput(self._node, self._as_active(self._mesh_publisher()), meshes)

    def _as_active(self, publisher: LifecyclePublisher) -> LifecyclePublisher:
        """One that is made later than the others, as active as they are."""
        if self._bodies.is_activated:
            publisher.on_activate(LifecycleState("active", State.PRIMARY_STATE_ACTIVE))
        return publisher

    def configure(self, config: Settings) -> None:
        """Publish on /tf, or not, and draw from the next frame on; for the worker's thread if there is one.

        Raises:
            ImportError: there is no tf2_msgs.
        """
        self._marker_maker.ellipsoids = config.marker_ellipsoids
        if config.publish_tf == (self._tf is not None):
            return
        if self._tf is not None:
            destroy_in_executor(self._node, self._node.destroy_lifecycle_publisher, self._tf.publisher)
            self._tf = None
            return
        frames = BodyFrames(self._namespace, config.rep155)
        publisher = advertise_managed(self._node, Topic(frames.kind, TF_TOPIC, TRANSFORMS))
        self._tf = _TfOutput(frames, self._as_active(publisher))

    def replace_mesh(self, mesh: MeshOutput | None) -> Callable[[], None]:
        """Publish meshes of another estimator from the next frame on.

        Returns:
            What gives back what published the old ones; it may wait for a mesh under way.
        """
        old, self._mesh = self._mesh, mesh
        return partial(self._destroy_mesh, old)

    def _destroy_mesh(self, mesh: MeshOutput | None) -> None:
        if mesh is not None:
            mesh.close()
            destroy_in_executor(self._node, self._node.destroy_lifecycle_publisher, mesh.publisher)

    def publish(self, frame: Frame, header: Header, bitmap: Bitmap, age_ms: Callable[[], float]) -> Published:
        """Publish a frame with the header of its image; ``age_ms`` tells the image's age now."""
        start_s = time.perf_counter()
        image_header = header
        if frame.frame_id:
            header = Header(stamp=header.stamp, frame_id=frame.frame_id)
        age = age_ms()
        self._bodies.publish(self._message.message(frame, header, age))
        for joint in self._joints:
            joint.publish(frame, header)
        if self._tf is not None:
            self._tf.publish(frame, header)
        if self._arms.get_subscription_count():
            arms = self._arm_states.message(frame, header)
            if arms is not None:
                self._arms.publish(arms)
        if self._markers.get_subscription_count():
            self._markers.publish(self._marker_maker.make(frame, header, age))
        if self._annotated.get_subscription_count():
            self._annotated.publish(
                self._annotated_images.message(frame, image_header, bitmap, age, self._grips.lines())
            )
        else:
            self._grips.close()
        if self._mesh is not None:
            self._mesh.offer(frame, header)
        if self.humans is not None:
            self.humans(frame, header)
        return Published(age, 1e3 * (time.perf_counter() - start_s))

    def publish_latency(
        self, header: Header, stages_ms: Mapping[str, float], total_ms: float, dropped: int, skipped: int
    ) -> None:
        """Publish where the time went, if anybody wants to know."""
        if self._latency.get_subscription_count():
            self._latency.publish(latency_message(header, dict(stages_ms), total_ms, dropped, skipped))

    def destroy(self) -> None:
        """Take all publishers down."""
        self._grips.close()
        self._destroy_mesh(self._mesh)
        if self._tf is not None:
            self._node.destroy_lifecycle_publisher(self._tf.publisher)
        joints = [publisher for joint in self._joints for publisher in joint.publishers]
        for publisher in (self._bodies, self._arms, self._markers, self._annotated, self._latency, *joints):
            self._node.destroy_lifecycle_publisher(publisher)
