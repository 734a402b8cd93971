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

"""What the gate wants of each gripper, as it is heard."""

from functools import partial

from frankmocap_ros.body.skeleton import SIDES
from frankmocap_ros.msg import Grip as GripMsg
from frankmocap_ros.ros.common.conversions import read_grip
from frankmocap_ros.ros.common.polling import Polling
from frankmocap_ros.ros.common.qos import incoming
from frankmocap_ros.teleop.hands.grip import Grip


class HeardGrips:
    """The newest grip of each side; for the thread that polls.

    Args:
        polling: what subscribes.
        gate: name of the gate, in front of ``grip/<side>``.
    """

    def __init__(self, polling: Polling, gate: str) -> None:
        self._grips: dict[str, tuple[float, Grip]] = {}
        for side in SIDES:
            polling.subscribe(GripMsg, f"{gate}/grip/{side}", partial(self._on_grip, side), incoming(1))

    def since(self, time_s: float) -> list[Grip]:
        """What has been heard since a time of the polling thread [s], the left one first."""
        return [grip for _, (heard_s, grip) in sorted(self._grips.items()) if heard_s > time_s]

    def _on_grip(self, side: str, msg: GripMsg, now_s: float) -> None:
        self._grips[side] = (now_s, read_grip(msg))
