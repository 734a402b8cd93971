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

"""What a gate sees of its operator: bodies, in the frame that the settings say, and when."""

from functools import partial

from builtin_interfaces.msg import Time
from rclpy.node import Node

from frankmocap_ros.errors import MessageError
from frankmocap_ros.msg import BodyPoseArray
from frankmocap_ros.ros.common.node_clocks import Clocks
from frankmocap_ros.ros.common.polling import Polling
from frankmocap_ros.ros.common.qos import incoming
from frankmocap_ros.ros.common.steady_stamps import SteadyStamps
from frankmocap_ros.ros.common.transforms import Transforms, need_package
from frankmocap_ros.ros.gate.camera_level import Gravity, level_from_tf
from frankmocap_ros.ros.gate.operator_message import read_bodies
from frankmocap_ros.runtime.message_stamps import nanoseconds
from frankmocap_ros.runtime.stamp_offset import StampOffset
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.controller import Controller
from frankmocap_ros.teleop.operator_message import MessageHeader, OperatorIntake, OperatorReader

_WARNING_PERIOD_S = 5.0
_EXACT_MS = 1e6  # ages are 32 bit floats: exact to 0.06 ms up to here


class OperatorInput:
    """Reads bodies for a controller. For the thread that polls, but for ``listen``.

    Attributes:
        published: clock of the mocap node, by the times of publication that bodies tell.

    Args:
        node: whose log and TF it uses.
        polling: hears the topics.
        clocks: what the controller goes by.
        config: says what is listened to.

    Raises:
        MissingDependencyError: TF is asked for and not installed.
    """

    def __init__(self, node: Node, polling: Polling, clocks: Clocks, config: GateSettings) -> None:
        self._node, self._polling = node, polling
        self._stamps = SteadyStamps(clocks)
        self.published = StampOffset("bodies")
        self._reader = OperatorReader(())
        self._intake = OperatorIntake(self._level)
        self._transforms: Transforms | None = None
        self._gravity = Gravity(polling)
        self.listen(config)

    def listen(self, config: GateSettings) -> None:
        """Listen to what else tells where up and forward is; for the executor's thread.

        Raises:
            MissingDependencyError: TF is asked for and not installed.
        """
        if config.heading == "tf" and self._transforms is None:
            need_package("tf2_ros", "heading: tf", "heading: operator, heading: camera")
            self._transforms = Transforms(self._node)
        if config.gravity == "imu":
            self._gravity.listen()

    def follow(self, controller: Controller) -> None:
        """Let a controller see what comes from now on."""
        handle = partial(self._on_bodies, controller)
        self._polling.subscribe_raw(BodyPoseArray, controller.config.bodies, handle, incoming(1))

    def _on_bodies(self, controller: Controller, data: bytes, now_s: float) -> None:
        if self._reader.watched is not controller.watched:
            self._reader = OperatorReader(controller.watched)
        try:
            msg = read_bodies(data)
        except MessageError as error:
            controller.reception.ignored["unreadable"] += 1
            self._node.get_logger().warning(str(error), throttle_duration_sec=_WARNING_PERIOD_S)
            return
        if not controller.follows(msg.run_id, now_s):
            return
        stamp_ns = nanoseconds(msg.header.stamp)
        arrival_ns = self._stamps.stamp_ns(now_s)
        if abs(msg.age_ms) < _EXACT_MS:  # by the mocap node's clock alone, however the camera's is set
            self.published.note(stamp_ns + round(1e6 * msg.age_ms), arrival_ns)
        header = MessageHeader(msg.header.frame_id, stamp_ns, arrival_ns)
        seen = self._reader.read(msg, self._stamps.time_s(stamp_ns))
        self._intake.take(controller, header, seen, now_s)

    def _level(self, controller: Controller, header: MessageHeader, now_s: float) -> None:
        """Tell the controller where up and forward is, where the settings alone do not."""
        config = controller.config
        if config.heading == "tf" and self._transforms is not None:
            sec, nanosec = divmod(header.stamp_ns, 10**9)
            stamp = Time(sec=sec, nanosec=nanosec)
            controller.level = level_from_tf(self._transforms, config.base_frame, header.frame_id, stamp)
        elif config.gravity == "imu" and controller.idle:  # what is engaged keeps its frame
            controller.level = self._gravity.level(config, now_s)
