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

"""Everybody as REP 155 wants it, from a thread of its own: making publishers must not keep poses waiting.

``/humans/bodies/tracked`` lists the identifiers of everybody whom any camera sees. Each has
``/humans/bodies/<id>/joint_states`` and, latched, ``/humans/bodies/<id>/urdf`` while listed.
"""

import threading
import time
import traceback
from dataclasses import dataclass, field

from rclpy.lifecycle import LifecycleNode
from sensor_msgs.msg import JointState
from std_msgs.msg import Header, String

from frankmocap_ros.body.pose import Body, Frame
from frankmocap_ros.export.rep155_model import HumanModel
from frankmocap_ros.export.rep155_urdf import human_urdf
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.ros.common.destroying import destroy_in_executor
from frankmocap_ros.ros.common.endpoints import Topic, advertise
from frankmocap_ros.ros.common.qos import EVENTS, MODELS
from frankmocap_ros.ros.common.rclpy_internals import ros_runs
from frankmocap_ros.ros.mocap.body_frames import human_id
from frankmocap_ros.runtime.mailbox import Mailboxes

TOP = "/humans/bodies"
SILENT_S = 1.0
"""Nobody is tracked by a camera that has been silent for longer."""


class _Person:
    """The topics of one body."""

    def __init__(self, node: LifecycleNode, name: str) -> None:
        self._node = node
        self._name = name
        self._human = HumanModel()
        self._told: Array | None = None
        # parameters of everybody who ever came would pile up
        states = Topic(JointState, f"{TOP}/{name}/joint_states", EVENTS, overridable=False)
        self._states = advertise(node, states)
        self._urdf = advertise(node, Topic(String, f"{TOP}/{name}/urdf", MODELS, overridable=False))

    def publish(self, body: Body, time_s: float, header: Header) -> None:
        """Publish the angles in this image to subscribers, preceded by the model if it is new."""
        self._human.observe(body, time_s)
        sizes = self._human.sizes
        if sizes is not None and sizes is not self._told:
            self._urdf.publish(String(data=human_urdf(self._name, sizes)))
            self._told = sizes
        angles = self._human.angles(body) if self._states.get_subscription_count() else {}
        if angles:
            names = [f"{name}_{self._name}" for name in angles]
            self._states.publish(JointState(header=header, name=names, position=list(angles.values())))

    def destroy(self) -> None:
        """Take the topics down."""
        for publisher in (self._states, self._urdf):
            destroy_in_executor(self._node, self._node.destroy_publisher, publisher)


@dataclass
class _Camera:
    """Whom one camera saw last."""

    name: str
    heard_s: float = 0.0
    header: Header = field(default_factory=Header)
    ids: tuple[str, ...] = ()


class Humans:
    """Publishes the newest frame of each camera.

    Args:
        node: for publishers and log.
        cameras: their names, in the order of their slots.

    Raises:
        ImportError: there is no hri_msgs.
    """

    def __init__(self, node: LifecycleNode, cameras: list[str]) -> None:
        from hri_msgs.msg import IdsList

        self._node = node
        self._list = IdsList
        self._tracked = advertise(node, Topic(IdsList, f"{TOP}/tracked", EVENTS))
        self._cameras = [_Camera(name) for name in cameras]
        self._people: dict[str, _Person] = {}
        self._boxes: Mailboxes[tuple[Frame, Header]] = Mailboxes(len(cameras))
        self._thread = threading.Thread(target=self._run, name="mocap_humans", daemon=True)
        self._thread.start()

    def offer(self, slot: int, frame: Frame, header: Header) -> None:
        """Leave a frame, with the header of its poses, for the thread; never waits."""
        self._boxes.put((frame, header), slot)

    def close(self) -> None:
        """End the thread; nobody is tracked any more."""
        self._boxes.close()
        self._thread.join()
        for person in self._people.values():
            person.destroy()
        self._people = {}
        self._node.destroy_publisher(self._tracked)

    def _run(self) -> None:
        while (items := self._boxes.take(SILENT_S / 4)) is not None:
            try:
                for slot, (frame, header) in items.items():
                    self._publish(self._cameras[slot], frame, header)
                self._give_up_on_silent_ones()
            except Exception:  # poses go on, whatever there is about this
                if not ros_runs(self._node):
                    return  # ROS is gone: nothing goes out any more
                self._node.get_logger().error(traceback.format_exc(), throttle_duration_sec=1.0)

    def _publish(self, camera: _Camera, frame: Frame, header: Header) -> None:
        camera.heard_s, camera.header = time.perf_counter(), header
        camera.ids = tuple(human_id(camera.name, body.id) for body in frame.bodies)
        for name, body in zip(camera.ids, frame.bodies, strict=True):
            if name not in self._people:
                self._people[name] = _Person(self._node, name)
            self._people[name].publish(body, frame.time_s, header)
        self._tell(header)

    def _give_up_on_silent_ones(self) -> None:
        now_s = time.perf_counter()
        for camera in self._cameras:
            if camera.ids and now_s - camera.heard_s > SILENT_S:
                camera.ids = ()
                self._tell(camera.header)

    def _tell(self, header: Header) -> None:
        """Publish who is tracked; then remove the topics of people who are not."""
        ids = [name for camera in self._cameras for name in camera.ids]
        self._tracked.publish(self._list(header=header, ids=ids))
        for name in self._people.keys() - set(ids):
            self._people.pop(name).destroy()
