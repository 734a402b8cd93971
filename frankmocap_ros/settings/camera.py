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

"""Every setting of the camera node, declared once (see ``settings/schema.py``)."""

from dataclasses import dataclass

from frankmocap_ros.errors import SettingError
from frankmocap_ros.settings.schema import setting

_LEAST_FOV_DEG = 1.0


@dataclass(frozen=True)
class CameraSettings:
    """Settings of the camera node."""

    source: str = setting(
        "auto",
        "Image source: a video file, an image file, a rosbag2 folder or .mcap file (BAG:/TOPIC names its topic of images), /dev/videoN, synthetic, or auto. auto opens the first webcam, or without one a photograph from an installed package.",
        live=False,
    )
    wait_for_source: bool = setting(
        True,
        "Retry while the source cannot be opened at start; false ends the node instead. A source that is lost later is always reopened.",
        live=False,
    )
    rate_hz: float = setting(
        0.0,
        "Image rate; 0 keeps the source's own rate.",
        unit="Hz",
        minimum=0.0,
        maximum=1000.0,
        live=False,
    )
    loop: bool = setting(True, "Restart a video at its end.")
    width: int = setting(
        0,
        "Maximum image width; wider images are downscaled. 0 keeps the source's width.",
        unit="px",
        minimum=0,
        maximum=7680,
        live=False,
    )
    frame_id: str = setting("camera_optical_frame", "TF frame of the images.", live=False)
    horizontal_fov_deg: float = setting(
        0.0,
        "Field of view along the longer side of the image (its height in portrait), for camera_info. 0 marks the camera as uncalibrated (K is zero); the synthetic camera then uses its own.",
        unit="deg",
        minimum=0.0,
        maximum=170.0,
        live=False,
    )
    rectified: str = setting(
        "auto",
        "Whether a bag's images are rectified: then P of its CameraInfo holds, else K and the distortion D; auto goes by the topic's name, such as image_rect.",
        choices=("auto", "true", "false"),
        live=False,
    )
    camera_info: bool = setting(True, "Publish camera_info.", live=False)
    raw: bool = setting(True, "Publish raw images on image.", live=False)
    compressed: bool = setting(False, "Publish JPEG images on image/compressed.", live=False)
    depth: bool = setting(
        False,
        "Publish depth in meters, aligned to image; only the synthetic source and bags with depth provide it.",
        live=False,
    )
    jpeg_quality: int = setting(90, "JPEG quality of image/compressed.", minimum=1, maximum=100)
    motion: str = setting(
        "wave",
        "Motion of the synthetic figure.",
        choices=("wave", "walk_out", "cross", "stall", "reach", "grip"),
        live=False,
    )

    def __post_init__(self) -> None:
        if 0.0 < self.horizontal_fov_deg < _LEAST_FOV_DEG:
            raise SettingError(
                f"horizontal_fov_deg: {self.horizontal_fov_deg:g} is no camera's; allowed: 0 (unknown), or "
                f"{_LEAST_FOV_DEG:g} to 170 deg"
            )
