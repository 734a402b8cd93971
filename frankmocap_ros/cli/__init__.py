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

"""The ``frankmocap_ros`` command."""

__all__ = [
    "accuracy",
    "batch",
    "bench",
    "bench_ros",
    "commands",
    "compare",
    "convert",
    "demo",
    "demo_pick",
    "demo_robot",
    "doctor",
    "doctor_checks",
    "doctor_int8",
    "doctor_networks",
    "doctor_probes",
    "ending",
    "executables",
    "export",
    "export_in_turn",
    "generate",
    "lines",
    "main",
    "models",
    "nodes",
    "process",
    "replay",
    "robot_map",
    "ros_available",
    "standin",
]
