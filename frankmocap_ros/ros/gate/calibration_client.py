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

"""Asks the mocap node to calibrate the operator's size, while the gate is arming."""

from typing import Any

from rclpy.client import Client
from rclpy.node import Node
from rclpy.task import Future
from std_srvs.srv import Trigger

from frankmocap_ros.ros.gate.gate_worker import GateWorker
from frankmocap_ros.teleop.size_request import SizeKnown


class CalibrationClient:
    """Sends the request and does not wait: the answer is the executor's, and is handed to the worker.

    Args:
        node: has the client.
        service: ``~/calibrate`` of the mocap node.
        worker: is handed the answer.
    """

    def __init__(self, node: Node, service: str, worker: GateWorker) -> None:
        self._name = node.resolve_service_name(service)
        self._client: Client = node.create_client(Trigger, service)
        self._worker = worker

    def ask(self, done: SizeKnown) -> str:
        """Ask; for the worker's thread.

        Args:
            done: is given whether the size is known, what was said, and the time [s], by the worker.

        Returns:
            Why nobody can be asked, with the next step; empty where somebody was.
        """
        if not self._client.service_is_ready():
            return (
                f"calibrate_service: there is no service {self._name}; start the mocap node, correct the "
                "name, or leave it empty"
            )

        def answered(future: Future) -> None:
            success, message = _said(future)
            self._worker.hand_over(lambda now_s: done(success, message, now_s))

        self._client.call_async(Trigger.Request()).add_done_callback(answered)
        return ""


def _said(future: Future) -> tuple[bool, str]:
    try:
        answer: Any = future.result()
    except Exception as error:
        return False, f"{type(error).__name__}: {error}"
    return (False, "the request was cancelled") if answer is None else (answer.success, answer.message)
