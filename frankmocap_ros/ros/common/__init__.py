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

"""Code that all nodes share."""

__all__ = [
    "cached_service",
    "calibration",
    "camera_info",
    "camera_topics",
    "conversions",
    "destroying",
    "diagnostics_messages",
    "end_signals",
    "endpoints",
    "heard_grips",
    "launch_nodes",
    "launch_options",
    "marker_style",
    "node_clocks",
    "node_parameters",
    "polling",
    "publisher_nodes",
    "qos",
    "rclpy_internals",
    "robot_description",
    "running",
    "settings_as_parameters",
    "silence",
    "steady_stamps",
    "transforms",
    "transitions",
    "unknown_parameters",
]
