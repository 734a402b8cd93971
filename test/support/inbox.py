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

"""What has come on a topic."""

import threading
import time
from collections.abc import Callable
from typing import Any

from support.waiting import TIMEOUT_S


class Inbox:
    """Every message of one topic, in order of arrival."""

    def __init__(self) -> None:
        self._messages: list[Any] = []
        self._changed = threading.Condition()

    def __call__(self, msg: Any) -> None:
        with self._changed:
            self._messages.append(msg)
            self._changed.notify_all()

    @property
    def messages(self) -> list[Any]:
        with self._changed:
            return list(self._messages)

    def forget(self) -> None:
        """Let go of what has come, where memory is measured."""
        with self._changed:
            self._messages.clear()

    def __len__(self) -> int:
        return len(self.messages)

    def find(self, wanted: Callable[[Any], Any], after: int = 0) -> Any:
        """The first message from number ``after`` on that is wanted and has come; None where none has."""
        return next((msg for msg in self.messages[after:] if wanted(msg)), None)

    def wait(self, wanted: Callable[[Any], Any] = lambda _: True, after: int = 0) -> Any:
        """The first message from number ``after`` on that is wanted."""
        end_s = time.monotonic() + TIMEOUT_S
        with self._changed:
            while True:
                for number in range(after, len(self._messages)):
                    if wanted(self._messages[number]):
                        return self._messages[number]
                after = len(self._messages)
                if not self._changed.wait(end_s - time.monotonic()):
                    raise TimeoutError(f"{len(self._messages)} messages, none wanted")

    def next(self, wanted: Callable[[Any], Any] = lambda _: True) -> Any:
        """The next message from now on that is wanted."""
        return self.wait(wanted, after=len(self))
