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

"""Who asks a gate for something: services, the deadman switch and the joystick."""

from collections.abc import Callable

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.node import Node
from sensor_msgs.msg import Joy
from std_msgs.msg import Bool
from std_srvs.srv import SetBool, Trigger

from frankmocap_ros.ros.common.polling import Polling
from frankmocap_ros.ros.common.qos import incoming
from frankmocap_ros.ros.common.rclpy_internals import LaterAnswer
from frankmocap_ros.ros.gate.gate_worker import GateWorker
from frankmocap_ros.teleop.controller import Controller
from frankmocap_ros.teleop.gate import BY_JOYSTICK, BY_SERVICE, State

Answer = tuple[bool, str]


class GateRequests:
    """Hands requests over to the worker. Services are the executor's, messages the worker's.

    Args:
        node: has the services.
        polling: hears the topics.
        worker: answers.
        controller: decides.
    """

    def __init__(self, node: Node, polling: Polling, worker: GateWorker, controller: Controller) -> None:
        self._node, self._worker, self._controller = node, worker, controller
        self._buttons: tuple[int, ...] = ()
        # one that is lost errs towards standing still, within deadman_timeout_s: see docs/source/safety.md
        polling.subscribe(Bool, "~/deadman", self._on_deadman, incoming(1))
        polling.subscribe(Joy, "joy", self._on_joy, incoming(10))
        # whoever waits for an answer does not keep messages waiting
        services = MutuallyExclusiveCallbackGroup()
        node.create_service(SetBool, "~/engage", self._on_engage, callback_group=services)
        node.create_service(Trigger, "~/reset", self._on_reset, callback_group=services)

    def _on_deadman(self, msg: Bool, now_s: float) -> None:
        self._controller.deadman(bool(msg.data), now_s)

    def _on_joy(self, msg: Joy, now_s: float) -> None:
        self._controller.grips.hear_axes(msg.axes, now_s)
        before, self._buttons = self._buttons, tuple(msg.buttons)
        config = self._controller.config

        def pressed(button: int) -> bool:
            """Whether it is down now and was up before; the first message tells nothing."""
            return 0 <= button < min(len(before), len(self._buttons)) and (
                bool(self._buttons[button]) and not before[button]
            )

        if pressed(config.joy_release_button):
            self._controller.release(BY_JOYSTICK, now_s)
        elif pressed(config.joy_engage_button):
            refusal = self._controller.request(now_s)
            if refusal:
                self._node.get_logger().warning(f"not engaged: {refusal}")

    async def _on_engage(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        response.success, response.message = await self._asked(
            lambda now_s: self._engage(request.data, now_s)
        )
        return response

    async def _on_reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success, response.message = await self._asked(self._reset)
        return response

    async def _asked(self, ask: Callable[[float], Answer]) -> Answer:
        """Let the worker answer, and wait for it beside the executor."""
        later: LaterAnswer[Answer] = LaterAnswer(self._node)

        def reply(now_s: float) -> None:
            try:
                later.give(ask(now_s))
            except Exception as error:  # the worker's next: FAULT; whoever asked must not wait for ever
                step = "check the gate's log, then call ~/reset"
                later.give((False, f"the gate failed: {type(error).__name__}: {error}; {step}"))
                raise

        self._worker.hand_over(reply)
        answer = await later
        return answer if answer is not None else (False, "the gate ends")

    def _engage(self, wanted: bool, now_s: float) -> Answer:
        controller = self._controller
        if not wanted:
            controller.release(BY_SERVICE, now_s)
            return True, f"{controller.state.name}: no commands"
        refusal = controller.request(now_s)
        return not refusal, refusal or f"{controller.state.name}: {controller.reason}"

    def _reset(self, now_s: float) -> Answer:
        controller = self._controller
        if controller.state is not State.FAULT:
            return False, f"no fault to reset; the gate is {controller.state.name}"
        controller.reset(now_s)
        return True, "DISENGAGED: no commands until the next request"
