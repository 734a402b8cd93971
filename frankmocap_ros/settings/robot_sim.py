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

"""Every setting of the simulated robot, declared once (see ``settings/schema.py``)."""

from dataclasses import dataclass

from frankmocap_ros.settings.robot_model import ROBOT_MODEL
from frankmocap_ros.settings.schema import setting


@dataclass(frozen=True)
class RobotSimSettings:
    """Settings of the simulated robot."""

    robot: str = setting(
        "torso",
        "Robot to simulate: its name, such as torso or unitree_g1, a map's YAML file, or a model without a map.",
        live=False,
    )
    robot_model: str = setting(
        "",
        ROBOT_MODEL,
        live=False,
    )
    rate_hz: float = setting(
        100.0, "Rate of joint states.", unit="Hz", minimum=10.0, maximum=500.0, live=False
    )
    controller: str = setting(
        "careful",
        "Joint controller: careful rejects commands that are far, fast or old, and stops without commands; "
        "joint_trajectory_controller accepts what the one in ros2_controllers does, however far.",
        choices=("careful", "joint_trajectory_controller"),
        live=False,
    )
    dynamics: str = setting(
        "auto",
        "How the robot moves: kinematic goes where it is told within ranges and speeds, and suits every model; physics has masses and contacts, and needs position actuators in the model; auto is what the map says (simulation), and kinematic where it is silent.",
        choices=("auto", "kinematic", "physics"),
        live=False,
    )
    command_timeout_s: float = setting(
        0.25,
        "Maximum age of the last command before the careful controller stops the robot where it is.",
        unit="s",
        minimum=0.02,
        maximum=5.0,
        live=False,
    )
    viewer: bool = setting(False, "Show the robot in MuJoCo's viewer; needs a display.", live=False)
