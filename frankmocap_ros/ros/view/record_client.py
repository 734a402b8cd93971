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

"""Asks the recorder for what somebody at a browser wants; nobody waits for it."""

from collections import deque
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.srv import SetParameters
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_srvs.srv import Trigger

from frankmocap_ros.viewer.record_panel import RecordPanel


class RecordClient:
    """The recorder's services.

    Args:
        node: who asks.
        name: of the recorder.

    Attributes:
        answers: what came of requests, in words.
    """

    def __init__(self, node: Node, name: str) -> None:
        self.answers: deque[str] = deque()
        self._set: Any = node.create_client(SetParameters, f"{name}/set_parameters")
        self._services: dict[str, Any] = {
            what: node.create_client(Trigger, f"{name}/{what}") for what in ("start", "stop", "discard")
        }

    @property
    def there(self) -> bool:
        """Whether there is a recorder."""
        return all(client.service_is_ready() for client in self._services.values())

    def show(self, panel: RecordPanel, heard: DiagnosticStatus | None) -> None:
        """Show how the recorder is.

        Args:
            panel: where.
            heard: the newest of its diagnostics.
        """
        values = {value.key: value.value for value in heard.values} if heard is not None else {}
        words = heard.message if heard is not None else ""
        panel.show(self.there, words, values.get("recording") == "true")

    def serve(self, panel: RecordPanel) -> None:
        """Send what people ask for, and show what became of it."""
        while not panel.asked.empty():
            self.ask(*panel.asked.get())
        while self.answers:
            panel.answer(self.answers.popleft())

    def ask(self, what: str, outcome: str) -> None:
        """Send a request; returns at once.

        Args:
            what: ``start``, ``stop`` or ``discard``.
            outcome: of the episode that ``stop`` ends.
        """
        if not self.there:
            self.answers.append("The recorder is not running.")
        elif what == "stop":
            said = Parameter("outcome", value=outcome).to_parameter_msg()
            request = SetParameters.Request(parameters=[said])
            self._set.call_async(request).add_done_callback(lambda _: self._call(what))
        else:
            self._call(what)

    def _call(self, what: str) -> None:
        self._services[what].call_async(Trigger.Request()).add_done_callback(self._answered)

    def _answered(self, future: Any) -> None:
        answer = future.result()
        if answer is not None:
            self.answers.append(answer.message if answer.success else f"**Refused.** {answer.message}")
