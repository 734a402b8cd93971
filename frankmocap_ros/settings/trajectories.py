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

"""The gate's settings of how joints are sent, declared once (see ``settings/schema.py``)."""

from dataclasses import dataclass

from frankmocap_ros.settings.schema import setting


@dataclass(frozen=True)
class TrajectorySettings:
    """Settings of how joints are sent; part of ``GateSettings``."""

    trajectory_lead_s: float = setting(
        0.05,
        "Time from a joint trajectory's stamp to its point. Increase it where the joints need longer to get there.",
        unit="s",
        minimum=0.001,
        maximum=1.0,
    )
    trajectory_velocities: bool = setting(
        False,
        "Include velocities in joint trajectories. ros2_controllers rejects a moving last point unless allow_nonzero_velocity_at_trajectory_end is set.",
    )
    robot_controllers: bool = setting(
        True,
        "Commands go to the topics that the map's controllers names, as well; off where the robot is simulated.",
        live=False,
    )
