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

"""The gate's settings of how control is requested, and what keeps it, declared once (see ``settings/schema.py``)."""

from dataclasses import dataclass

from frankmocap_ros.settings.following import check_joints
from frankmocap_ros.settings.schema import setting


@dataclass(frozen=True)
class EngagementSettings:
    """Settings of how control is requested, and what keeps or ends it; part of ``GateSettings``."""

    required_joints: tuple[str, ...] = setting(
        ("left_shoulder", "right_shoulder", "left_wrist", "right_wrist"),
        "Joints that must be TRACKED and still to engage, and known to keep following.",
    )
    arming_s: float = setting(
        1.0, "Time that the operator must hold still to engage.", unit="s", minimum=0.1, maximum=30.0
    )
    arming_timeout_s: float = setting(
        10.0,
        "Maximum time that a request waits for the operator to hold still.",
        unit="s",
        minimum=0.5,
        maximum=600.0,
    )
    calibrate_service: str = setting(
        "",
        "Service (std_srvs/Trigger) that calibrates the operator's size while arming, such as frankmocap/calibrate. Empty: none.",
        live=False,
    )
    calm_speed: float = setting(
        0.25, "Maximum joint speed that counts as holding still.", unit="m/s", minimum=0.001, maximum=10.0
    )
    require_deadman: bool = setting(False, "Require a steady stream of true on ~/deadman for commands.")
    deadman_timeout_s: float = setting(
        0.5, "How long one true on ~/deadman holds.", unit="s", minimum=0.02, maximum=10.0
    )
    joy_engage_button: int = setting(
        -1, "Button of the topic joy that requests control; -1 disables it.", minimum=-1, maximum=63
    )
    joy_release_button: int = setting(
        -1, "Button of the topic joy that releases control; -1 disables it.", minimum=-1, maximum=63
    )
    gesture: bool = setting(
        False, "Hold both wrists above the head for gesture_s to request control, or to release it."
    )
    gesture_s: float = setting(
        1.0, "Time that the wrists must stay above the head.", unit="s", minimum=0.2, maximum=10.0
    )
    max_age_s: float = setting(
        0.2,
        "Maximum age of followed bodies; commands stop beyond it.",
        unit="s",
        minimum=0.02,
        maximum=2.0,
    )
    hold_s: float = setting(
        0.5,
        "Time that the last command is held after the operator is lost.",
        unit="s",
        minimum=0.0,
        maximum=10.0,
    )
    max_frozen_s: float = setting(
        0.5,
        "Time that all joints may stay exactly in place before the image counts as frozen; 0 disables the check.",
        unit="s",
        minimum=0.0,
        maximum=60.0,
    )
    max_missed_frames: int = setting(
        3, "Consecutive frames without the required joints before following stops.", minimum=1, maximum=100
    )
    min_confidence: float = setting(
        0.15, "Minimum confidence of a joint that is followed.", minimum=0.0, maximum=1.0
    )

    def check_engagement(self) -> None:
        """Check values that depend on each other.

        Raises:
            SettingError: names the setting, the value and what is allowed.
        """
        check_joints("required_joints", self.required_joints)
