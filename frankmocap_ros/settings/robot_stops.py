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

"""The gate's settings of what ends control on the robot's side, declared once (see ``settings/schema.py``)."""

from dataclasses import dataclass

from frankmocap_ros.errors import SettingError
from frankmocap_ros.settings.schema import setting


@dataclass(frozen=True)
class StopSettings:
    """Settings of what ends control on the robot's side, and of what a fault does there; part of ``GateSettings``."""

    protective_stop_topic: str = setting(
        "",
        "Topic (std_msgs/Bool) on which the robot's driver says that it is in its protective stop. Empty: none.",
        live=False,
    )
    protective_stop_active: bool = setting(
        True, "Value on protective_stop_topic that means stopped.", live=False
    )
    protective_stop_timeout_s: float = setting(
        0.0,
        "Maximum silence of protective_stop_topic, beyond which the robot counts as stopped. 0: a single message is enough, for drivers that publish changes only.",
        unit="s",
        minimum=0.0,
        maximum=60.0,
    )
    wrench_topic: str = setting(
        "",
        "Topic (geometry_msgs/WrenchStamped) of a force sensor of the robot, for max_force and max_torque. Empty: none.",
        live=False,
    )
    max_force: float = setting(
        0.0,
        "Force on wrench_topic above which the robot is in contact; 0 disables the check.",
        unit="N",
        minimum=0.0,
        maximum=10000.0,
    )
    max_torque: float = setting(
        0.0,
        "Torque on wrench_topic above which the robot is in contact; 0 disables the check.",
        unit="Nm",
        minimum=0.0,
        maximum=10000.0,
    )
    contact_s: float = setting(
        0.02,
        "Time that a force, or an effort above the map's effort_limits, must last to count as contact.",
        unit="s",
        minimum=0.0,
        maximum=1.0,
    )
    on_contact: str = setting(
        "disengage",
        "What contact leads to: disengage ends commands at once, hold brakes and holds the command for hold_s first.",
        choices=("disengage", "hold"),
    )
    on_fault: str = setting(
        "nothing",
        "What FAULT leads to beside silence: deactivate deactivates fault_controllers. Needs controller_manager_msgs.",
        choices=("nothing", "deactivate"),
        live=False,
    )
    fault_controllers: tuple[str, ...] = setting(
        (), "Names of the controllers that FAULT deactivates, with on_fault: deactivate.", live=False
    )
    controller_manager: str = setting(
        "controller_manager", "Name of the controller manager, with on_fault: deactivate.", live=False
    )

    def check_stops(self) -> None:
        """Check values that depend on each other.

        Raises:
            SettingError: names the setting, the value and what is allowed.
        """
        if (self.max_force > 0.0 or self.max_torque > 0.0) and not self.wrench_topic:
            raise SettingError("max_force, max_torque: nothing measures them; set wrench_topic, or both to 0")
        if self.wrench_topic and not (self.max_force > 0.0 or self.max_torque > 0.0):
            raise SettingError("wrench_topic: max_force and max_torque are 0; set one of them above 0")
        if self.on_fault == "deactivate" and not all(self.fault_controllers or ("",)):
            raise SettingError(
                "on_fault: deactivate: fault_controllers names no controller; list those that "
                "`ros2 control list_controllers` shows for this robot"
            )
