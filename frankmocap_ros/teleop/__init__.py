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

"""From a person to a robot: engagement, command limits and retargeting."""

__all__ = [
    "base_motion",
    "body_follower",
    "body_measurement",
    "clutch",
    "command",
    "command_limiter",
    "contact",
    "controller",
    "depth_mode",
    "engagement",
    "followed_run",
    "gate",
    "gesture",
    "hands",
    "inverse_kinematics",
    "message_reception",
    "objections",
    "operator_joints",
    "operator_message",
    "operator_state",
    "operator_tracker",
    "outlier_rejection",
    "pose_filter",
    "protective_stop",
    "robot",
    "robot_map",
    "robot_model",
    "robot_setup",
    "robot_stop",
    "setpoint",
    "simulated_run",
    "simulation",
    "size_request",
    "tracking_quality",
    "uncertainty",
    "wording",
]
