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

"""A gripper that takes goals of an action, ``ParallelGripperCommand`` or ``GripperCommand``."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
from action_msgs.msg import GoalStatus
from rclpy.action import ActionClient
from rclpy.node import Node
from rclpy.task import Future
from sensor_msgs.msg import JointState

from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.ros.common.transforms import need_package
from frankmocap_ros.teleop.command import Posture
from frankmocap_ros.teleop.robot_map.gripper_map import PARALLEL_ACTION, GripperMap

_PERIOD_S: Final = 0.1
"""Goals are no closer to each other."""
_CHANGE: Final = 0.01
"""A goal of a moving gripper differs from the last one by this share of the way from shut to open."""
_SAME: Final = 1e-4  # of that way: a gripper at rest is sent where it rests
_ANSWER_S: Final = 1.0
"""While the last goal is not answered, and after one was rejected, no other one is sent for so long."""
_ENDS: Final = {
    GoalStatus.STATUS_SUCCEEDED: "succeeded",
    GoalStatus.STATUS_ABORTED: "aborted",
    GoalStatus.STATUS_CANCELED: "cancelled",
}


class GripperAction:
    """Sends one gripper where its joints are commanded; for the worker's thread, which never waits.

    Answers are the executor's. A goal is sent only where the command has changed since following began, and
    none is ever cancelled: a gripper that holds something goes on holding it, whatever becomes of the gate.

    Attributes:
        side: of the gripper.
        status: what has come of the last goal, in words.

    Args:
        node: has the client.
        gripper: with an action for its controller.
        rows: of its joints in a posture.

    Raises:
        MissingDependencyError: control_msgs is not installed.
    """

    def __init__(self, node: Node, gripper: GripperMap, rows: Sequence[int]) -> None:
        assert gripper.controller is not None
        kind, self.side = gripper.controller.kind, gripper.side
        need_package(
            "control_msgs.action",
            f"grippers.{gripper.side}.controller of the robot's map, of the type {kind},",
            "type: trajectory or positions there, or robot_controllers: false",
        )
        from control_msgs import action

        parallel = kind == PARALLEL_ACTION
        self._action = action.ParallelGripperCommand if parallel else action.GripperCommand
        self._goal: Callable[[Array], Any] = self._parallel_goal if parallel else self._single_goal
        self._gripper, self._rows = gripper, list(rows)
        self._log = node.get_logger()
        self._client: Any = ActionClient(node, self._action, gripper.controller.topic)
        self._name = node.resolve_service_name(gripper.controller.topic)
        self._ways = np.abs(np.subtract(gripper.open, gripper.shut))
        self._sent: Array | None = None
        self._before = np.empty(0)  # what was sent before that
        self._sent_s = self._asked_s = -math.inf
        self._number = self._begun = 0  # of the last goal, and of the last one before following began
        self._rejected = False
        self.status = "no goal yet"

    def publish(self, posture: Posture, time_s: float) -> None:
        """Send a goal, where it is time and something has changed.

        Args:
            posture: of all commanded joints.
            time_s: when it is valid, on a steady clock [s].
        """
        at, moves = posture.positions[self._rows], posture.velocities[self._rows]
        if self._sent is None:
            self._sent = at  # where the gripper begins nothing is sent: it may hold something
        if self._rejected:  # it is where it was; the command still holds
            self._rejected, self._sent = False, self._before
            self._sent_s = time_s + _ANSWER_S - _PERIOD_S
        off = float((np.abs(at - self._sent) / self._ways).max())
        least = _CHANGE if moves.any() else _SAME
        if off < least or time_s - self._sent_s < _PERIOD_S or time_s - self._asked_s < _ANSWER_S:
            return
        self._sent_s = time_s
        if not self._client.server_is_ready():
            self._told(f"no server of the action {self._name}: start the controller, or correct topic")
            return
        self._before, self._sent, self._asked_s = self._sent, at, time_s
        self._number += 1
        future = self._client.send_goal_async(self._goal(at))
        future.add_done_callback(partial(self._on_answer, self._number))

    def end(self) -> None:
        """Commands end: where the next ones begin, nothing is sent until they change."""
        self._sent, self._begun, self._rejected = None, self._number, False

    def close(self) -> None:
        """Give the client back."""
        self._client.destroy()

    def _parallel_goal(self, at: Array) -> Any:
        goal, gripper = self._action.Goal(), self._gripper
        goal.command = JointState(
            name=list(gripper.joints), position=at.tolist(), velocity=list(gripper.max_speed)
        )
        if math.isfinite(gripper.max_effort):
            goal.command.effort = [gripper.max_effort] * len(gripper.joints)
        return goal

    def _single_goal(self, at: Array) -> Any:
        goal = self._action.Goal()
        goal.command.position = float(at[0])
        # 0 would be no force at all to some controllers, and the largest one to others
        goal.command.max_effort = self._gripper.max_effort if math.isfinite(self._gripper.max_effort) else 0.0
        return goal

    def _on_answer(self, number: int, future: Future) -> None:
        self._asked_s = -math.inf
        try:
            handle: Any = future.result()
        except Exception as error:
            self._told(f"{self._name}: {type(error).__name__}: {error}")
            self._rejected = number > self._begun
            return
        if handle is None or not handle.accepted:
            self._rejected = number > self._begun
            self._told(f"{self._name} rejected a goal: see the log of the gripper's controller")
            return
        self._told("goal accepted", quietly=True)
        handle.get_result_async().add_done_callback(partial(self._on_result, number))

    def _on_result(self, number: int, future: Future) -> None:
        if number != self._number:
            return  # a later goal has taken over from it
        try:
            answer: Any = future.result()
        except Exception as error:
            self._told(f"{self._name}: {type(error).__name__}: {error}")
            return
        result = answer.result
        words = "there" if result.reached_goal else ""
        if result.stalled:
            words = "stalled, as where it holds something"
        end = _ENDS.get(answer.status, f"status {answer.status}")
        known = answer.status == GoalStatus.STATUS_SUCCEEDED or result.stalled or result.reached_goal
        self._told(f"{end}: {words}" if words else end, quietly=known)

    def _told(self, status: str, quietly: bool = False) -> None:
        """Take a status; a new one that somebody should look at is logged."""
        if status != self.status and not quietly:
            self._log.warning(f"{self.side} gripper: {status}")
        self.status = status
