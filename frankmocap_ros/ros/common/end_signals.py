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

"""SIGINT and SIGTERM that end a spin, and leave ROS as it is: who ends can still publish.

rclpy's own handlers shut ROS down at once, and nothing can be published any more.
"""

import signal
import socket
import threading
from types import FrameType
from typing import Final

import rclpy
from rclpy.node import Node
from rclpy.task import Future

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class EndSignals:
    """Waits for a signal, for the process's main thread; ROS was initialized without handlers of its own.

    A signal raises KeyboardInterrupt before ``spin``, ends it from then on, and does nothing after it.
    """

    def __init__(self) -> None:
        self._asked: Future = Future()
        self._spins = False
        self._read, self._write = socket.socketpair()
        self._write.setblocking(False)
        for number in _SIGNALS:
            signal.signal(number, self._handle)
        # Python's handlers wait until the main thread leaves DDS; a byte comes at once
        signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=self._watch, name="signals", daemon=True).start()

    def spin(self, node: Node) -> None:
        """Serve a node until a signal comes, or came."""
        self._spins = True
        rclpy.spin_until_future_complete(node, self._asked)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if not self._spins:
            raise KeyboardInterrupt

    def _watch(self) -> None:
        while self._read.recv(1)[:1] not in {bytes((number,)) for number in _SIGNALS}:
            pass
        self._asked.set_result(None)
