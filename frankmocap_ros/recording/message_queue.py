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

"""Messages between who receives them and who writes them: bounded, and what does not fit is counted."""

import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_OVERHEAD_BYTES: Final = 200  # of a message in memory, beside its own bytes


@dataclass(frozen=True)
class ReceivedMessage:
    """A message as it came.

    Attributes:
        topic: name in full.
        type_name: such as ``sensor_msgs/msg/Image``.
        cdr: its bytes, with the header of their encoding.
        log_time_ns: when it was received, by the recorder's clock [ns].
        publish_time_ns: when it was published, by the middleware [ns].
    """

    topic: str
    type_name: str
    cdr: bytes
    log_time_ns: int
    publish_time_ns: int


Request = Callable[[], None]
"""Something to be done between two messages."""


class MessageQueue:
    """A queue of messages and of requests between them, for one who takes and any number who put.

    Args:
        max_bytes: of the messages in it; whatever comes beyond is dropped.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._entries: deque[ReceivedMessage | Request] = deque()
        self._changed = threading.Condition()
        self._dropped: Counter[tuple[str, str]] = Counter()

    def put(self, message: ReceivedMessage) -> bool:
        """Add a message; false where it is dropped."""
        size = len(message.cdr) + _OVERHEAD_BYTES
        with self._changed:
            if self._bytes and self._bytes + size > self._max_bytes:
                self._dropped[message.topic, message.type_name] += 1
                return False
            self._bytes += size
            self._entries.append(message)
            self._changed.notify()
            return True

    def ask(self, request: Request) -> None:
        """Add a request, which is never dropped."""
        with self._changed:
            self._entries.append(request)
            self._changed.notify()

    def lost(self, topic: str, type_name: str, count: int) -> None:
        """Count messages that were lost before they came here."""
        with self._changed:
            self._dropped[topic, type_name] += count

    def take(self, timeout_s: float) -> ReceivedMessage | Request | None:
        """The oldest entry; None where none comes in time."""
        with self._changed:
            if not self._entries and not self._changed.wait_for(lambda: bool(self._entries), timeout_s):
                return None
            entry = self._entries.popleft()
            if isinstance(entry, ReceivedMessage):
                self._bytes -= len(entry.cdr) + _OVERHEAD_BYTES
            return entry

    def take_dropped(self) -> Counter[tuple[str, str]]:
        """How many were dropped since the last call, by topic and type."""
        with self._changed:
            dropped, self._dropped = self._dropped, Counter()
            return dropped
