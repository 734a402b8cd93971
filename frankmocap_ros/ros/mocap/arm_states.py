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

"""The joint angles of the operator's arms as a message."""

from sensor_msgs.msg import JointState
from std_msgs.msg import Header

from frankmocap_ros.body.arm_angles import ArmAngles
from frankmocap_ros.body.pose import Frame


class ArmStates:
    """One JointState, refilled for every frame. For one thread; publish before the next ``message``."""

    def __init__(self) -> None:
        self._arms = ArmAngles()
        self._message = JointState()

    def message(self, frame: Frame, header: Header) -> JointState | None:
        """Names and positions [rad] of the joints that are known; the header is the image's.

        None where there is no operator, or nothing is known of either arm.
        """
        if not frame.operator_id or not frame.bodies:
            return None
        angles = self._arms.of(frame.bodies[0])
        if not angles:
            return None
        message = self._message
        message.header, message.name, message.position = header, list(angles), list(angles.values())
        return message
