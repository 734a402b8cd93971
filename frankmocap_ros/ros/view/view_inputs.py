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

"""The inputs of the browser view, polled by the drawing thread while a browser is connected."""

import time
from collections import deque
from functools import lru_cache, partial
from typing import Any, Final

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from numpy.typing import NDArray
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, JointState, PointCloud2

from frankmocap_ros.body.message_fields import pose_numbers, xyz
from frankmocap_ros.body.pose import ScaleSource
from frankmocap_ros.body.skeleton import Skeleton
from frankmocap_ros.errors import ImageError
from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.msg import BodyPose, BodyPoseArray, GateState, Latency
from frankmocap_ros.ros.clients.robot_watcher import STATE_NAMES
from frankmocap_ros.ros.common.calibration import Calibration
from frankmocap_ros.ros.common.camera_topics import camera_topics
from frankmocap_ros.ros.common.conversions import read_pose
from frankmocap_ros.ros.common.heard_grips import HeardGrips
from frankmocap_ros.ros.common.polling import Polling
from frankmocap_ros.ros.common.publisher_nodes import publisher_nodes
from frankmocap_ros.ros.common.qos import incoming
from frankmocap_ros.ros.view.image_input import NEWEST, ImageInput
from frankmocap_ros.settings.viewer import ViewerSettings
from frankmocap_ros.teleop.followed_run import FollowedRun
from frankmocap_ros.teleop.hands.grip import Grip
from frankmocap_ros.teleop.operator_message import read_hand
from frankmocap_ros.viewer.people import SeenBody
from frankmocap_ros.viewer.texts import STAGES, GateHeard, Heard

