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

"""The gate's settings of what limits and smooths commands, declared once (see ``settings/schema.py``)."""

from dataclasses import dataclass

from frankmocap_ros.errors import SettingError
from frankmocap_ros.settings import one_euro
from frankmocap_ros.settings.schema import setting


@dataclass(frozen=True)
class LimitSettings:
    """Settings of what limits and smooths commands; part of ``GateSettings``."""

    max_speed: float = setting(1.5, "Maximum speed of a command.", unit="m/s", minimum=0.001, maximum=20.0)
    max_acceleration: float = setting(
        15.0, "Maximum acceleration of a command.", unit="m/s^2", minimum=0.01, maximum=500.0
    )
    max_angular_speed: float = setting(
        6.0, "Maximum angular speed of a command.", unit="rad/s", minimum=0.001, maximum=100.0
    )
    max_angular_acceleration: float = setting(
        60.0, "Maximum angular acceleration of a command.", unit="rad/s^2", minimum=0.01, maximum=5000.0
    )
    reject_speed: float = setting(
        8.0,
        "Joint speed above which a measurement is rejected as an outlier.",
        unit="m/s",
        minimum=0.01,
        maximum=100.0,
    )
    reject_angular_speed: float = setting(
        60.0,
        "Angular joint speed above which a measurement is rejected as an outlier.",
        unit="rad/s",
        minimum=0.01,
        maximum=1000.0,
    )
    workspace_min: tuple[float, ...] = setting(
        (-2.0, -2.0, -2.0),
        "Lower corner of the command workspace, in base_frame.",
        unit="m",
        minimum=-100.0,
        maximum=100.0,
    )
    workspace_max: tuple[float, ...] = setting(
        (2.0, 2.0, 2.0),
        "Upper corner of the command workspace, in base_frame.",
        unit="m",
        minimum=-100.0,
        maximum=100.0,
    )
    depth_mode: str = setting(
        "follow",
        "What counts of the operator's motion along the camera's line of sight: follow all of it, scaled by its certainty, locked none.",
        choices=("follow", "scaled", "locked"),
    )
    depth_half_stddev_m: float = setting(
        0.1,
        "Standard deviation along the line of sight at which half of the motion along it counts, with depth_mode: scaled.",
        unit="m",
        minimum=0.001,
        maximum=10.0,
    )
    slow_stddev_m: float = setting(
        0.0,
        "Standard deviation of a followed joint above which its commands slow down: to rest at hold_stddev_m, or without that in inverse proportion. 0 disables it.",
        unit="m",
        minimum=0.0,
        maximum=10.0,
    )
    hold_stddev_m: float = setting(
        0.0,
        "Standard deviation above which a joint counts as not seen; for required_joints that leads to HOLD. 0 disables it.",
        unit="m",
        minimum=0.0,
        maximum=10.0,
    )
    smoothing: str = one_euro.smoothing(
        "Filter for the operator's joints, in addition to the mocap node's own."
    )
    one_euro_min_cutoff_hz: float = one_euro.min_cutoff_hz(4.0)
    one_euro_beta: float = one_euro.beta(10.0)
    one_euro_derivative_cutoff_hz: float = one_euro.derivative_cutoff_hz()
    max_prediction_ms: float = setting(
        20.0,
        "Maximum extrapolation from image time to command time; 0 disables it.",
        unit="ms",
        minimum=0.0,
        maximum=300.0,
    )
    rate_hz: float = setting(100.0, "Command rate.", unit="Hz", minimum=10.0, maximum=500.0, live=False)
    max_tracking_error: float = setting(
        0.6,
        "Maximum distance between the robot's reported state and its commands. Following stops when a joint, or a target without a map, exceeds it for 0.3 s. 0 disables the check: the robot may then jump.",
        unit="rad or m",
        minimum=0.0,
        maximum=10.0,
    )

    def check_limits(self) -> None:
        """Check values that depend on each other.

        Raises:
            SettingError: names the setting, the value and what is allowed.
        """
        check_above(self, "max_speed", "reject_speed")
        check_above(self, "max_angular_speed", "reject_angular_speed")
        if 0.0 < self.hold_stddev_m <= self.slow_stddev_m:
            raise SettingError(
                f"hold_stddev_m: {self.hold_stddev_m:g} must be above slow_stddev_m, {self.slow_stddev_m:g}, "
                "or 0 for none"
            )
        if not all(low < high for low, high in zip(self.workspace_min, self.workspace_max, strict=True)):
            raise SettingError(
                f"workspace_min: {list(self.workspace_min)} must be below workspace_max, "
                f"{list(self.workspace_max)}, on every axis"
            )


def check_above(settings: object, low: str, high: str) -> None:
    """Check that one setting is above another.

    Raises:
        SettingError: names both and their values.
    """
    below, above = getattr(settings, low), getattr(settings, high)
    if above <= below:
        raise SettingError(f"{high}: {above:g} must be above {low}, {below:g}")
