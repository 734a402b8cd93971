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

"""A gate node whose time a test lets pass, who talks to it, and an operator before a camera."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseStamped
from rclpy.context import Context
from rclpy.duration import Duration
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import JointState
from std_srvs.srv import SetBool

from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW, quat_multiply, quat_rotate
from frankmocap_ros.msg import BodyPose, BodyPoseArray, GateState, HandPose, JointPose
from frankmocap_ros.ros.gate.gate_node import GateNode
from frankmocap_ros.synthetic.human import scene
from support.clocks import RealClocks, SteppedClocks
from support.inbox import Inbox
from support.peer import Peer, nanoseconds
from support.waiting import TIMEOUT_S

TICK_S = 0.01
IMAGE_S = 1.0 / 30.0
LEFT = "/gate/command/left_wrist"
_STATES_S = 0.05  # between two of the gate's states
_TOPICS = (
    "/frankmocap/bodies",
    "/joy",
    "/imu",
    "/joint_states",
    "/gate/deadman",
    "/gate/reference/left_wrist",
)
RELIABLE = {f"qos_overrides.{topic}.subscription.reliability": "reliable" for topic in _TOPICS}
"""Parameters of a gate to which messages are known to have come: see ``deliver``."""


def stamp_s(msg: Any) -> float:
    return 1e-9 * nanoseconds(msg.header.stamp)


def deliver(publisher: Any, msg: Any) -> None:
    """Publish, and return when it is where the gate takes it from at its next tick."""
    publisher.publish(msg)
    assert publisher.wait_for_all_acked(Duration(seconds=TIMEOUT_S))


def people(
    positions: np.ndarray,
    orientations: np.ndarray,
    stamp_ns: int,
    operator_id: int = 1,
    frame_id: str = "cam",
    run_id: int = 1,
) -> BodyPoseArray:
    """A message with one person."""
    msg = BodyPoseArray(operator_id=operator_id, run_id=run_id)
    msg.header.stamp.sec, msg.header.stamp.nanosec = divmod(stamp_ns, 10**9)
    msg.header.frame_id = frame_id
    if operator_id:
        body = BodyPose(id=operator_id, has_3d=True, has_orientation=True)
        for name, p, q in zip(BODY.names, positions.tolist(), orientations.tolist(), strict=True):
            joint = JointPose(name=name, state=JointPose.TRACKED, confidence=1.0, orientation_confidence=1.0)
            joint.pose.position.x, joint.pose.position.y, joint.pose.position.z = p
            o = joint.pose.orientation
            o.x, o.y, o.z, o.w = q
            body.joints.append(joint)
        msg.bodies.append(body)
    return msg


class Regular:
    """Something that is done again and again while a gate's time passes, until ``cancel``."""

    def __init__(self, period_s: float, do: Callable[[], None], now_s: float) -> None:
        self._period_s, self._do, self._due_s = period_s, do, now_s

    def catch_up(self, now_s: float) -> None:
        if now_s >= self._due_s:
            self._due_s += self._period_s
            self._do()

    def cancel(self) -> None:
        self._do = lambda: None


