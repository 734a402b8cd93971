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

"""Where up, and forward, is for the camera: from an IMU in it, or from TF."""

import math

import numpy as np
from builtin_interfaces.msg import Time
from sensor_msgs.msg import Imu

from frankmocap_ros.body.frames import BODY_FROM_OPTICAL, level_from_gravity
from frankmocap_ros.body.message_fields import xyz
from frankmocap_ros.errors import TransformError
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW, Array
from frankmocap_ros.ros.common.polling import Polling
from frankmocap_ros.ros.common.qos import IMAGES
from frankmocap_ros.ros.common.transforms import Transforms
from frankmocap_ros.settings.gate import GateSettings

_SILENT_S = 1.0
_SMOOTHING_S = 0.5  # a hand that shakes the camera is no gravity


class Gravity:
    """Low-passed acceleration of the topic ``imu``.

    Args:
        polling: subscribes and polls.
    """

    def __init__(self, polling: Polling) -> None:
        self._up = np.zeros(3)
        self._heard_s = -math.inf
        self._polling = polling
        self._listens = False

    def listen(self) -> None:
        """Subscribe."""
        if not self._listens:
            self._listens = True
            self._polling.subscribe(Imu, "imu", self._on_imu, IMAGES)

    def _on_imu(self, msg: Imu, time_s: float) -> None:
        measured = np.array(xyz(msg.linear_acceleration))
        if not np.isfinite(measured).all():
            return
        passed = time_s - self._heard_s
        gain = 1.0 if passed > _SILENT_S else passed / (passed + _SMOOTHING_S)
        self._up = self._up + gain * (measured - self._up)
        self._heard_s = time_s

    def level(self, config: GateSettings, time_s: float) -> Array | str:
        """Rotation from the optical to a level frame, or why it is not known."""
        if not time_s - self._heard_s <= _SILENT_S:
            return f"gravity: imu, but nothing was received on the topic imu for {_SILENT_S:g} s"
        body_from_sensor = BODY_FROM_OPTICAL if config.imu_axes == "optical" else IDENTITY_XYZW
        level = level_from_gravity(self._up, body_from_sensor, math.radians(config.camera_yaw_deg))
        return "the topic imu does not measure gravity: is the camera falling?" if level is None else level


def level_from_tf(transforms: Transforms, base_frame: str, frame_id: str, stamp: Time) -> Array | str:
    """Rotation from ``frame_id`` to ``base_frame`` at a time, or why it is not known."""
    try:
        return transforms.placement(base_frame, frame_id, stamp).rotation_xyzw
    except TransformError as error:
        return f"heading: tf, but there is no transform from {frame_id!r} to {base_frame!r}: {error}"
