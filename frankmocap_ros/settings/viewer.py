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

"""Every setting of the browser view, declared once (see ``settings/schema.py``)."""

from dataclasses import dataclass

from frankmocap_ros.settings.robot_model import ROBOT_MODEL
from frankmocap_ros.settings.schema import setting


@dataclass(frozen=True)
class ViewerSettings:
    """Settings of the browser view."""

    host: str = setting(
        "127.0.0.1",
        "Address to serve on. The default accepts connections from this machine only; 0.0.0.0 lets everyone on the network see the camera and set parameters.",
        live=False,
    )
    port: int = setting(8080, "Port to serve on.", minimum=1, maximum=65535, live=False)
    node: str = setting("frankmocap", "Name of the mocap node to show.", live=False)
    gate: str = setting("gate", "Name of the gate to show.", live=False)
    recorder: str = setting("recorder", "Name of the recorder that the buttons are for.", live=False)
    simulation: str = setting(
        "robot_sim", "Name of the simulated robot, whose objects are shown.", live=False
    )
    robot: str = setting(
        "",
        "Robot to draw from joint_states: its name, such as torso or unitree_g1, or a map's YAML file. Empty draws none.",
        live=False,
    )
    robot_model: str = setting(
        "",
        ROBOT_MODEL,
        live=False,
    )
    robot_image: str = setting(
        "",
        "Topic of the robot's own camera (Image, or CompressedImage if it ends in /compressed), shown beside the person. Empty shows none.",
        live=False,
    )
    robot_pose: tuple[float, ...] = setting(
        (2.6, -1.2, 0.0, 180.0),
        "Pose of the drawn robot: x ahead of the camera, y to its left, z above the floor [m], and yaw [deg].",
        minimum=-360.0,
        maximum=360.0,
        live=False,
    )
    axes: str = setting(
        "optical",
        "Axes of the received poses: optical, as a camera gives them, or level: x forward and z up from the floor, as with the mocap node's target_frame.",
        choices=("optical", "level"),
    )
    rate_hz: float = setting(15.0, "Maximum update rate of the scene.", unit="Hz", minimum=1.0, maximum=60.0)
    image_rate_hz: float = setting(
        8.0, "Maximum rate of camera images.", unit="Hz", minimum=0.5, maximum=30.0
    )
    image_width: int = setting(
        480,
        "Maximum width of camera images; wider images are downscaled.",
        unit="px",
        minimum=80,
        maximum=1920,
    )
    camera_height_m: float = setting(
        0.0,
        "Height of the camera above the floor; 0 puts the floor at people's feet.",
        unit="m",
        minimum=0.0,
        maximum=10.0,
    )
    camera_pitch_deg: float = setting(
        0.0, "Pitch of the camera; positive looks down.", unit="deg", minimum=-90.0, maximum=90.0
    )
