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

"""The fields of messages with people and poses.

A message is any object with the fields of its type: one of rclpy, or one that was read from a bag.
"""

from typing import Any, Final

BODIES_TYPE: Final = "frankmocap_ros/msg/BodyPoseArray"

Point = tuple[float, float, float]
PoseNumbers = tuple[float, float, float, float, float, float, float]


def xyz(point: Any) -> Point:
    """The numbers of a ``geometry_msgs/Point`` or ``Vector3``, as they are there."""
    return point.x, point.y, point.z


def pose_numbers(pose: Any) -> PoseNumbers:
    """Position x y z [m] and orientation x y z w of a ``geometry_msgs/Pose``, as they are there."""
    p, q = pose.position, pose.orientation
    return p.x, p.y, p.z, q.x, q.y, q.z, q.w


def body_of(msg: Any, body_id: int = 0) -> Any | None:
    """One ``BodyPose`` of a ``BodyPoseArray``; None where that person is not in it.

    Args:
        msg: the message.
        body_id: of the person; 0 for the operator.
    """
    wanted = body_id or msg.operator_id
    return next((body for body in msg.bodies if wanted and body.id == wanted), None)
