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

"""Answers of another node's service, asked for again and again by an executor that never waits."""

import math
import time
from collections.abc import Callable
from typing import Any, Final

from rclpy.node import Node
from rclpy.task import Future

PERIOD_S: Final = 2.0
"""Between two questions of which the first was answered: parameters and controllers change meanwhile."""
TIMEOUT_S: Final = 1.0
"""A server that does not answer for longer cannot be asked: its last answer is forgotten."""


class CachedService:
    """The newest answer of one service. For the executor's thread alone.

    Attributes:
        answer: the newest answer; None where there is no such service, or none that answers.

    Args:
        node: who asks.
        kind: type of the service.
        name: full name of the service.
        on_answer: called after each answer.
    """

    def __init__(
        self, node: Node, kind: type, name: str, on_answer: Callable[[], None] = lambda: None
    ) -> None:
        self._node = node
        self._client: Any = node.create_client(kind, name)
        self._on_answer = on_answer
        self._pending: Future | None = None
        self._asked_s = -math.inf
        self.answer: Any | None = None

    def ask(self, request: Any) -> None:
        """Send a request if one is due; returns at once."""
        now_s = time.monotonic()
        if not self._client.service_is_ready():
            self._give_up()
            return
        if self._pending is not None:
            if now_s - self._asked_s < TIMEOUT_S:
                return
            self._give_up()
        if self.answer is None or now_s - self._asked_s >= PERIOD_S:
            self._send(request)

    def ask_now(self, request: Any) -> None:
        """Send a request whose answer takes the place of the one before; returns at once."""
        if self._client.service_is_ready():
            self._forget_pending()
            self._send(request)

    def close(self) -> None:
        """Ask no more."""
        self._give_up()
        self._node.destroy_client(self._client)

    def _send(self, request: Any) -> None:
        self._asked_s = time.monotonic()
        self._pending = self._client.call_async(request)
        self._pending.add_done_callback(self._answered)

    def _give_up(self) -> None:
        self.answer = None
        self._forget_pending()

    def _forget_pending(self) -> None:
        pending, self._pending = self._pending, None
        if pending is not None:
            self._client.remove_pending_request(pending)

    def _answered(self, future: Future) -> None:
        if future is not self._pending:
            return  # too late
        self._pending = None
        self.answer = None if future.exception() is not None else future.result()
        if self.answer is not None:
            self._on_answer()
