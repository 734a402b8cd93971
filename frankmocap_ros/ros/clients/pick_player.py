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

"""A synthetic operator as a node: publishes bodies like the mocap node, and sees the robot by topics."""

import threading
import time
from typing import Final

import numpy as np
from geometry_msgs.msg import PoseStamped
from rclpy.client import Client
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import Header
from std_srvs.srv import SetBool

from frankmocap_ros.bench.pick_judge import PickJudge
from frankmocap_ros.bench.pick_operator import PickGoal, PickOperator, Scene
from frankmocap_ros.bench.pick_sight import RATE_HZ, OperatorCamera, Sighting
from frankmocap_ros.bench.pick_task import FINGER_BODIES, GOAL, THING, PickRun
from frankmocap_ros.geometry.rotation import Array
from frankmocap_ros.msg import BodyPoseArray, GateState
from frankmocap_ros.ros.clients.robot_watcher import ASK_AGAIN_S, STATE_NAMES
from frankmocap_ros.ros.common.conversions import BodiesMessage, read_pose
from frankmocap_ros.ros.common.endpoints import Topic, advertise, subscribe
from frankmocap_ros.runtime.message_stamps import seconds
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter
from frankmocap_ros.teleop.simulation.scene_objects import ObjectPose

_REACTION_S: Final = 0.2
_STEPS: Final = 3  # of the operator, for one image
_AFTER_S: Final = 1.0  # that the object is watched after the operator has left
_HELD_M: Final = 0.03  # an object whose middle is as near to the gripper, with shut fingers, is in it
_RUN_ID: Final = 1


class _Heard:
    """The object as it is told of; what touches it is guessed from where the gripper is."""

    def __init__(self) -> None:
        self.gripper: Array | None = None
        self.opening = 0.0
        self._pose: ObjectPose | None = None
        self._time_s = 0.0

    @property
    def known(self) -> bool:
        """Whether gripper and object have been heard of."""
        return self.gripper is not None and self._pose is not None

    def hear(self, msg: PoseStamped) -> None:
        """Take where the object is."""
        (position, orientation), time_s = read_pose(msg.pose), seconds(msg.header.stamp)
        speed, before = 0.0, self._pose
        if before is not None and time_s > self._time_s:
            speed = float(np.linalg.norm(position - before.position)) / (time_s - self._time_s)
        self._pose, self._time_s = ObjectPose(position, orientation, speed), time_s

    def pose(self, name: str) -> ObjectPose:
        """Where the object is."""
        assert self._pose is not None, name
        return self._pose

    def touching(self, name: str) -> frozenset[str]:
        """The fingers, where it is between them."""
        assert self.gripper is not None
        near = np.linalg.norm(self.pose(name).position - self.gripper) < _HELD_M
        shut = self.opening < PickGoal.size_m + 0.01
        return frozenset(FINGER_BODIES) if near and shut else frozenset()


