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

"""The gate's settings of grippers, declared once (see ``settings/schema.py``)."""

from dataclasses import dataclass

from frankmocap_ros.errors import SettingError
from frankmocap_ros.settings.schema import setting


@dataclass(frozen=True)
class GripSettings:
    """Settings of what opens and shuts grippers; part of ``GateSettings``."""

    grip: str = setting(
        "off",
        "What opens and shuts grippers: thumb and index finger (pinch), all fingers (hand), axes of the topic joy, or the topics ~/grip_command/left and right (std_msgs/Float64, 0 shut to 1 open).",
        choices=("off", "pinch", "hand", "joy", "topic"),
        live=False,
    )
    grip_calibration: str = setting(
        "defaults",
        "Range of the operator's hands, with grip: pinch or hand: that of people in general, or what the operator shows while arming.",
        choices=("defaults", "arming"),
    )
    grip_edge_deg: float = setting(
        15.0,
        "Angle between the palm and the line of sight below which a hand counts as not seen; 0 disables it.",
        unit="deg",
        minimum=0.0,
        maximum=80.0,
    )
    max_grip_speed: float = setting(
        4.0,
        "Maximum speed of a gripper's opening; at 1, from open to shut takes a second.",
        unit="1/s",
        minimum=0.01,
        maximum=50.0,
    )
    grip_joy_axis_left: int = setting(
        2, "Axis of the topic joy under the operator's left hand; -1 disables it.", minimum=-1, maximum=63
    )
    grip_joy_axis_right: int = setting(
        5, "Axis of the topic joy under the operator's right hand; -1 disables it.", minimum=-1, maximum=63
    )
    grip_joy_shut: float = setting(
        -1.0, "Value of the axis at which the gripper is shut.", minimum=-1.0, maximum=1.0
    )
    grip_joy_open: float = setting(
        1.0, "Value of the axis at which the gripper is open.", minimum=-1.0, maximum=1.0
    )
    grip_timeout_s: float = setting(
        0.5,
        "How long one message of joy or ~/grip_command holds; the gripper stays as it is beyond it.",
        unit="s",
        minimum=0.02,
        maximum=10.0,
    )

    @property
    def grip_by_hand(self) -> bool:
        """Whether the operator's fingers open and shut grippers."""
        return self.grip in ("pinch", "hand")

    def check_grip(self) -> None:
        """Check values that depend on each other.

        Raises:
            SettingError: names the setting, the value and what is allowed.
        """
        if self.grip_joy_shut == self.grip_joy_open:
            raise SettingError(
                f"grip_joy_shut: {self.grip_joy_shut:g} must differ from grip_joy_open, "
                f"{self.grip_joy_open:g}"
            )
        if self.grip == "joy" and max(self.grip_joy_axis_left, self.grip_joy_axis_right) < 0:
            raise SettingError(
                "grip: joy: grip_joy_axis_left and grip_joy_axis_right are -1; set one of them to the axis "
                "that `ros2 topic echo joy` shows"
            )
