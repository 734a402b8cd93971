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

"""Everybody around a node, through real DDS: publishes, listens and calls services."""

import threading
import time
from typing import Any

import numpy as np
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import GetParameters, SetParameters, SetParametersAtomically
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter, parameter_value_to_python
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, Image

from frankmocap_ros.imaging.messages.images import write_image
from support.inbox import Inbox
from support.waiting import TIMEOUT_S, wait_until

_ASKS = (GetParameters, GetState)  # whose answer is the same each time


def nanoseconds(stamp: Any) -> int:
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


class Peer:
    """Everybody around the node: publishes images, calls services, listens."""

    stamp = staticmethod(lambda msg: nanoseconds(msg.header.stamp))
    wait_until = staticmethod(wait_until)

    def __init__(
        self,
        context: Context,
        other: Node | None = None,
        name: str = "frankmocap",
        node_name: str = "peer",
    ) -> None:
        self.node = Node(node_name, context=context)
        self._other = other
        self._name = name
        self._clients: dict[str, Any] = {}
        self._publishers: dict[str, Any] = {}
        self._last_ns = 0

    def listen(self, kind: type, topic: str, qos: QoSProfile | int = 1000) -> Inbox:
        inbox = Inbox()
        subscription = self.node.create_subscription(kind, topic, inbox, qos)
        for publisher in self._others("publishers", subscription):
            wait_until(publisher.get_subscription_count, f"{topic} is not heard")
            wait_until(subscription.get_publisher_count, f"nobody publishes {topic}")
        return inbox

    def publisher(self, kind: type, topic: str, qos: QoSProfile | int = 10) -> Any:
        """A publisher that somebody listens to."""
        if topic not in self._publishers:
            self._publishers[topic] = self.node.create_publisher(kind, topic, qos)
        publisher = self._publishers[topic]
        wait_until(publisher.get_subscription_count, f"nobody listens to {topic}")
        for subscription in self._others("subscriptions", publisher):
            wait_until(subscription.get_publisher_count, f"{topic} is not heard")
        return publisher

    def _others(self, kind: str, mine: Any) -> list[Any]:
        """Ends of a topic at the other node of this process: both sides must know of each other."""
        ends = getattr(self._other, kind) if self._other is not None else ()
        return [end for end in ends if end.topic_name == mine.topic_name]

    def next_stamp(self) -> int:
        """Now, and later than the last one [ns]."""
        self._last_ns = max(self._last_ns + 1_000_000, time.time_ns())
        return self._last_ns

    def stamped(self, msg: Any, stamp_ns: int | None = None, frame_id: str = "cam") -> Any:
        stamp_ns = self.next_stamp() if stamp_ns is None else stamp_ns
        msg.header.stamp.sec, msg.header.stamp.nanosec = divmod(stamp_ns, 10**9)
        msg.header.frame_id = frame_id
        return msg

    def image(
        self, stamp_ns: int | None = None, size: tuple[int, int] = (320, 240), encoding: str = "mono8"
    ) -> Image:
        msg = self.stamped(Image(), stamp_ns)
        shape = size[::-1] if encoding == "mono8" else (*size[::-1], 3)
        write_image(msg, np.full(shape, 90, np.uint8), encoding)
        return msg

    def send(self, msg: Image | None = None, **options: Any) -> int:
        """Publish an image; returns its stamp [ns]."""
        msg = self.image(**options) if msg is None else msg
        self.publisher(Image, "image").publish(msg)
        return nanoseconds(msg.header.stamp)

    def send_info(self, width: int = 320, height: int = 240, focal: float = 400.0) -> CameraInfo:
        """Publish a calibration. It travels apart from the images: one image more may go before it."""
        msg = self.stamped(CameraInfo(width=width, height=height))
        msg.k = [focal, 0.0, width / 2.0, 0.0, focal, height / 2.0, 0.0, 0.0, float(focal > 0.0)]
        self.publisher(CameraInfo, "camera_info").publish(msg)
        return msg

    def call(self, kind: type, service: str, request: Any) -> Any:
        """Call a service of the node, or one with a full name, and return the answer."""
        name = service if service.startswith("/") else f"/{self._name}/{service}"
        client = self._client(kind, name)
        done = threading.Event()
        answers: list[Any] = []

        def answered(future: Any) -> None:
            answers.append(future.result())
            done.set()

        # a server that is ready may not know this client's ear yet: what only asks is asked again
        tries = 3 if kind in _ASKS else 1
        for _ in range(tries):
            client.call_async(request).add_done_callback(answered)
            if self.await_answer(done, TIMEOUT_S / tries):
                return answers[0]
        raise AssertionError(f"{name} does not answer")

    def _client(self, kind: type, name: str) -> Any:
        """A client whose service is there.

        A service may stay unknown to a client, and not to the next one
        (https://github.com/ros2/rmw_fastrtps/issues/699): there are three.
        """
        for _ in range(3):
            if name not in self._clients:
                self._clients[name] = self.node.create_client(kind, name)
            try:  # rclpy's own wait looks every 0.25 s
                wait_until(self._clients[name].service_is_ready, name, TIMEOUT_S / 3)
                return self._clients[name]
            except TimeoutError:
                del self._clients[name]
        raise TimeoutError(name)

    def await_answer(self, done: threading.Event, timeout_s: float = TIMEOUT_S) -> bool:
        """Wait until an answer is there; whether it came."""
        return done.wait(timeout_s)

    def try_to_set(self, **values: Any) -> list[Any]:
        """Set parameters through the service; one result each. A Parameter is sent as it is."""
        request = SetParameters.Request(parameters=_parameter_messages(values))
        return self.call(SetParameters, "set_parameters", request).results

    def try_to_set_at_once(self, **values: Any) -> Any:
        request = SetParametersAtomically.Request(parameters=_parameter_messages(values))
        return self.call(SetParametersAtomically, "set_parameters_atomically", request).result

    def set(self, **values: Any) -> None:
        for result in self.try_to_set(**values):
            assert result.successful, result.reason

    def get(self, *names: str) -> Any:
        """Values of parameters through the service; one alone for one name."""
        answer = self.call(GetParameters, "get_parameters", GetParameters.Request(names=list(names)))
        values = [parameter_value_to_python(value) for value in answer.values]
        return values[0] if len(names) == 1 else values

    def state(self) -> str:
        return self.call(GetState, "get_state", GetState.Request()).current_state.label

    def change(self, label: str) -> bool:
        """Run a lifecycle transition; returns whether it succeeded."""
        request = ChangeState.Request(transition=Transition(label=label))
        return self.call(ChangeState, "change_state", request).success


def _parameter_messages(values: dict[str, Any]) -> list[Any]:
    return [
        (value if isinstance(value, Parameter) else Parameter(name, value=value)).to_parameter_msg()
        for name, value in values.items()
    ]


def as_dict(status: Any) -> dict[str, str]:
    return {value.key: value.value for value in status.values}
