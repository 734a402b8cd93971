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

"""What the gate wants of each gripper, for the annotated image."""

import time
from functools import partial
from typing import Final

from rclpy.lifecycle import LifecycleNode

from frankmocap_ros.body.skeleton import SIDES
from frankmocap_ros.msg import Grip as GripMsg
from frankmocap_ros.ros.common.conversions import read_grip
from frankmocap_ros.ros.common.polling import Polling
from frankmocap_ros.ros.common.qos import incoming
from frankmocap_ros.teleop.hands.grip import Grip, grip_words

_SHOWN_S: Final = 1.0  # after its message


class GripText:
    """Listens from the first ``lines`` to ``close``; for the worker's thread.

    Args:
        node: what subscribes.
    """

    def __init__(self, node: LifecycleNode) -> None:
        self._node = node
        self._polling: Polling | None = None
        self._grips: dict[str, tuple[float, Grip]] = {}

    def lines(self) -> list[str]:
        """A line for each gripper that the gate tells of now."""
        if self._polling is None:
            self._polling = Polling(self._node, overridable=False)
            for side in SIDES:
                self._polling.subscribe(GripMsg, f"gate/grip/{side}", partial(self._heard, side), incoming(1))
        now_s = time.monotonic()
        self._polling.poll(now_s)
        grips = [(side, grip) for side, (s, grip) in sorted(self._grips.items()) if now_s - s < _SHOWN_S]
        return [f"{side} gripper {grip_words(grip)}" for side, grip in grips]

    def close(self) -> None:
        """Hear nothing any more; a second time is allowed."""
        if self._polling is not None:
            self._polling.close()
            self._polling = None
            self._grips.clear()

    def _heard(self, side: str, msg: GripMsg, now_s: float) -> None:
        self._grips[side] = (now_s, read_grip(msg))