class Gate(Peer):
    """A gate node, who talks to it, and an operator.

    Args:
        node: the gate.
        context: of whoever talks to it.
        clocks: those of the node.
    """

    def __init__(self, node: GateNode, context: Context, clocks: SteppedClocks | RealClocks) -> None:
        super().__init__(context, node, "gate")
        self.gate = node
        self.clocks = clocks
        self._regular: list[Regular] = []
        latched = QoSProfile(depth=1000, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self.states = self.listen(GateState, "/gate/state", latched)
        self.left = self.listen(PoseStamped, LEFT)
        self.operator: Operator | None = None

    def next_stamp(self) -> int:
        return self.clocks.ros_ns()

    def every(self, period_s: float, do: Callable[[], None]) -> Regular:
        """Do something at once and again and again, as time passes."""
        self._regular.append(Regular(period_s, do, 1e-9 * self.clocks.steady_ns()))
        return self._regular[-1]

    def advance(self, seconds: float) -> None:
        """Let time pass, tick by tick; then what the gate has told of its state has come."""
        for _ in range(max(1, round(seconds / TICK_S))):
            for one in self._regular:
                one.catch_up(1e-9 * self.clocks.steady_ns())
            self.clocks.step(TICK_S)
        least_s = 1e-9 * self.clocks.ros_ns() - _STATES_S - 2.0 * TICK_S
        self.states.wait(
            lambda msg: stamp_s(msg) >= least_s or msg.state == GateState.FAULT, max(0, len(self.states) - 1)
        )

    def await_answer(self, done: Any, timeout_s: float = TIMEOUT_S) -> bool:
        """Time passes while the gate thinks."""
        end_s = time.monotonic() + timeout_s
        while not done.wait(2e-3) and time.monotonic() < end_s:
            self.advance(TICK_S)
        return done.is_set()

    def wait(self, inbox: Inbox, wanted: Callable[[Any], Any], after: int | None = None) -> Any:
        """The first message from number ``after`` on, or from now, that is wanted; time passes until then."""
        after = len(inbox) if after is None else after
        end_s = time.monotonic() + TIMEOUT_S
        while (found := inbox.find(wanted, after)) is None:
            assert time.monotonic() < end_s, f"{len(inbox)} messages, none wanted"
            self.advance(TICK_S)
        return found

    def until(self, name: str, after: int | None = None) -> GateState:
        """Let time pass until a state; returns its message."""
        wanted = getattr(GateState, name)
        return self.wait(self.states, lambda msg: msg.state == wanted, after)

    def engage(self, wanted: bool = True) -> Any:
        return self.call(SetBool, "engage", SetBool.Request(data=wanted))

    def seen(self) -> None:
        """Let time pass until the gate sees the operator."""
        self.wait(self.states, lambda msg: 0.0 <= msg.age_ms < 150.0)

    def engaged(self) -> "Gate":
        self.seen()
        answer = self.engage()
        assert answer.success, answer.message
        self.until("ENGAGED")
        self.wait(self.left, lambda _: True)
        return self

    def command(self) -> PoseStamped:
        """The newest command, of an engaged gate."""
        least_s = stamp_s(self.states.messages[-1]) - 2.0 * TICK_S
        return self.left.wait(lambda msg: stamp_s(msg) >= least_s, max(0, len(self.left) - 1))

    def silent(self, seconds: float = 0.3) -> bool:
        """Whether no command comes for a while."""
        heard = len(self.left)
        self.advance(seconds)
        return len(self.left) == heard


class Operator:
    """Somebody who stands before a camera, published 30 times a second.

    Attributes:
        offset: of the joints, in the optical frame, shape (24, 3) [m].
        stddev: of the left wrist across and along the line of sight [m].
        hands: messages of their hands.
        clock_ahead_s: how far the mocap node's clock is ahead of the gate's [s].
        transit_s: tells how long the next message has been on its way [s].
        rotation, camera: from the optical frame to ``frame_id``, and where the camera is there [m].

    Args:
        gate: whose time it goes by.
        peer: who publishes; None for the gate's own peer.
        run_id: of the mocap node.
    """

    def __init__(self, gate: Gate, peer: Peer | None = None, run_id: int = 1) -> None:
        self.peer, self.run_id = peer or gate, run_id
        self._clocks = gate.clocks
        self.publisher = self.peer.publisher(BodyPoseArray, "frankmocap/bodies", 1)
        self.operator_id = 1
        self.here = True
        self.offset = np.zeros((len(BODY), 3))
        self.delay_s = 0.03
        self.clock_ahead_s, self.transit_s = 0.0, lambda: 0.0
        self.stamp_ns = lambda: self._clocks.ros_ns() - round(1e9 * self.delay_s)
        self.frame_id, self.rotation, self.camera = "cam", IDENTITY_XYZW, np.zeros(3)
        self.stddev = (np.nan, np.nan)
        self.hands: Sequence[HandPose] = ()
        self._random = np.random.default_rng(3)
        figure = scene("stall", 4.5)[0]
        self._positions = figure.positions[: len(BODY)]
        self._orientations = figure.orientations_xyzw[: len(BODY)]
        self.regular = gate.every(IMAGE_S, self._show)

    def _show(self) -> None:
        if self.here:
            shaken = self._positions + self.offset + self._random.normal(0, 5e-4, self._positions.shape)
            positions = quat_rotate(self.rotation, shaken) + self.camera
            orientations = quat_multiply(self.rotation, self._orientations)
            who = self.operator_id, self.frame_id, self.run_id
            stamp_ns = self.stamp_ns()
            msg = people(positions, orientations, stamp_ns, *who)
            published_ns = self._clocks.ros_ns() + round(1e9 * (self.clock_ahead_s - self.transit_s()))
            msg.age_ms = 1e-6 * (published_ns - stamp_ns)
            at = msg.camera_position
            at.x, at.y, at.z = self.camera.tolist()
            if msg.bodies:
                wrist = msg.bodies[0].joints[BODY.index["left_wrist"]]
                wrist.position_stddev = np.array(self.stddev, np.float32)
                msg.bodies[0].hands = list(self.hands)
            deliver(self.publisher, msg)

    def sight(self, name: str) -> np.ndarray:
        """From the camera to a joint, in the optical frame."""
        way = self._positions[BODY.index[name]]
        return np.asarray(way / np.linalg.norm(way))


ARM = ("shoulder_pan_joint", "shoulder_lift_joint", "elbow_joint", "wrist_joint")


class Arm:
    """Says where joints of an arm are, 50 times a second, and nothing of the robot's other joints.

    Attributes:
        efforts: of its joints; empty for none.
    """

    def __init__(
        self, gate: Gate, names: Iterable[str], positions: Sequence[float], efforts: Sequence[float] = ()
    ) -> None:
        self.names, self.positions = list(names), np.array(positions, float)
        self.efforts = list(efforts)
        self.publisher = gate.publisher(JointState, "/joint_states")
        self.gate = gate
        self.regular = gate.every(0.02, self.tell)

    def tell(self) -> None:
        state = JointState(name=self.names, position=self.positions.tolist(), effort=self.efforts)
        deliver(self.publisher, self.gate.stamped(state))


def at_reference(g):
    """Publish where the robot is 20 times a second, turned round; returns the pose and what publishes it."""
    publisher = g.publisher(PoseStamped, "/gate/reference/left_wrist")
    pose = PoseStamped()
    pose.pose.position.x, pose.pose.orientation.z, pose.pose.orientation.w = 0.4, 1.0, 0.0
    return pose, g.every(0.05, lambda: deliver(publisher, g.stamped(pose)))
