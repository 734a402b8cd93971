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

"""Controllers of others as they look from outside: nodes that listen, with the parameters they document."""

from typing import Any

from geometry_msgs.msg import PoseStamped
from trajectory_msgs.msg import JointTrajectory

from support.peer import Peer

DEFAULTS = {
    "command_interfaces": ["position"],
    "allow_partial_joints_goal": False,
    "interpolate_from_desired_state": True,
    "allow_nonzero_velocity_at_trajectory_end": False,
    "cmd_timeout": 0.2,
    "constraints.goal_time": 0.0,
    "constraints.stopped_velocity_tolerance": 0.01,
}
"""Of a joint_trajectory_controller that takes a stream of positions, and stops when it ends."""

SERVO = {"moveit_servo.incoming_command_timeout": 0.1, "moveit_servo.command_in_type": "speed_units"}


def trajectory_controller(peer: Peer, joints: list[str], topic: str = "", **parameters: Any) -> Peer:
    """Make a node a joint_trajectory_controller; parameters with dots have two underscores here."""
    values = {**DEFAULTS, "joints": joints, **{k.replace("__", "."): v for k, v in parameters.items()}}
    for name, value in values.items():
        peer.node.declare_parameter(name, value)
    name = peer.node.get_name()
    peer.node.create_subscription(JointTrajectory, topic or f"/{name}/joint_trajectory", lambda _: None, 10)
    return peer


def servo(peer: Peer, topic: str, **parameters: Any) -> Peer:
    """Make a node MoveIt Servo that listens to poses; parameters are named without their prefix."""
    values = {**SERVO, **{f"moveit_servo.{k}": v for k, v in parameters.items()}}
    for name, value in values.items():
        peer.node.declare_parameter(name, value)
    peer.node.create_subscription(PoseStamped, topic, lambda _: None, 10)
    return peer
