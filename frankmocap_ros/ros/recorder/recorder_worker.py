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

"""The recorder's polling thread: takes what has come and hands it over to the writer."""

import threading
import traceback
from collections import deque
from collections.abc import Callable
from typing import Final

from rclpy.node import Node

from frankmocap_ros.recording.episodes import EpisodeInfo
from frankmocap_ros.recording.recorder import Answer, Recorder
from frankmocap_ros.ros.common.rclpy_internals import ros_runs
from frankmocap_ros.ros.recorder.recorded_topics import RecordedTopics

_PERIOD_S: Final = 0.02
_IDLE_PERIOD_S: Final = 0.05  # how soon a button or a request is noticed


class RecorderWorker:
    """Polls topics; requests are served between two polls, so that an episode holds what came before its end.

    Args:
        node: whose logger and clock it uses.
        topics: what it polls.
        recorder: what it hands messages to.
        poll_buttons: is called at each poll.
    """

    def __init__(
        self, node: Node, topics: RecordedTopics, recorder: Recorder, poll_buttons: Callable[[], None]
    ) -> None:
        self._node, self._topics, self._recorder = node, topics, recorder
        self._poll_buttons = poll_buttons
        self._requests: deque[Callable[[], None]] = deque()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="poll", daemon=True)

    def start_thread(self) -> None:
        """Begin to poll."""
        self._thread.start()

    def start(self, info: EpisodeInfo, answer: Callable[[Answer], None]) -> None:
        """Begin an episode; see ``Recorder.start``."""
        self._requests.append(lambda: self._recorder.start(info, answer))

    def stop(self, outcome: str, notes: str, answer: Callable[[Answer], None]) -> None:
        """End the episode with what has come by now; see ``Recorder.stop``."""
        self._requests.append(lambda: self._recorder.stop(outcome, notes, answer))

    def close(self) -> None:
        """Poll once more, and end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(_PERIOD_S if self._recorder.wants_messages else _IDLE_PERIOD_S):
            self._turn()
        self._turn()

    def _turn(self) -> None:
        try:
            messages = self._topics.poll()
            if self._recorder.wants_messages:
                for message in messages:
                    self._recorder.put(message)
            self._poll_buttons()
            while self._requests:
                self._requests.popleft()()
        except Exception:
            if ros_runs(self._node):
                self._node.get_logger().error(traceback.format_exc(), throttle_duration_sec=1.0)
