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

"""The service that calibrates the operator's size: its answer comes when the size is in force."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from std_srvs.srv import Trigger

from frankmocap_ros.ros.common.rclpy_internals import LaterAnswer
from frankmocap_ros.ros.mocap.stream import Stream
from frankmocap_ros.ros.mocap.worker import Worker
from frankmocap_ros.tracking.size_calibration import POSTURE, TIMEOUT_S, Outcome

_PATIENCE_S: Final = TIMEOUT_S + 2.0  # of images' time; without images there is none


class _Waiting:
    """One request: answered once, by whichever thread comes first."""

    def __init__(self, give: Callable[[tuple[bool, str]], None], names: Sequence[str]) -> None:
        self._give = give
        self._answered = False
        self._names = tuple(names)
        self._outcomes: dict[str, Outcome] = {}
        self._lock = threading.Lock()

    def take(self, name: str, outcome: Outcome) -> None:
        """Take one camera's outcome; answers with the last one."""
        with self._lock:
            self._outcomes[name] = outcome
            if len(self._outcomes) < len(self._names):
                return
            outcomes = [(n, self._outcomes[n]) for n in self._names]
        words = "; ".join(f"{n}: {o.message}" if n else o.message for n, o in outcomes)
        self.answer(any(o.success for _, o in outcomes), words)

    def answer(self, success: bool, message: str) -> None:
        """Answer, unless that has been done."""
        with self._lock:
            if not self._answered:
                self._answered = True
                self._give((success, message))


class CalibrationService:
    """``~/calibrate`` of the mocap node.

    Requests are answered in their order. The worker measures, in its images; the executor waits for nothing.

    Args:
        node: has the service.
        streams: tells the cameras; each calibrates its own operator.
        worker: tells what processes images; None while the node is not active.
    """

    def __init__(
        self, node: Node, streams: Callable[[], Sequence[Stream]], worker: Callable[[], Worker | None]
    ) -> None:
        self._node, self._streams, self._worker = node, streams, worker
        self._waiting: _Waiting | None = None
        self._group = MutuallyExclusiveCallbackGroup()
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        node.create_service(Trigger, "~/calibrate", self._on_calibrate, callback_group=self._group)

    def end(self) -> None:
        """Answer who waits: no image will be processed any more."""
        if self._waiting is not None:
            self._waiting.answer(False, "the node was deactivated meanwhile; call ~/calibrate again")

    async def _on_calibrate(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        worker, streams = self._worker(), self._streams()
        if worker is None:
            response.success, response.message = False, "the node is not active; activate it first"
            return response
        later: LaterAnswer[tuple[bool, str]] = LaterAnswer(self._node)
        self._waiting = waiting = _Waiting(later.give, [stream.name for stream in streams])

        def begin() -> None:
            for stream in streams:
                stream.pipeline.calibrate(partial(waiting.take, stream.name))

        def give_up() -> None:
            waiting.answer(
                False, "no images are processed; see in /diagnostics why, and call ~/calibrate again"
            )

        self._node.get_logger().info(f"calibrating the operator's size: {POSTURE}")
        worker.between_frames(begin)
        # not in the service's group, which is taken until the answer
        timer = self._node.create_timer(
            _PATIENCE_S, give_up, clock=self._steady, callback_group=MutuallyExclusiveCallbackGroup()
        )
        answer = await later
        response.success, response.message = answer or (False, "the node ends")
        self._node.destroy_timer(timer)
        self._waiting = None
        self._node.get_logger().info(response.message)
        return response
