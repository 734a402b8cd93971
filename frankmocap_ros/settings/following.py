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

"""The gate's settings of what is followed, and in which frame, declared once (see ``settings/schema.py``)."""

from collections.abc import Sequence
from dataclasses import dataclass

from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS
from frankmocap_ros.errors import SettingError
from frankmocap_ros.settings.robot_model import ROBOT_MODEL
from frankmocap_ros.settings.schema import setting


@dataclass(frozen=True)
class FollowingSettings:
    """Settings of what is followed, and how it is seen; part of ``GateSettings``."""

    bodies: str = setting(
        "frankmocap/bodies", "Topic of the bodies that the mocap node publishes.", live=False
    )
    targets: tuple[str, ...] = setting(
        ("left_wrist", "right_wrist"),
        "Operator joints that drive commands; a robot's map names its own.",
        live=False,
    )
    robot: str = setting(
        "",
        "Robot to retarget to: its name, such as torso or unitree_g1, or a map's YAML file. Empty publishes poses only.",
        live=False,
    )
    robot_model: str = setting(
        "",
        ROBOT_MODEL,
        live=False,
    )
    relative_to: str = setting(
        "neck",
        "Joint that positions are measured from, so that walking moves nothing; camera measures them from the camera.",
        choices=("camera", *BODY.names),
    )
    base_frame: str = setting("base_link", "TF frame of the commands.", live=False)
    heading: str = setting(
        "operator",
        "Source of the robot's forward direction: where the operator faces at engagement, camera_yaw_deg, or TF.",
        choices=("operator", "camera", "tf"),
    )
    gravity: str = setting(
        "camera",
        "Source of the up direction: camera_roll_deg and camera_pitch_deg, or the topic imu of a sensor in the camera.",
        choices=("camera", "imu"),
    )
    camera_roll_deg: float = setting(
        0.0,
        "Roll of the mounted camera about its forward axis.",
        unit="deg",
        minimum=-180.0,
        maximum=180.0,
    )
    camera_pitch_deg: float = setting(
        0.0, "Pitch of the mounted camera; positive looks down.", unit="deg", minimum=-90.0, maximum=90.0
    )
    camera_yaw_deg: float = setting(
        180.0,
        "Viewing direction of the camera in the robot's base frame, with heading: camera; 180 looks at the robot's front.",
        unit="deg",
        minimum=-180.0,
        maximum=180.0,
    )
    imu_axes: str = setting(
        "optical",
        "Axes of the IMU: the camera's optical frame or its body frame.",
        choices=("optical", "body"),
    )
    motion_scale: float = setting(
        1.0, "Scale from operator motion to robot motion.", minimum=0.01, maximum=10.0
    )
    mirror: bool = setting(False, "Mirror the operator: the left arm moves the robot's right arm.")
    reference: str = setting(
        "measured",
        "Robot pose at engagement: measured from joint_states (with a map) or ~/reference/<target>, or home: the posture in the map, zero without one.",
        choices=("measured", "home"),
    )
    align_s: float = setting(
        0.0,
        "Time after engagement in which the robot moves into the operator's posture; 0 keeps the offset. Needs a map.",
        unit="s",
        minimum=0.0,
        maximum=60.0,
    )

    def check_following(self) -> None:
        """Check values that depend on each other.

        Raises:
            SettingError: names the setting, the value and what is allowed.
        """
        check_joints("targets", self.targets)
        if not self.targets or len(set(self.targets)) != len(self.targets):
            raise SettingError(f"targets: {list(self.targets)} must name at least one joint, and none twice")


def check_joints(name: str, joints: Sequence[str]) -> None:
    """Check that a setting names joints.

    Raises:
        SettingError: names the setting, the unknown joints and what is allowed.
    """
    if unknown := [joint for joint in joints if joint not in BODY_WITH_HANDS.index]:
        raise SettingError(
            f"{name}: unknown joint {', '.join(unknown)}; allowed: {', '.join(BODY_WITH_HANDS.names)}"
        )