_AGES: Final = 100
_HISTORY_S: Final = 30.0
_RATE_S: Final = 2.0
_STALE_S: Final = 1.0
_IMAGE_STALE_S: Final = 2.0  # a picture that stands still is not shown as what the robot sees
_GHOST_S: Final = 0.5  # a command that is older is not shown
_SCALES: Final = {
    ScaleSource.ASSUMED_HEIGHT: "an assumed height",
    ScaleSource.CAMERA_INFO: "an assumed height, camera calibrated",
    ScaleSource.DEPTH: "depth",
    ScaleSource.CALIBRATED: "a calibrated size",
}


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
        self._person_images: ImageInput | None = None
        self._robot_images: ImageInput | None = None
        self._bodies_topic = node.resolve_topic_name(f"{config.node}/bodies")
        self._forget()

    def _forget(self) -> None:
        self.bodies: list[SeenBody] = []
        self.heard = Heard()
        self.gate: GateHeard | None = None
        self.recorder: DiagnosticStatus | None = None
        self.joints: dict[str, float] = {}
        self.mesh: NDArray[np.float32] | None = None
        self.image: NDArray[np.uint8] | None = None
        self.robot_image: NDArray[np.uint8] | None = None
        self.robot_sees = False  # whether the robot's camera gave an image lately
        self.camera: Camera | None = None
        self.history: deque[tuple[float, float, tuple[float, ...]]] = deque()  # time, age, stages
        self._commands: dict[str, tuple[float, Array, Array]] = {}
        self._grips: HeardGrips | None = None
        self._heard_commands: set[str] = set()
        self.objects: dict[str, tuple[Array, Array]] = {}  # of the simulated robot's scene
        self._ages: deque[float] = deque(maxlen=_AGES)
        self._sequences: deque[tuple[float, int]] = deque()
        self._run = FollowedRun(self._bodies_topic)
        self._bodies_s: float | None = None
        self._gate_s = 0.0
        self._calibration = Calibration()

    def open(self) -> None:
        """Subscribe."""
        self._forget()
        node, gate = self._config.node, self._config.gate
        self._polling = polling = Polling(self._node, overridable=False)
        polling.subscribe(BodyPoseArray, f"{node}/bodies", self._on_bodies, NEWEST)
        polling.subscribe(Latency, f"{node}/latency", self._on_latency, NEWEST)
        polling.subscribe(DiagnosticArray, "/diagnostics", self._on_diagnostics, incoming(10))
        polling.subscribe(GateState, f"{gate}/state", self._on_gate, NEWEST)
        self._grips = HeardGrips(polling, gate)
        polling.subscribe(JointState, "joint_states", self._on_joints, NEWEST)

    def close(self) -> None:
        """Hear nothing any more."""
        for heard in (self._polling, self._person_images, self._robot_images, self._mesh_polling):
            if heard is not None:
                heard.close()
        self._polling = self._person_images = self._robot_images = self._mesh_polling = None

    def want(self, image: bool, mesh: bool, robot_image: bool = False) -> None:
        """Hear of images and surfaces, or not."""
        if image and self._person_images is None:
            topics = camera_topics(self._node)
            self._person_images = ImageInput(self._node, topics.image)
            self._person_images.polling.subscribe(CameraInfo, topics.camera_info, self._on_info, NEWEST)
        elif not image and self._person_images is not None:
            self._person_images.close()
            self._person_images, self.image = None, None
        if robot_image and self._robot_images is None and self._config.robot_image:
            self._robot_images = ImageInput(self._node, self._config.robot_image)
        elif not robot_image and self._robot_images is not None:
            self._robot_images.close()
            self._robot_images, self.robot_image = None, None
        if mesh and self._mesh_polling is None:
            self._mesh_polling = Polling(self._node, overridable=False)
            self._mesh_polling.subscribe(PointCloud2, f"{self._config.node}/mesh", self._on_mesh, NEWEST)
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
        self.image = self.robot_image = None
        if self._person_images is not None:
            self._person_images.poll(now_s, config.image_rate_hz, config.image_width)
            self.image = self._person_images.image
            if self.image is not None:
                self._calibrate(self._person_images)
        if self._robot_images is not None:
            self._robot_images.poll(now_s, config.image_rate_hz, config.image_width)
            self.robot_image = self._robot_images.image
        self.robot_sees = (
            self._robot_images is not None and now_s - self._robot_images.last_s <= _IMAGE_STALE_S
        )
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

    def grips(self) -> list[Grip]:
        """What the gate wants of each gripper now, the left one first."""
        return self._grips.since(time.perf_counter() - _GHOST_S) if self._grips is not None else []

    def look_around(self) -> None:
        """See who publishes bodies, and subscribe to commands and objects that were not there before."""
        self._run.nodes = publisher_nodes(self._node, self._bodies_topic, BodyPoseArray)
        handlers = {
            self._node.resolve_topic_name(f"{self._config.gate}/command") + "/": self._on_command,
            self._node.resolve_topic_name(f"{self._config.simulation}/objects") + "/": self._on_object,
        }
        for topic, _ in self._node.get_topic_names_and_types():
            for start, handler in handlers.items():
                if (
                    topic.startswith(start)
                    and topic not in self._heard_commands
                    and self._polling is not None
                ):
                    self._heard_commands.add(topic)
                    handle = partial(handler, topic.removeprefix(start))
                    self._polling.subscribe(PoseStamped, topic, handle, NEWEST)

    def _on_bodies(self, msg: BodyPoseArray, now_s: float) -> None:
        if not self._run.follows(msg.run_id, now_s):
            return
        self._bodies_s = now_s
        self.bodies = [_seen(body, msg) for body in msg.bodies]
        heard = self.heard
        self._ages.append(msg.age_ms)
        if self._sequences and msg.sequence < self._sequences[-1][1]:
            self._sequences.clear()  # the node was restarted
        self._sequences.append((now_s, msg.sequence))
        while now_s - self._sequences[0][0] > _RATE_S:
            self._sequences.popleft()
        (first_s, first), (last_s, last) = self._sequences[0], self._sequences[-1]
        heard.fps = (last - first) / (last_s - first_s) if last_s > first_s else 0.0
        heard.ages_ms, heard.inference_ms, heard.people = self._ages, msg.inference_ms, len(msg.bodies)
        heard.scale = _SCALES.get(msg.bodies[0].scale_source, "") if msg.bodies else ""

    def _on_latency(self, msg: Latency, now_s: float) -> None:
        self.history.append((now_s, msg.total, tuple(getattr(msg, stage) for stage in STAGES)))

    def _on_diagnostics(self, msg: DiagnosticArray, _: float) -> None:
        name = self._node.resolve_topic_name(self._config.node).lstrip("/")
        recorder = self._node.resolve_topic_name(self._config.recorder).lstrip("/")
        for status in msg.status:
            if status.name == f"{recorder}: recording":
                self.recorder = status
            if status.name.startswith(f"{name}: body tracking"):
                self.heard.level, self.heard.health = int(status.level[0]), status.message
                self.heard.values = {value.key: value.value for value in status.values}

    def _on_gate(self, msg: GateState, now_s: float) -> None:
        self._gate_s = now_s
        self.gate = GateHeard(
            STATE_NAMES[msg.state], msg.reason, tuple(msg.limits), msg.lag_ms, msg.arming_left_s
        )

    def _on_joints(self, msg: JointState, _: float) -> None:
        self.joints = dict(zip(msg.name, msg.position, strict=False))

    def _on_command(self, name: str, msg: PoseStamped, now_s: float) -> None:
        self._commands[name] = (now_s, *read_pose(msg.pose))

    def _on_object(self, name: str, msg: PoseStamped, _: float) -> None:
        self.objects[name] = read_pose(msg.pose)

    def _on_info(self, msg: CameraInfo, _: float) -> None:
        self._calibration.info = msg

    def _calibrate(self, images: ImageInput) -> None:
        try:
            self.camera = self._calibration.camera(images.size_px, "auto", images.topic)
        except ImageError:
            self.image = None  # the mocap node says in its health what is wrong with it

    def _on_mesh(self, msg: PointCloud2, _: float) -> None:
        floats = msg.point_step // 4
        values = np.frombuffer(msg.data, np.float32)
        if [field.name for field in msg.fields[:3]] == ["x", "y", "z"] and values.size % max(floats, 1) == 0:
            self.mesh = values.reshape(-1, floats)[:, :3]


@lru_cache(maxsize=8)
def _skeleton(pairs: tuple[tuple[str, str], ...]) -> Skeleton:
    """Of joints' names and their parents'."""
    number = {name: i for i, (name, _) in enumerate(pairs)}
    return Skeleton(tuple(number), tuple(number.get(parent, -1) for _, parent in pairs))


def _seen(body: BodyPose, msg: BodyPoseArray) -> SeenBody:
    rows = np.array([pose_numbers(joint.pose) for joint in body.joints]).reshape(-1, 7)
    states: Any = np.array([joint.state for joint in body.joints], np.uint8)
    return SeenBody(
        id=body.id,
        operator=body.id == msg.operator_id,
        estimator=body.estimator,
        skeleton=_skeleton(tuple((joint.name, joint.parent) for joint in body.joints)),
        positions=rows[:, :3],
        orientations_xyzw=rows[:, 3:],
        states=states,
        stddev=np.array([joint.position_stddev for joint in body.joints]).reshape(-1, 2),
        camera_position=np.array(xyz(msg.camera_position)),
        hands=tuple(read_hand(hand) for hand in body.hands),
    )
