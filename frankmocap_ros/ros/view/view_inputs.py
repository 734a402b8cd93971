"""The inputs of the browser view, polled by the drawing thread while a browser is connected."""

import time
from collections import deque
from functools import lru_cache, partial
from typing import Any, Final

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped
from numpy.typing import NDArray
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image, JointState, PointCloud2

from frankmocap_ros.errors import ImageError
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.imaging.bit_depth import To8Bit
from frankmocap_ros.imaging.bitmap import no_wider
from frankmocap_ros.msg import BodyPose, BodyPoseArray, GateState, Latency
from frankmocap_ros.ros.clients.robot_watcher import STATE_NAMES
from frankmocap_ros.ros.common.calibration import Calibration
from frankmocap_ros.ros.common.camera_topics import camera_topics
from frankmocap_ros.ros.common.conversions import seconds
from frankmocap_ros.ros.common.publisher_nodes import publisher_nodes
from frankmocap_ros.ros.common.qos import incoming
from frankmocap_ros.ros.gate.polling import Polling
from frankmocap_ros.ros.images.images import decode_image
from frankmocap_ros.runtime.stamp_order import Arrival, StampOrder
from frankmocap_ros.settings.viewer import ViewerSettings
from frankmocap_ros.teleop.followed_run import FollowedRun
from frankmocap_ros.viewer.scene import SeenBody
from frankmocap_ros.viewer.texts import STAGES, GateHeard, Heard

_NEWEST: Final = incoming(1)
_AGES: Final = 100
_HISTORY_S: Final = 30.0
_RATE_S: Final = 2.0
_STALE_S: Final = 1.0
_GHOST_S: Final = 0.5  # a command that is older is not shown
_SCALES: Final = ("", "an assumed height", "an assumed height, camera calibrated", "depth")


