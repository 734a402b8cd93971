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

"""What ends a node's process, where the signal meets rclpy's own code."""

import os
import signal
import time

import pytest

from frankmocap_ros.ros.common import running


class Node:
    def destroy_node(self):
        pass


@pytest.fixture
def spun(monkeypatch):
    """Runs a node whose spinning is a function; ROS goes on all the while."""
    monkeypatch.setattr(running, "start_ros", lambda *_, **__: None)
    monkeypatch.setattr(running.rclpy, "ok", lambda: True)
    monkeypatch.setattr(running.rclpy, "try_shutdown", lambda: None)
    before = signal.getsignal(signal.SIGINT)

    def run(spin):
        monkeypatch.setattr(running.rclpy, "spin", spin)
        return running.run_node(lambda **_: Node(), ["node"], {})

    yield run
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_that_cpp_turns_into_another_error_ends_it(spun):
    def spin(node):
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(60.0)
        except KeyboardInterrupt as error:
            raise RuntimeError("Unable to convert call argument '0' to Python object") from error

    assert spun(spin) == 0


def test_an_error_without_a_signal_is_one(spun):
    def spin(node):
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        spun(spin)
