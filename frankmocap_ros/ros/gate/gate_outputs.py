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

"""Everything that the gate publishes: its state, and commands until they end."""

import threading
from collections.abc import Sequence
from typing import Final

from builtin_interfaces.msg import Time
from rclpy.duration import Duration
from rclpy.node import Node

from frankmocap_ros.ros.gate.body_outputs import BodyOutputs
from frankmocap_ros.ros.gate.command_publisher import CommandPublisher
from frankmocap_ros.ros.gate.controller_outputs import VelocitiesOutput
from frankmocap_ros.ros.gate.grip_markers import GripMarkers
from frankmocap_ros.ros.gate.grip_outputs import GripOutputs
from frankmocap_ros.ros.gate.joint_outputs import CommandedJoints, JointOutputs
from frankmocap_ros.ros.gate.state_output import StateOutput
from frankmocap_ros.ros.gate.target_outputs import TargetOutputs
from frankmocap_ros.ros.gate.twist_output import TwistOutput
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.teleop.command import Command
from frankmocap_ros.teleop.controller import Controller
from frankmocap_ros.teleop.operator_state import Target

_ACKED: Final = Duration(nanoseconds=200_000_000)
"""So long a gate that ends waits at most, for each topic, until its last zeros have arrived."""


class GateOutputs:
    """Publishers of the gate; their messages are reused. For one thread, but for ``end_unless_busy``.

    Who listens is looked up with ``alive``, not for every message. Positions end with silence. What takes
    velocities would go on with the last one: there ``end`` publishes zeros first.

    Attributes:
        commands: how many commands went out.
        topics: where they go, one for each publisher of commands.
        repeats: whether somebody may go on with the last command for ever, who is not told to stop.
        grippers: clients of grippers that take goals.
        whole_body: where the operator's whole body goes; None for nowhere.

    Args:
        node: what publishes.
        config: says in which frame, and whether the base and grippers are commanded.
        targets: of the robot, in the commands' order.
        joints: of the robot; None where its joints are not commanded.
    """

    def __init__(
        self, node: Node, config: GateSettings, targets: Sequence[Target], joints: CommandedJoints | None
    ) -> None:
        self.commands = 0
        self.whole_body = BodyOutputs(node, config) if config.whole_body else None
        self._state = StateOutput(node, config.base_frame)
        self._targets = TargetOutputs(node, config.base_frame, [target.name for target in targets])
        self._joints = JointOutputs(node, joints) if joints is not None else None
        self._base = None
        if config.base_command != "off":
            self._base = TwistOutput(node, "~/base_command", config.base_frame)
        self.grippers = self._joints.actions if self._joints is not None else ()
        grips = config.grip != "off"
        self._grips = GripOutputs(node) if grips else None
        self._grip_markers = GripMarkers(node, config.base_frame, targets) if grips else None
        velocities = self._joints.velocities if self._joints is not None else ()
        base = () if self._base is None else (self._base,)
        outputs = (self._targets, self._joints, self._base, self._grips)
        self._publishers: tuple[CommandPublisher, ...] = tuple(
            publisher for output in outputs if output is not None for publisher in output.publishers
        )
        self.topics = tuple(publisher.topic for publisher in self._publishers)
        self.repeats = bool(base or velocities)
        self._lock = threading.Lock()
        self._ending: tuple[VelocitiesOutput | TwistOutput, ...] = (
            *base, *velocities, *self._targets.twists
        )  # fmt: skip

    def alive(self) -> None:
        """Assert that commands would be computed, if there are any or not. Call it some times a second."""
        self._state.alive()
        for publisher in self._publishers:
            publisher.alive()
        if self._grip_markers is not None:
            self._grip_markers.alive()
        if self.whole_body is not None:
            self.whole_body.alive()

    def publish(self, command: Command, config: GateSettings, stamp: Time) -> None:
        """Publish a command.

        Args:
            command: what to publish.
            config: settings of trajectories.
            stamp: when it is valid.
        """
        self.commands += 1
        with self._lock:
            self._targets.publish(command, stamp)
            if self._joints is not None:
                self._joints.publish(command, config, stamp)
            if self._grips is not None:
                self._grips.publish(command, stamp)
            if self._grip_markers is not None:
                self._grip_markers.command = command
            if self._base is not None and command.base is not None:
                forward, left, turn = command.base.tolist()
                self._base.publish((forward, left, 0.0), (0.0, 0.0, turn), stamp)

    def end(self, stamp: Time) -> None:
        """Commands end, for now or for good: zeros once to whoever takes velocities, and then silence.

        Args:
            stamp: now.
        """
        with self._lock:
            self._end(stamp)

    def end_unless_busy(self, stamp: Time) -> None:
        """As ``end``, for any thread; nothing while something is being published."""
        if self._lock.acquire(blocking=False):
            try:
                self._end(stamp)
            finally:
                self._lock.release()

    def _end(self, stamp: Time) -> None:
        if self._grip_markers is not None:
            self._grip_markers.command = None
        for gripper in self.grippers:
            gripper.end()
        failed: Exception | None = None
        for output in self._ending:
            try:
                output.end(stamp)
            except Exception as error:  # the others must stop all the same
                failed = error
        if failed is not None:
            raise failed

    def close(self) -> None:
        """Give back what is not given back with the node; after the worker has ended."""
        for gripper in self.grippers:
            gripper.close()
        if self.whole_body is not None:
            self.whole_body.close()

    def wait(self) -> None:
        """Wait until the last zeros have arrived, but not for long."""
        for output in self._ending:
            output.publisher.wait(_ACKED)

    def state(self, controller: Controller, time_s: float, stamp: Time) -> None:
        """Publish the gate's state, with what holds the robot back."""
        self._state.publish(controller, self.commands, time_s, stamp)
        if self._grip_markers is not None:
            self._grip_markers.publish(controller.limits_hit, stamp)
