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

"""The gate's settings of the robot's base, declared once (see ``settings/schema.py``)."""

from dataclasses import dataclass

from frankmocap_ros.settings.command_limits import check_above
from frankmocap_ros.settings.schema import setting


@dataclass(frozen=True)
class BaseSettings:
    """Settings of what drives the robot's base; part of ``GateSettings``."""

    base_command: str = setting(
        "off",
        "Motion of the operator that drives the robot's base on ~/base_command: lean of the torso, or steps away from the place of engagement; both turn the base with the shoulders.",
        choices=("off", "lean", "step"),
        live=False,
    )
    base_max_speed: float = setting(0.3, "Maximum speed of the base.", unit="m/s", minimum=0.001, maximum=5.0)
    base_max_acceleration: float = setting(
        0.5, "Maximum acceleration of the base.", unit="m/s^2", minimum=0.01, maximum=20.0
    )
    base_max_angular_speed: float = setting(
        0.5, "Maximum angular speed of the base.", unit="rad/s", minimum=0.001, maximum=10.0
    )
    base_max_angular_acceleration: float = setting(
        1.0, "Maximum angular acceleration of the base.", unit="rad/s^2", minimum=0.01, maximum=50.0
    )
    base_lean_dead_zone_deg: float = setting(
        8.0, "Lean of the torso up to which the base rests.", unit="deg", minimum=1.0, maximum=60.0
    )
    base_lean_full_deg: float = setting(
        25.0,
        "Lean of the torso at which the base has its maximum speed.",
        unit="deg",
        minimum=2.0,
        maximum=80.0,
    )
    base_step_dead_zone: float = setting(
        0.2, "Displacement of the pelvis up to which the base rests.", unit="m", minimum=0.02, maximum=2.0
    )
    base_step_full: float = setting(
        0.6,
        "Displacement of the pelvis at which the base has its maximum speed.",
        unit="m",
        minimum=0.05,
        maximum=5.0,
    )
    base_turn_dead_zone_deg: float = setting(
        15.0,
        "Turn of the shoulders up to which the base does not turn.",
        unit="deg",
        minimum=1.0,
        maximum=90.0,
    )
    base_turn_full_deg: float = setting(
        45.0,
        "Turn of the shoulders at which the base has its maximum angular speed.",
        unit="deg",
        minimum=2.0,
        maximum=170.0,
    )

    def check_base(self) -> None:
        """Check values that depend on each other.

        Raises:
            SettingError: names the setting, the value and what is allowed.
        """
        check_above(self, "base_lean_dead_zone_deg", "base_lean_full_deg")
        check_above(self, "base_step_dead_zone", "base_step_full")
        check_above(self, "base_turn_dead_zone_deg", "base_turn_full_deg")
