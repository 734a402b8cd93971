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

"""A subscriber that follows a whole teleoperation: the person, the gate, its commands and the robot."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped
from rclpy.client import Client
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import JointState
from std_srvs.srv import SetBool

from frankmocap_ros.body.message_fields import xyz
from frankmocap_ros.body.pose import SEEN
from frankmocap_ros.body.skeleton import SIDES
from frankmocap_ros.msg import BodyPoseArray, GateState
from frankmocap_ros.msg import Grip as GripMsg
from frankmocap_ros.ros.clients.watcher import Watcher
from frankmocap_ros.ros.common.conversions import read_grip
from frankmocap_ros.ros.common.endpoints import Topic, subscribe
from frankmocap_ros.ros.common.polling import Polling
from frankmocap_ros.runtime.message_stamps import seconds
from frankmocap_ros.teleop.hands.grip import Grip

ASK_AGAIN_S = 1.0
POLL_S = 0.1
Point = tuple[float, float, float]

STATE_NAMES = ("DISENGAGED", "ARMING", "ENGAGED", "HOLD", "FAULT")


@dataclass
class Teleoperation:
    """What was heard. Times are stamps [s].

    Attributes:
        commands: target -> time and position [m] of each command.
        robot: time and joint positions by name of each state of the robot.
        person: time and positions [m] of the operator's joints by name, in the optical frame.
        grips: side -> time and grip of each message of the gate.
        states: time and name of each of the gate's states, a new one each time it changed.
        reason: the gate's last words.
        limits: of the last state, in words.
        robot_health: the simulated robot's diagnostics, name -> text.
        asked: how often the gate was asked to engage.
        refusal: why it last refused.
    """

    commands: dict[str, list[tuple[float, Point]]] = field(default_factory=dict)
    robot: list[tuple[float, dict[str, float]]] = field(default_factory=list)
    person: list[tuple[float, dict[str, Point]]] = field(default_factory=list)
    grips: dict[str, list[tuple[float, Grip]]] = field(default_factory=lambda: {side: [] for side in SIDES})
    states: list[tuple[float, str]] = field(default_factory=list)
    reason: str = ""
    limits: tuple[str, ...] = ()
    robot_health: dict[str, str] = field(default_factory=dict)
    asked: int = 0
    refusal: str = ""


class RobotWatcher(Watcher):
    """Follows everything, and asks the gate to engage: once, and again after each time it let go.

    Args:
        targets: names of the targets whose commands are followed.
        joints: names of the operator's joints that are followed.
    """

    def __init__(self, targets: Sequence[str], joints: Sequence[str]) -> None:
        super().__init__()
        self._teleop_lock = threading.Lock()
        self.teleop = Teleoperation(commands={name: [] for name in targets})
        self._names = frozenset(joints)
        # a hundred messages a second each: they are looked for now and then, not waited for
        polling = Polling(self)
        for name in targets:
            handle = partial(self._on_command, name)
            polling.subscribe(PoseStamped, f"gate/command/{name}", handle, QoSProfile(depth=50))
        for side in SIDES:
            polling.subscribe(
                GripMsg, f"gate/grip/{side}", partial(self._on_grip, side), QoSProfile(depth=50)
            )
        polling.subscribe(JointState, "joint_states", self._on_robot, QoSProfile(depth=50))
        self.create_timer(POLL_S, lambda: polling.poll(0.0))
        latched = QoSProfile(depth=50, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        subscribe(self, Topic(GateState, "gate/state", latched), self._on_state)
        self._engage: Client = self.create_client(SetBool, "gate/engage")
        self._waiting = False
        self.asking = threading.Event()
        self.create_timer(ASK_AGAIN_S, self._ask)

    def heard(self) -> Teleoperation:
        """All that was received; a copy that does not change."""
        with self._teleop_lock:
            t = self.teleop
            return Teleoperation(
                {name: list(all_of) for name, all_of in t.commands.items()}, list(t.robot), list(t.person),
                {side: list(all_of) for side, all_of in t.grips.items()},
                list(t.states), t.reason, t.limits, dict(t.robot_health), t.asked, t.refusal,
            )  # fmt: skip

    def _on_command(self, name: str, msg: PoseStamped, _: float) -> None:
        with self._teleop_lock:
            self.teleop.commands[name].append((seconds(msg.header.stamp), xyz(msg.pose.position)))

    def _on_grip(self, side: str, msg: GripMsg, _: float) -> None:
        with self._teleop_lock:
            self.teleop.grips[side].append((seconds(msg.header.stamp), read_grip(msg)))

    def _on_robot(self, msg: JointState, _: float) -> None:
        with self._teleop_lock:
            self.teleop.robot.append(
                (seconds(msg.header.stamp), dict(zip(msg.name, msg.position, strict=False)))
            )

    def _on_state(self, msg: GateState) -> None:
        name = STATE_NAMES[msg.state]
        with self._teleop_lock:
            if not self.teleop.states or self.teleop.states[-1][1] != name:
                self.teleop.states.append((seconds(msg.header.stamp), name))
            self.teleop.reason, self.teleop.limits = msg.reason, tuple(msg.limits)

    def _on_bodies(self, msg: BodyPoseArray) -> None:
        super()._on_bodies(msg)
        if not msg.bodies or msg.bodies[0].id != msg.operator_id:
            return
        followed = {
            joint.name: xyz(joint.pose.position)
            for joint in msg.bodies[0].joints
            if joint.name in self._names and joint.state in SEEN
        }
        with self._teleop_lock:
            self.teleop.person.append((seconds(msg.header.stamp), followed))

    def _on_diagnostics(self, msg: DiagnosticArray) -> None:
        super()._on_diagnostics(msg)
        for status in msg.status:
            if status.name.startswith("robot_sim"):
                with self._teleop_lock:
                    self.teleop.robot_health = {value.key: value.value for value in status.values}

    def _ask(self) -> None:
        """Play the operator's button: a demo has nobody else to press it."""
        idle = self.teleop.states and self.teleop.states[-1][1] == "DISENGAGED"
        if not (idle and self.asking.is_set()) or self._waiting or not self._engage.service_is_ready():
            return
        self._waiting = True
        self._engage.call_async(SetBool.Request(data=True)).add_done_callback(self._answered)

    def _answered(self, future: object) -> None:
        self._waiting = False
        answer = future.result()  # type: ignore[attr-defined]
        with self._teleop_lock:
            self.teleop.asked += bool(answer and answer.success)
            self.teleop.refusal = "" if answer is None or answer.success else answer.message
