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

"""What ends the process of a node: SIGINT and SIGTERM.

rclpy's own handlers shut ROS down at once, and nothing can be published any more. ``EndSignals`` leaves ROS
as it is. With both, KeyboardInterrupt becomes an error of another type where it meets rclpy's C++ code:
``came`` tells that there was a signal.
"""

import signal
import socket
import threading
from collections.abc import Mapping
from types import FrameType
from typing import Any, Final

import rclpy
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Leaves signals to rclpy, for the process's main thread. SIGINT raises KeyboardInterrupt as well.

    Attributes:
        how: arguments of ``rclpy.init``.
        came: whether there was a SIGINT.
    """

    how: Mapping[str, Any] = {}

    def __init__(self) -> None:
        self.came = False
        signal.signal(signal.SIGINT, self._handle)

    def spin(self, node: Node) -> None:
        """Serve a node until ROS ends."""
        if rclpy.ok():
            rclpy.spin(node)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.came = True
        raise KeyboardInterrupt


class EndSignals:
    """Waits for a signal, for the process's main thread.

    A signal raises KeyboardInterrupt before ``spin``, ends it from then on, and does nothing after it.

    Attributes:
        how: arguments of ``rclpy.init``.
        came: whether there was a signal.
    """

    how: Mapping[str, Any] = {"signal_handler_options": SignalHandlerOptions.NO}

    def __init__(self) -> None:
        self.came = False
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
        self.came = True
        if not self._spins:
            raise KeyboardInterrupt

    def _watch(self) -> None:
        while self._read.recv(1)[:1] not in {bytes((number,)) for number in _SIGNALS}:
            pass
        self._asked.set_result(None)
