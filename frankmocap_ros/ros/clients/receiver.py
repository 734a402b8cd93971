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

"""A subscriber that notes how old each image is when its bodies are there."""

import threading
import time
from dataclasses import dataclass

from diagnostic_msgs.msg import DiagnosticArray

from frankmocap_ros.msg import BodyPoseArray
from frankmocap_ros.ros.clients.watcher import Watcher
from frankmocap_ros.runtime.message_stamps import nanoseconds


@dataclass(frozen=True)
class Receipt:
    """One message.

    Attributes:
        received_s: when it was there, on the steady clock [s].
        stamp_ns: the image's stamp [ns].
        age_ms: clock minus stamp when it was there [ms].
        inference_ms: what the node took for the image [ms].
        sequence: the node's number of the frame.
        bodies: how many.
    """

    received_s: float
    stamp_ns: int
    age_ms: float
    inference_ms: float
    sequence: int
    bodies: int


class Receiver(Watcher):
    """Receives bodies as a controller does, and does nothing else with them.

    Args:
        mocap: name of the mocap node.
    """

    def __init__(self, mocap: str = "frankmocap") -> None:
        self._receipts: list[Receipt] = []
        self._values: dict[str, str] = {}
        self._own_lock = threading.Lock()
        self._topic = f"{mocap}/bodies"
        super().__init__(mocap)

    def knows_node(self, limit_s: float) -> bool:
        """Whether bodies are published; checks once, after ``limit_s``."""
        time.sleep(limit_s)
        return self.count_publishers(self._topic) > 0

    def receipts(self) -> list[Receipt]:
        """All of them, in order of arrival; a copy."""
        return self._receipts.copy()

    def values(self) -> dict[str, str]:
        """The node's latest diagnostics."""
        with self._own_lock:
            return dict(self._values)

    def _on_bodies(self, msg: BodyPoseArray) -> None:
        now_ns, now_s = self.get_clock().now().nanoseconds, time.perf_counter()
        stamp_ns = nanoseconds(msg.header.stamp)
        bodies = len(msg.bodies)
        age_ms = 1e-6 * (now_ns - stamp_ns)
        self._receipts.append(
            Receipt(now_s, stamp_ns, age_ms, float(msg.inference_ms), int(msg.sequence), bodies)
        )
        self.first_frame.set()
        if bodies:
            self.first_body.set()

    def _on_diagnostics(self, msg: DiagnosticArray) -> None:
        super()._on_diagnostics(msg)
        for status in msg.status:
            if status.name.endswith(self._status_name):
                with self._own_lock:
                    self._values = {value.key: value.value for value in status.values}
