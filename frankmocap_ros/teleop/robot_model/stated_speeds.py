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

"""The speeds that a robot's description states for its joints."""

import math

from frankmocap_ros.teleop.robot_model.model_source import ModelSource
from frankmocap_ros.teleop.robot_model.xml_source import read_xml


def stated_speeds(model: ModelSource) -> dict[str, float]:
    """Joint -> highest speed of a URDF [rad/s] or [m/s]; empty for an MJCF, which has none.

    What is not above 0 and finite states nothing.

    Raises:
        RobotError: it cannot be read.
    """
    found = {}
    for joint in read_xml(model).iterfind("joint"):
        limit = joint.find("limit")
        try:
            speed = float(limit.get("velocity", "nan")) if limit is not None else math.nan
        except ValueError:
            continue
        if math.isfinite(speed) and speed > 0.0:
            found[joint.get("name", "")] = speed
    return found
