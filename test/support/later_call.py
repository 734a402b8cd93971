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

"""A call of a service whose answer takes its time."""

import threading
from typing import Any

from support.peer import Peer
from support.waiting import TIMEOUT_S


class LaterCall:
    """Waits for the answer beside the test.

    Args:
        peer: who calls.
        kind, service: of the peer's node.
    """

    def __init__(self, peer: Peer, kind: type, service: str) -> None:
        self._answers: list[Any] = []
        self._peer, self._kind, self._service = peer, kind, service
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def _ask(self) -> None:
        self._answers.append(self._peer.call(self._kind, self._service, self._kind.Request()))

    @property
    def waits(self) -> bool:
        """Whether there is no answer yet."""
        return self._thread.is_alive()

    def wait(self) -> Any:
        """The answer."""
        self._thread.join(TIMEOUT_S)
        return self._answers[0]
