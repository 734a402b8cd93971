#!/usr/bin/env python3
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

"""A controller that listens to the mocap node directly: the pose of the right wrist, when it can be trusted.

Age, states, ids and limits are your responsibility here. For a robot use follow_gate.py: the gate handles
them.
"""

from contextlib import suppress

import rclpy
from geometry_msgs.msg import PoseStamped
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node

from frankmocap_ros.msg import BodyPoseArray, JointPose

MAX_AGE_S = 0.1


class FollowBodies(Node):
    """Republishes one joint while it is measured, recent, and of the same person."""

    def __init__(self):
        super().__init__("follow_bodies")
        self.joint = self.declare_parameter("joint", "right_wrist").value
        self.person = None  # the person that is followed: ids are never reused within one run of the node
        self.goal = self.create_publisher(PoseStamped, "goal", 1)
        self.create_subscription(BodyPoseArray, "frankmocap/bodies", self.on_bodies, 1)

    def on_bodies(self, msg):
        stamp_ns = msg.header.stamp.sec * 10**9 + msg.header.stamp.nanosec
        age_s = 1e-9 * (self.get_clock().now().nanoseconds - stamp_ns)
        body = next((body for body in msg.bodies if body.id == msg.operator_id), None)
        if body is None or age_s > MAX_AGE_S:
            return self.stop("no operator" if body is None else f"the image is {age_s:.2f} s old")
        if self.person not in (None, (msg.run_id, body.id)):
            return self.stop(f"person {body.id} of run {msg.run_id} is another person")
        joint = next((joint for joint in body.joints if joint.name == self.joint), None)
        if joint is None or joint.state != JointPose.TRACKED:
            return self.stop(f"{self.joint} is not tracked")  # never use the pose of an INVALID joint
        self.person = (msg.run_id, body.id)
        self.goal.publish(PoseStamped(header=msg.header, pose=joint.pose))  # the image's time, unchanged

    def stop(self, why):
        """Publish nothing: the executor of the goals stops when none arrives."""
        self.get_logger().warning(f"no goal: {why}", throttle_duration_sec=1.0)


if __name__ == "__main__":
    rclpy.init()
    with suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(FollowBodies())
