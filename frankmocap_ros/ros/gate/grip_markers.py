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

"""How far the robot's grippers are to be open, as text for RViz beside the hands that they are on."""

from collections.abc import Sequence
from typing import Final

from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Quaternion, Vector3
from rclpy.duration import Duration
from rclpy.node import Node
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from frankmocap_ros.body.skeleton import SIDES
from frankmocap_ros.ros.common.endpoints import Topic, advertise
from frankmocap_ros.ros.common.marker_style import COLORS, SPACE_WIDTH_M, TEXT_HEIGHT_M
from frankmocap_ros.ros.common.qos import EVENTS
from frankmocap_ros.teleop.command import Command
from frankmocap_ros.teleop.hands.grip import Grip, grip_words
from frankmocap_ros.teleop.operator_state import Target

_ABOVE_M: Final = 0.15
_SIZE: Final = 0.4  # of the texts above people
_LIFETIME: Final = Duration(seconds=0.3).to_msg()  # some of the periods in which it is published
_UNKNOWN: Final = ColorRGBA(r=0.8, g=0.8, b=0.8, a=1.0)


class GripMarkers:
    """``~/grip_markers``, for those that look; for one thread.

    A gripper without a target that follows a wrist of its side has no place, and is not shown.

    Attributes:
        command: whose grips are shown; None for none.

    Args:
        node: what publishes.
        base_frame: frame of the commands.
        targets: of the robot, in the commands' order.
    """

    def __init__(self, node: Node, base_frame: str, targets: Sequence[Target]) -> None:
        self.command: Command | None = None
        self._publisher = advertise(node, Topic(MarkerArray, "~/grip_markers", EVENTS))
        self._base_frame = base_frame
        self._rows = {t.joint.removesuffix("_wrist"): row for row, t in enumerate(targets)}
        self._is_seen = False

    def alive(self) -> None:
        """Find out whether somebody looks."""
        self._is_seen = self._publisher.get_subscription_count() > 0

    def publish(self, limits: Sequence[str], stamp: Time) -> None:
        """Publish the command's grips as text.

        Args:
            limits: what holds commands back, in words.
            stamp: when that is so.
        """
        command = self.command
        if command is None or not self._is_seen:
            return
        header = Header(stamp=stamp, frame_id=self._base_frame)
        markers = [
            _text(grip, grip_words(grip, limits), command.positions[self._rows[grip.side]].tolist(), header)
            for grip in command.grips
            if grip.side in self._rows
        ]
        self._publisher.publish(MarkerArray(markers=markers))


def _text(grip: Grip, words: str, place_m: Sequence[float], header: Header) -> Marker:
    x, y, z = place_m
    marker = Marker(header=header, ns="grips", id=SIDES.index(grip.side), lifetime=_LIFETIME)
    marker.type, marker.action = Marker.TEXT_VIEW_FACING, Marker.ADD
    marker.pose.position, marker.pose.orientation = Point(x=x, y=y, z=z + _ABOVE_M), Quaternion(w=1.0)
    marker.scale = Vector3(x=_SIZE * SPACE_WIDTH_M, z=_SIZE * TEXT_HEIGHT_M)
    marker.color = COLORS.get(grip.state, _UNKNOWN)
    marker.text = f"{grip.side} gripper\n{words}"
    return marker
