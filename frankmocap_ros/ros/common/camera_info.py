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

"""Cameras as CameraInfo."""

from sensor_msgs.msg import CameraInfo

from frankmocap_ros.geometry.camera_model import Camera
from frankmocap_ros.geometry.distortion import PLUMB_BOB


def camera_info(camera: Camera | None, width: int, height: int) -> CameraInfo:
    """A camera as a message; one that is not calibrated has K zero, as the message asks.

    Args:
        camera: the camera, None where it is not known.
        width: width of its images [px].
        height: height of its images [px].
    """
    msg = CameraInfo(width=width, height=height, distortion_model=PLUMB_BOB, d=[0.0] * 5)
    msg.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    if camera is not None:
        fx, fy, cx, cy = camera.fx, camera.fy, camera.cx, camera.cy
        msg.k = [fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0]
        msg.p = [fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0]
        if camera.distortion is not None:
            msg.distortion_model, msg.d = camera.distortion.model, list(camera.distortion.coefficients)
    return msg
