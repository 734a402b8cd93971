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

"""The gate node."""

__all__ = [
    "body_outputs",
    "calibration_client",
    "camera_level",
    "checks",
    "command_publisher",
    "command_topic",
    "controller_outputs",
    "controller_switch",
    "gate_diagnostics",
    "gate_node",
    "gate_outputs",
    "gate_requests",
    "gate_worker",
    "grip_inputs",
    "grip_markers",
    "grip_outputs",
    "gripper_action",
    "joint_outputs",
    "operator_input",
    "operator_message",
    "robot_port",
    "state_output",
    "stop_inputs",
    "target_outputs",
    "twist_output",
]