class ViewInputs:
    """Subscriptions and what came through them. For one thread, beside ``__init__``.

    Args:
        node: that subscribes.
        config: names and rates.
    """

    def __init__(self, node: Node, config: ViewerSettings) -> None:
        self._node = node
        self._config = config
        self._polling: Polling | None = None
        self._mesh_polling: Polling | None = None
        self._image_polling: Polling | None = None
        self._image_s = 0.0
        self._bodies_topic = node.resolve_topic_name(f"{config.node}/bodies")
        self._forget()

    def _forget(self) -> None:
        self.bodies: list[SeenBody] = []
        self.heard = Heard()
        self.gate: GateHeard | None = None
        self.joints: dict[str, float] = {}
        self.mesh: NDArray[np.float32] | None = None
        self.image: NDArray[np.uint8] | None = None
        self.camera: Camera | None = None
        self.history: deque[tuple[float, float, tuple[float, ...]]] = deque()  # time, age, stages
        self._commands: dict[str, tuple[float, Array, Array]] = {}
        self._heard_commands: set[str] = set()
        self._ages: deque[float] = deque(maxlen=_AGES)
        self._sequences: deque[tuple[float, int]] = deque()
        self._run = FollowedRun(self._bodies_topic)
        self._images = StampOrder()
        self._bodies_s: float | None = None
        self._gate_s = 0.0
        self._calibration = Calibration()
        self._image_topic = ""
        self._to_8bit = To8Bit()

    def open(self) -> None:
        """Subscribe."""
        self._forget()
        node, gate = self._config.node, self._config.gate
        self._polling = polling = Polling(self._node, overridable=False)
        polling.subscribe(BodyPoseArray, f"{node}/bodies", self._on_bodies, _NEWEST)
        polling.subscribe(Latency, f"{node}/latency", self._on_latency, _NEWEST)
        polling.subscribe(DiagnosticArray, "/diagnostics", self._on_diagnostics, incoming(10))
        polling.subscribe(GateState, f"{gate}/state", self._on_gate, _NEWEST)
        polling.subscribe(JointState, "joint_states", self._on_joints, _NEWEST)

    def close(self) -> None:
        """Hear nothing any more."""
        for polling in (self._polling, self._image_polling, self._mesh_polling):
            if polling is not None:
                polling.close()
        self._polling = self._image_polling = self._mesh_polling = None

    def want(self, image: bool, mesh: bool) -> None:
        """Hear of images and surfaces, or not."""
        if image and self._image_polling is None:
            self._image_polling = Polling(self._node, overridable=False)
            topics = camera_topics(self._node)
            self._image_topic = topics.image
            self._image_polling.subscribe(Image, topics.image, self._on_image, _NEWEST)
            self._image_polling.subscribe(CameraInfo, topics.camera_info, self._on_info, _NEWEST)
        elif not image and self._image_polling is not None:
            self._image_polling.close()
            self._image_polling, self.image = None, None
        if mesh and self._mesh_polling is None:
            self._mesh_polling = Polling(self._node, overridable=False)
            self._mesh_polling.subscribe(PointCloud2, f"{self._config.node}/mesh", self._on_mesh, _NEWEST)
        elif not mesh and self._mesh_polling is not None:
            self._mesh_polling.close()
            self._mesh_polling, self.mesh = None, None

    def poll(self, config: ViewerSettings) -> None:
        """Take what has come."""
        self._config = config
        now_s = time.perf_counter()
        for polling in (self._polling, self._mesh_polling):
            if polling is not None:
                polling.poll(now_s)
        self.image = None
        if self._image_polling is not None and now_s - self._image_s >= 1.0 / config.image_rate_hz:
            self._image_polling.poll(now_s)
        self.heard.conflict = self._run.conflict(now_s)
        self.heard.since_s = None if self._bodies_s is None else now_s - self._bodies_s
        if now_s - (self._bodies_s or 0.0) > _STALE_S:
            self.bodies, self.mesh = [], None  # what is not known any more is not drawn
        if now_s - self._gate_s > _STALE_S:
            self.gate = None
        while self.history and now_s - self.history[0][0] > _HISTORY_S:
            self.history.popleft()

    def commands(self) -> dict[str, tuple[Array, Array]]:
        """Position and orientation that the gate wants of each target now."""
        now_s = time.perf_counter()
        return {name: (p, q) for name, (s, p, q) in self._commands.items() if now_s - s < _GHOST_S}

    def look_around(self) -> None:
        """See who publishes bodies, and subscribe to the commands of targets that were not there before."""
        self._run.nodes = publisher_nodes(self._node, self._bodies_topic, BodyPoseArray)
        start = self._node.resolve_topic_name(f"{self._config.gate}/command") + "/"
        for topic, _ in self._node.get_topic_names_and_types():
            if topic.startswith(start) and topic not in self._heard_commands and self._polling is not None:
                self._heard_commands.add(topic)
                handle = partial(self._on_command, topic.removeprefix(start))
                self._polling.subscribe(PoseStamped, topic, handle, _NEWEST)

    def _on_bodies(self, msg: BodyPoseArray, now_s: float) -> None:
        if not self._run.follows(msg.run_id, now_s):
            return
        self._bodies_s = now_s
        self.bodies = [_seen(body, msg.operator_id) for body in msg.bodies]
        heard = self.heard
        self._ages.append(msg.age_ms)
        if self._sequences and msg.sequence < self._sequences[-1][1]:
            self._sequences.clear()  # the node was started anew
        self._sequences.append((now_s, msg.sequence))
        while now_s - self._sequences[0][0] > _RATE_S:
            self._sequences.popleft()
        (first_s, first), (last_s, last) = self._sequences[0], self._sequences[-1]
        heard.fps = (last - first) / (last_s - first_s) if last_s > first_s else 0.0
        heard.ages_ms, heard.inference_ms, heard.people = self._ages, msg.inference_ms, len(msg.bodies)
        heard.scale = _SCALES[msg.bodies[0].scale_source] if msg.bodies else ""

    def _on_latency(self, msg: Latency, now_s: float) -> None:
        self.history.append((now_s, msg.total, tuple(getattr(msg, stage) for stage in STAGES)))

    def _on_diagnostics(self, msg: DiagnosticArray, _: float) -> None:
        name = self._node.resolve_topic_name(self._config.node).lstrip("/")
        for status in msg.status:
            if status.name.startswith(f"{name}: body tracking"):
                self.heard.level, self.heard.health = int(status.level[0]), status.message
                self.heard.values = {value.key: value.value for value in status.values}

    def _on_gate(self, msg: GateState, now_s: float) -> None:
        self._gate_s = now_s
        self.gate = GateHeard(STATE_NAMES[msg.state], msg.reason, tuple(msg.limits), msg.lag_ms)

    def _on_joints(self, msg: JointState, _: float) -> None:
        self.joints = dict(zip(msg.name, msg.position, strict=False))

    def _on_command(self, name: str, msg: PoseStamped, now_s: float) -> None:
        p, q = msg.pose.position, msg.pose.orientation
        self._commands[name] = (now_s, np.array([p.x, p.y, p.z]), np.array([q.x, q.y, q.z, q.w]))

    def _on_info(self, msg: CameraInfo, _: float) -> None:
        self._calibration.info = msg

    def _on_image(self, msg: Image, now_s: float) -> None:
        if self._images.classify(seconds(msg.header.stamp)) is Arrival.LATE:
            return  # out of order: the newer one is shown already
        self._image_s = now_s
        try:
            bitmap = decode_image(msg, self._to_8bit)
            self.camera = self._calibration.camera(bitmap.size_px, "auto", self._image_topic)
        except ImageError:
            return  # the mocap node says in its health what is wrong with it
        self.image = no_wider(bitmap.rgb(), self._config.image_width)

    def _on_mesh(self, msg: PointCloud2, _: float) -> None:
        floats = msg.point_step // 4
        values = np.frombuffer(msg.data, np.float32)
        if [field.name for field in msg.fields[:3]] == ["x", "y", "z"] and values.size % max(floats, 1) == 0:
            self.mesh = values.reshape(-1, floats)[:, :3]


@lru_cache(maxsize=8)
def _tree(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Names of joints, and the number of each one's parent."""
    number = {name: i for i, (name, _) in enumerate(pairs)}
    return tuple(number), tuple(number.get(parent, -1) for _, parent in pairs)


def _seen(body: BodyPose, operator_id: int) -> SeenBody:
    names, parents = _tree(tuple((joint.name, joint.parent) for joint in body.joints))
    poses = [(j.pose.position, j.pose.orientation) for j in body.joints]
    rows = np.array([(p.x, p.y, p.z, q.x, q.y, q.z, q.w) for p, q in poses]).reshape(-1, 7)
    states: Any = np.array([joint.state for joint in body.joints], np.uint8)
    return SeenBody(
        id=body.id,
        operator=body.id == operator_id,
        estimator=body.estimator,
        names=names,
        parents=parents,
        positions=rows[:, :3],
        orientations_xyzw=rows[:, 3:],
        states=states,
    )