class PickPlayer(Node):
    """Plays the operator once.

    Attributes:
        ready: set when the robot, its scene and the gate have been heard.
        finished: set when the operator has left and the object was watched for a while.
        reason: the gate's last words.
        failure: empty; what an observer of nodes has.

    Args:
        robot: tells where the gripper is from the joints.
    """

    def __init__(self, robot: Retargeter) -> None:
        super().__init__("pick_operator")
        self._robot = robot
        self.ready, self.finished, self._begun = threading.Event(), threading.Event(), threading.Event()
        self.failure = self.reason = self._state = ""
        self._heard = _Heard()
        self._operator = PickOperator(PickGoal(np.array(GOAL)), 1.0, _REACTION_S)
        self._camera = OperatorCamera(Sighting(), 0)
        self._judge: PickJudge | None = None
        self._run = PickRun(0, "")
        self._start_s = self._done_s = 0.0
        self._message = BodiesMessage(_RUN_ID)
        self._bodies = advertise(self, Topic(BodyPoseArray, "frankmocap/bodies", QoSProfile(depth=1)))
        subscribe(self, Topic(JointState, "joint_states", QoSProfile(depth=1)), self._on_joints)
        subscribe(
            self, Topic(PoseStamped, f"robot_sim/objects/{THING}", QoSProfile(depth=1)), self._heard.hear
        )
        latched = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        subscribe(self, Topic(GateState, "gate/state", latched), self._on_state)
        self._publishing, self._stopped = threading.Lock(), False
        self._engage: Client = self.create_client(SetBool, "gate/engage")
        self.create_timer(1.0 / RATE_HZ, self._image)
        self.create_timer(ASK_AGAIN_S, self._ask)

    def begin(self) -> None:
        """Ask for control, and go to work."""
        self._begun.set()

    def stop(self) -> None:
        """Publish nothing any more: ROS is about to end."""
        with self._publishing:
            self._stopped = True

    def text(self) -> str:
        """A line for people."""
        high = self._heard.pose(THING).position[2] if self._heard.known else 0.0
        return (
            f"gate {self._state} ({self.reason}); operator: {self._operator.phase}; {THING} at {high:.2f} m"
        )

    def result(self) -> PickRun:
        """What came of it so far."""
        self._run.regrips = self._operator.regrips
        return self._run

    def _on_state(self, msg: GateState) -> None:
        self._state, self.reason = STATE_NAMES[msg.state], msg.reason
        if not self._run.states or self._run.states[-1][1] != self._state:
            self._run.states.append((self._now_s(), self._state))

    def _on_joints(self, msg: JointState) -> None:
        at = dict(zip(msg.name, msg.position, strict=False))
        if not at.keys() >= {*self._robot.joint_names, *FINGER_BODIES}:
            return
        heard = self._heard
        joints = np.array([at[name] for name in self._robot.joint_names])
        heard.gripper = self._robot.poses(joints).positions[0]
        heard.opening = float(sum(at[name] for name in FINGER_BODIES))
        if not heard.known:
            return
        if self._judge is None:
            self._judge = PickJudge(heard, THING, frozenset(FINGER_BODIES), np.array(GOAL))
            self._run.verdict = self._judge.verdict
            way = heard.pose(THING).position[:2] - np.array(GOAL)
            self._run.carried_m = float(np.linalg.norm(way))
        if self._start_s:
            self._judge.look(self._now_s())
        if self._state:
            self.ready.set()

    def _now_s(self) -> float:
        """Time since the beginning; 0 before it."""
        return time.monotonic() - self._start_s if self._start_s else 0.0

    def _image(self) -> None:
        """Let the operator act, and publish what a camera would see."""
        operator, heard = self._operator, self._heard
        if self._begun.is_set() and not self._start_s:
            self._start_s = time.monotonic()
        now_s = self._now_s()
        if self._start_s and heard.gripper is not None:
            following = self._state == "ENGAGED"
            thing = heard.pose(THING).position
            operator.see(Scene(now_s, following, heard.gripper, heard.opening, thing))
            for step in range(_STEPS):
                operator.move(now_s + step / (_STEPS * RATE_HZ), 1.0 / (_STEPS * RATE_HZ))
            if not self._run.phases or self._run.phases[-1][1] != operator.phase:
                self._run.phases.append((now_s, operator.phase))
            self._end(now_s)
        frame = self._camera.frame(operator.hand, operator.opening, time.monotonic())
        header = Header(stamp=self.get_clock().now().to_msg(), frame_id="camera_optical_frame")
        with self._publishing:
            if not self._stopped:
                self._bodies.publish(self._message.message(frame, header, 0.0))

    def _end(self, now_s: float) -> None:
        if not self._operator.done:
            return
        self._done_s = self._done_s or now_s
        self._run.seconds = self._done_s
        if now_s - self._done_s >= _AFTER_S:
            self.finished.set()

    def _ask(self) -> None:
        """Press the operator's button where the gate follows nobody."""
        wants = self._start_s and not self._operator.done and self._state == "DISENGAGED"
        if wants and self._engage.service_is_ready():
            self._engage.call_async(SetBool.Request(data=True))
