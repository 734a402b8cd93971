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

"""Lifecycle transitions that fail in words: rclpy turns an exception into ERROR and tells nobody."""

import traceback
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Protocol, TypeVar

from lifecycle_msgs.srv import ChangeState
from rclpy.context import Context
from rclpy.impl.rcutils_logger import RcutilsLogger
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from frankmocap_ros.errors import MocapError
from frankmocap_ros.ros.common.rclpy_internals import wrap_services


class Telling(Protocol):
    """A lifecycle node whose diagnostics tell what went wrong.

    Attributes:
        problem: which transition failed and why, for diagnostics; None where none did.
    """

    problem: str | None

    @property
    def context(self) -> Context:
        """As in Node."""

    def get_logger(self) -> RcutilsLogger:
        """As in Node."""

    def get_fully_qualified_name(self) -> str:
        """As in Node."""


N = TypeVar("N", bound=Telling)
Transition = Callable[[N, LifecycleState], TransitionCallbackReturn]


def told(transition: Transition[N]) -> Transition[N]:
    """A callback such as ``on_activate`` whose exceptions are logged, and kept in the node's ``problem``.

    The transition then ends in ERROR, upon which rclpy calls ``on_error``: where that succeeds the node is
    unconfigured, else finalized.
    """
    name = transition.__name__.removeprefix("on_")

    @wraps(transition)
    def telling(node: N, state: LifecycleState) -> TransitionCallbackReturn:
        try:
            return transition(node, state)
        except Exception as error:
            if not node.context.ok():
                return TransitionCallbackReturn.FAILURE  # a signal ended the process meanwhile
            words = str(error) if isinstance(error, MocapError) else traceback.format_exc().rstrip()
            node.problem = f"cannot {name}: {words}"
            step = f"then retry with: ros2 lifecycle set {node.get_fully_qualified_name()} configure"
            if name == "error":
                step = "then restart the node: it is finalized"
            node.get_logger().error(f"{node.problem}\nCorrect this, {step}")
            return TransitionCallbackReturn.ERROR

    return telling


def refuse_what_is_impossible(node: LifecycleNode) -> None:
    """Refuse transitions that the node's state does not allow: rclpy 7.1 (Jazzy) would end the node."""
    wrap_services(node, ChangeState, partial(_refusing, node))


def _refusing(node: LifecycleNode, change: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def change_state(request: ChangeState.Request, response: ChangeState.Response) -> Any:
        try:
            return change(request, response)
        except Exception as error:
            name = request.transition.label or request.transition.id
            node.get_logger().error(
                f"transition {name} is refused: {error}; list the possible ones with: "
                f"ros2 lifecycle list {node.get_fully_qualified_name()}"
            )
            response.success = False
            return response

    return change_state


def in_turn(*steps: Callable[[], object]) -> None:
    """Take every step, whatever the others raise.

    Raises:
        Exception: what the first of them raised, after the last.
    """
    first: Exception | None = None
    for step in steps:
        try:
            step()
        except Exception as error:
            first = first or error
    if first is not None:
        raise first
