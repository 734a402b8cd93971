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

"""Where the objects of a simulated robot's scene are, on ``~/objects/<name>``."""

from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped
from rclpy.node import Node
from rclpy.qos import QoSProfile

from frankmocap_ros.ros.common.conversions import write_pose
from frankmocap_ros.ros.common.endpoints import Topic, advertise
from frankmocap_ros.teleop.simulation.scene_objects import SceneObjects

BASE_FRAME = "base_link"


class ObjectOutputs:
    """One publisher an object; none where the scene has no objects.

    Args:
        node: that publishes.
        objects: of the simulation.
    """

    def __init__(self, node: Node, objects: SceneObjects) -> None:
        self._objects = objects
        self._publishers = {
            name: advertise(node, Topic(PoseStamped, f"~/objects/{name}", QoSProfile(depth=1)))
            for name in objects.names
        }
        self._msg = PoseStamped()
        self._msg.header.frame_id = BASE_FRAME

    def publish(self, stamp: Time) -> None:
        """Tell where they are now; for the thread that simulates."""
        for name, publisher in self._publishers.items():
            pose = self._objects.pose(name)
            self._msg.header.stamp = stamp
            write_pose(self._msg.pose, pose.position, pose.orientation)
            publisher.publish(self._msg)
