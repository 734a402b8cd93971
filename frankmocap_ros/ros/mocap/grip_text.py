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
from typing import Final

from rclpy.lifecycle import LifecycleNode

from frankmocap_ros.ros.common.heard_grips import HeardGrips
from frankmocap_ros.ros.common.polling import Polling
from frankmocap_ros.teleop.hands.grip import grip_words

_SHOWN_S: Final = 1.0  # after its message


class GripText:
    """Listens from the first ``lines`` to ``close``; for the worker's thread.

    Args:
        node: what subscribes.
    """

    def __init__(self, node: LifecycleNode) -> None:
        self._node = node
        self._heard: tuple[Polling, HeardGrips] | None = None

    def lines(self) -> list[str]:
        """A line for each gripper that the gate tells of now."""
        if self._heard is None:
            polling = Polling(self._node, overridable=False)
            self._heard = polling, HeardGrips(polling, "gate")
        polling, grips = self._heard
        now_s = time.monotonic()
        polling.poll(now_s)
        return [f"{grip.side} gripper {grip_words(grip)}" for grip in grips.since(now_s - _SHOWN_S)]

    def close(self) -> None:
        """Hear nothing any more; a second time is allowed."""
        if self._heard is not None:
            self._heard[0].close()
            self._heard = None
