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

"""The clocks that a node's worker lives by. Others may be put in place, such as one that a test steps."""

import time
from typing import Protocol

from rclpy.clock import Clock


class Clocks(Protocol):
    """A steady clock and ROS time, and waiting for the steady clock. Threads may share it."""

    def steady_ns(self) -> int:
        """Time that is never set and never stands still, since some moment [ns]."""

    def ros_ns(self) -> int:
        """ROS time, as stamps have it [ns]."""

    def sleep(self, seconds: float) -> None:
        """Return when the steady clock is later by that much [s]."""


class NodeClocks:
    """The computer's steady clock, and ROS time as a node has it.

    Args:
        ros: the node's clock.
    """

    def __init__(self, ros: Clock) -> None:
        self._ros = ros

    def steady_ns(self) -> int:
        """See ``Clocks``."""
        return time.monotonic_ns()

    def ros_ns(self) -> int:
        """See ``Clocks``; what ``use_sim_time`` makes of it."""
        return int(self._ros.now().nanoseconds)

    def sleep(self, seconds: float) -> None:
        """See ``Clocks``."""
        time.sleep(seconds)


def steady_s(clocks: Clocks) -> float:
    """The steady clock [s]."""
    return 1e-9 * clocks.steady_ns()
