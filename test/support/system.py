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

"""A mocap node and who talks to it."""

from collections.abc import Callable
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.context import Context
from sensor_msgs.msg import Image

from frankmocap_ros.msg import BodyPoseArray
from frankmocap_ros.ros.mocap.mocap_node import MocapNode
from support.peer import Peer, as_dict, nanoseconds


class System(Peer):
    """A mocap node and its peer."""

    def __init__(self, node: MocapNode, context: Context) -> None:
        super().__init__(context, node)
        self.mocap = node
        self.bodies = self.listen(BodyPoseArray, "/frankmocap/bodies")
        self.diagnostics = self.listen(DiagnosticArray, "/diagnostics")

    def process(self, msg: Image | None = None, **options: Any) -> BodyPoseArray:
        """Publish an image and return its bodies."""
        heard = len(self.bodies)
        stamp_ns = self.send(msg, **options)
        return self.bodies.wait(lambda bodies: nanoseconds(bodies.header.stamp) == stamp_ns, after=heard)

    def status(self, wanted: Callable[[Any], Any] = lambda _: True) -> Any:
        """The next status of the node that is wanted."""
        return self.diagnostics.next(lambda msg: wanted(msg.status[0])).status[0]

    def tracking(self, wanted: Callable[[Any], Any] = lambda s: s.level == DiagnosticStatus.OK) -> Any:
        """The next status that is wanted, OK unless told otherwise, while images come 20 times a second.

        After a single image it might be told and over before somebody listens.
        """
        timer = self.node.create_timer(0.05, self.send)
        try:
            return self.status(wanted)
        finally:
            timer.cancel()

    def values(self, wanted: Callable[[dict[str, str]], Any] = lambda _: True) -> dict[str, str]:
        """The next values in diagnostics that are wanted."""
        return as_dict(self.status(lambda status: wanted(as_dict(status))))
