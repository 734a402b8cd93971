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

"""Every setting of the gate, from the modules that declare them; and those of a simulated robot's gate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from frankmocap_ros.settings.base_motion import BaseSettings
from frankmocap_ros.settings.command_limits import LimitSettings
from frankmocap_ros.settings.engagement import EngagementSettings
from frankmocap_ros.settings.engagement_checks import CheckSettings
from frankmocap_ros.settings.following import FollowingSettings
from frankmocap_ros.settings.grip import GripSettings
from frankmocap_ros.settings.robot_stops import StopSettings
from frankmocap_ros.settings.trajectories import TrajectorySettings
from frankmocap_ros.settings.whole_body import WholeBodySettings


@dataclass(frozen=True)
class GateSettings(
    GripSettings,
    WholeBodySettings,
    CheckSettings,
    BaseSettings,
    TrajectorySettings,
    StopSettings,
    LimitSettings,
    EngagementSettings,
    FollowingSettings,
):
    """Settings of the gate; dataclasses order fields from the last base to the first."""

    def __post_init__(self) -> None:
        """Check values that depend on each other.

        Raises:
            SettingError: names the setting, the value and what is allowed.
        """
        self.check_following()
        self.check_engagement()
        self.check_limits()
        self.check_stops()
        self.check_base()
        self.check_skipped()
        self.check_grip()
        self.check_whole_body(self.rate_hz)


SIMULATED: Final[Mapping[str, object]] = {
    "arming_s": 0.5,
    "calm_speed": 1.0,
    "arming_timeout_s": 60.0,
    "trajectory_velocities": True,
    "robot_controllers": False,
    "align_s": 2.0,
    "max_speed": 3.0,
    "max_acceleration": 60.0,
    "max_prediction_ms": 0.0,
    "reject_speed": 12.0,
}
"""The gate of a simulated robot: it endangers nobody: it is quick, and starts while people move. A map's
``simulation_limits`` come before it."""
