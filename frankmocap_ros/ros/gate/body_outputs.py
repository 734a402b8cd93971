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

"""Where the operator's whole body goes: to GEAR-SONIC over ZMQ, and to General Motion Retargeting."""

import json
import math
from collections import deque
from typing import Final

from rclpy.node import Node
from std_msgs.msg import String

from frankmocap_ros.body.posture import BodyPosture
from frankmocap_ros.errors import SettingError
from frankmocap_ros.export.gmr import gmr_posture
from frankmocap_ros.export.sonic import SonicFrame, sonic_packet
from frankmocap_ros.ros.gate.command_publisher import CommandPublisher
from frankmocap_ros.runtime.installing import optional_import
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.controller import Controller
from frankmocap_ros.teleop.gate import State

_BATCH: Final = 5
"""Frames in one packet, as GEAR-SONIC's own streamer sends: up to four lost packets lose no frame."""

_WAITING: Final = 2
"""Packets that wait for a slow subscriber; newer ones are dropped."""


class SonicSocket:
    """A ZMQ publisher that never waits. Made in one thread, then used in one thread.

    Args:
        endpoint: address to bind.

    Raises:
        MissingDependencyError: pyzmq is not installed.
        SettingError: the address cannot be bound.
    """

    def __init__(self, endpoint: str) -> None:
        with optional_import("pyzmq", "sonic_endpoint needs", "zmq", ", or apt install python3-zmq"):
            import zmq
        self._at_once = zmq.NOBLOCK
        self._context = zmq.Context(io_threads=1)
        self._socket = self._context.socket(zmq.PUB)
        self._socket.setsockopt(zmq.SNDHWM, _WAITING)
        self._socket.setsockopt(zmq.LINGER, 0)
        try:
            self._socket.bind(endpoint)
        except zmq.ZMQError as error:
            self.close()
            raise SettingError(
                f"sonic_endpoint: {endpoint!r} cannot be bound ({error}); choose a port that is free and an "
                "address of this computer, such as tcp://127.0.0.1:5556"
            ) from error

    def send(self, packet: bytes) -> None:
        """Send; a publisher drops what a subscriber does not take."""
        self._socket.send(packet, self._at_once)

    def close(self) -> None:
        """Close at once; what still waits is lost."""
        self._context.destroy(linger=0)


class BodyOutputs:
    """Publishes the operator's whole body at its own rate, while there are commands. For the worker's thread.

    Args:
        node: what publishes.
        config: says where to.

    Raises:
        MissingDependencyError: pyzmq is needed and not installed.
        SettingError: the address cannot be bound.
    """

    def __init__(self, node: Node, config: GateSettings) -> None:
        self._period_s = 1.0 / config.body_rate_hz
        self._sonic = SonicSocket(config.sonic_endpoint) if config.sonic_endpoint else None
        self._gmr = CommandPublisher(node, String, "~/gmr") if config.gmr else None
        self._frames: deque[SonicFrame] = deque(maxlen=_BATCH)
        self._next_index = 0
        self._sent_s = -math.inf

    @property
    def wanted(self) -> bool:
        """Whether anything listens, or may without our knowing."""
        return self._sonic is not None or (self._gmr is not None and self._gmr.is_heard)

    def alive(self) -> None:
        """Assert that the body would be sent, and look who listens."""
        if self._gmr is not None:
            self._gmr.alive()

    def publish(self, controller: Controller, time_s: float, stamp_ns: int) -> None:
        """Publish the body where it is due.

        Args:
            controller: has just given a command.
            time_s: when that is valid [s].
            stamp_ns: the same in ROS time.
        """
        since_s = time_s - self._sent_s
        if not self.wanted or since_s < 0.99 * self._period_s:
            return
        posture = controller.whole_body(time_s)
        if posture is None:
            return
        late = since_s > 2.0 * self._period_s
        self._sent_s = time_s if late else self._sent_s + self._period_s
        if self._sonic is not None:
            self._send(self._sonic, posture, resumed=since_s > controller.config.max_age_s)
        gmr = self._gmr
        if gmr is not None and gmr.is_heard and controller.state is State.ENGAGED:
            record = gmr_posture(posture, 1e-9 * stamp_ns, controller.operator_id)
            gmr.publish(String(data=json.dumps(record)))

    def close(self) -> None:
        """Close what is open."""
        if self._sonic is not None:
            self._sonic.close()

    def _send(self, sonic: SonicSocket, posture: BodyPosture, resumed: bool) -> None:
        """Send the newest frames once there are enough: their numbers go on without a gap after a pause."""
        if resumed:
            self._frames.clear()
        self._frames.append(SonicFrame.of(posture))
        self._next_index += 1
        if len(self._frames) == _BATCH:
            sonic.send(sonic_packet(self._frames, self._next_index - _BATCH))
