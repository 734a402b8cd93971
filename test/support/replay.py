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

"""An operator, gate, retargeter and a robot that goes along, on a controlled clock; and what was sent.

The clock is late now and then, as a computer's is. The robot is where it was sent a moment ago.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from frankmocap_ros.body.kinematics import forward_kinematics
from frankmocap_ros.body.skeleton import BODY_WITH_HANDS
from frankmocap_ros.geometry.rotation import quat_from_rotvec, quat_multiply
from frankmocap_ros.settings.gate import SIMULATED, GateSettings
from frankmocap_ros.settings.schema import updated
from frankmocap_ros.synthetic.human import scene
from frankmocap_ros.teleop.controller import Controller
from frankmocap_ros.teleop.gate import State
from frankmocap_ros.teleop.operator_state import OperatorState, Poses
from frankmocap_ros.teleop.robot.joint_controller import JointController

PERIOD_S = 0.01
IMAGE_S = 1.0 / 30.0
LATENCY_S = 0.03
ASKED_S = 0.3
FAST = 0.5  # of a joint's highest speed: what turns round there between two ticks chatters
STUCK = ": another posture is needed"
CONFIG = updated(GateSettings(), {"robot": "any", **SIMULATED})


class Waving:
    """The synthetic figure."""

    def __init__(self, moment_s=0.0, motion="wave"):
        self.moment_s, self.motion = moment_s, motion
        self.random = np.random.default_rng(0)

    def sight(self, time_s, rows):
        figure = scene(self.motion, self.moment_s + time_s)[0]
        n = len(rows)
        yes = np.ones(n, dtype=bool)
        trembling = figure.positions[rows] + self.random.normal(0.0, 1e-4, (n, 3))
        poses = Poses(trembling, figure.orientations_xyzw[rows], np.ones(n), yes, yes)
        return OperatorState(time_s, 1, poses, yes)


class Restless:
    """The synthetic figure, whose arms go anywhere, smoothly, once it has stood for a while.

    Args:
        seed: of the ways.
        stands_s: how long it stands.
    """

    def __init__(self, seed, stands_s=2.0):
        self.random = np.random.default_rng(seed)
        self.stands_s = stands_s
        self.figure = scene("wave", 0.0)[0]
        self.joints = [f"{side}_{part}" for side in ("left", "right") for part in ("shoulder", "elbow")]
        size = (len(self.joints), 3, 4)
        self.turns = self.random.normal(0.0, 0.4, size)
        self.rates = self.random.uniform(0.5, 5.0, size)

    def sight(self, time_s, rows):
        moving_s = max(0.0, time_s - self.stands_s)
        turns = (self.turns * np.sin(self.rates * moving_s)).sum(axis=-1)
        local = self.figure.local_rotations_xyzw.copy()
        for joint, turn in zip(self.joints, turns, strict=True):
            row = BODY_WITH_HANDS.index[joint]
            local[row] = quat_multiply(local[row], quat_from_rotvec(turn))
        positions, orientations = forward_kinematics(
            BODY_WITH_HANDS, self.figure.positions[0], local, self.figure.offsets
        )
        n = len(rows)
        yes = np.ones(n, dtype=bool)
        trembling = positions[rows] + self.random.normal(0.0, 1e-3, (n, 3))
        return OperatorState(time_s, 1, Poses(trembling, orientations[rows], np.ones(n), yes, yes), yes)


@dataclass
class Sent:
    """One command, and where its posture puts the targets."""

    time_s: float
    held: bool
    goals: np.ndarray
    joints: np.ndarray
    velocities: np.ndarray


class Replay:
    """One run.

    Args:
        robot: its retargeter.
        operator: whom the gate sees.
        seed: of the clock.
        config: of the gate.
        lag_s: so late the robot is where it was sent.
    """

    def __init__(self, robot, operator, seed=0, config=CONFIG, lag_s=0.05):
        self.robot, self.operator, self.lag_s = robot, operator, lag_s
        self.random = np.random.default_rng(seed)
        self.past = deque([(0.0, robot.home)])
        self.now_s = self.image_s = 0.0
        self.driver = JointController(robot, self.measured, config.max_tracking_error)
        self.log = []
        self.controller = Controller(config, robot.targets, self.driver, 0.0, self.changed)
        self.rows = [BODY_WITH_HANDS.index[name] for name in self.controller.watched]
        self.sent = []
        self.said = {}
        self.here = lambda time_s: True
        self.stuck_since_s = {}
        self.stuck_s = 0.0  # the longest time that a target was

    def changed(self):
        self.log.append((round(self.now_s, 3), self.controller.state.name, self.controller.reason))

    def measured(self):
        while len(self.past) > 1 and self.past[1][0] <= self.now_s - self.lag_s:
            self.past.popleft()
        return self.past[0][1].copy()

    def sight(self, time_s):
        found = self.operator.sight(time_s, self.rows)
        return found if self.here(time_s) else OperatorState(time_s, 0, found.poses, found.tracked)

    def tick(self):
        late_s = self.random.uniform(0.0, 0.12) * (self.random.random() < 0.01)
        self.now_s += max(0.002, self.random.normal(PERIOD_S, 0.002)) + late_s
        while self.image_s + LATENCY_S <= self.now_s:
            self.controller.observe(self.sight(self.image_s), self.now_s)
            self.image_s += IMAGE_S
        if self.now_s > ASKED_S and self.controller.state is State.DISENGAGED:
            self.controller.request(self.now_s)
        command = self.controller.tick(self.now_s)
        limits = self.controller.limits_hit
        for words in limits:
            self.said[words] = self.said.get(words, 0) + 1
        stuck = [words for words in limits if words.endswith(STUCK)]
        self.stuck_since_s = {words: self.stuck_since_s.get(words, self.now_s) for words in stuck}
        self.stuck_s = max([self.stuck_s, *(self.now_s - since_s for since_s in self.stuck_since_s.values())])
        if command is not None:
            posture = command.posture
            self.past.append((self.now_s, posture.positions))
            self.sent.append(
                Sent(self.now_s, command.held, command.positions, posture.positions, posture.velocities)
            )
        return command

    def run(self, seconds):
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.tick()
        return self


class Findings:
    """What was sent, looked at as a robot's controller would.

    Attributes:
        acceleration: shape (J,), the largest of each joint, by its positions and by its velocities.
        speed: shape (J,), the largest of each joint.
        out_of_range: the furthest that a joint was out of its range.
        chatter: how often a joint turned round between two ticks, faster than ``FAST`` before and after.
        reversals: how often a second a joint turned round, a hundredth of its speed or more each way.
    """

    GAP_S = 0.15  # what is further apart does not follow each other

    def __init__(self, robot, sent):
        times = np.array([s.time_s for s in sent])
        joints = np.array([s.joints for s in sent])
        told = np.array([s.velocities for s in sent])
        dt = np.diff(times)[:, None]
        speeds = np.diff(joints, axis=0) / dt
        both = (dt[1:] < self.GAP_S) & (dt[:-1] < self.GAP_S)
        change = np.abs(np.diff(speeds, axis=0))
        by_position = change / np.minimum(dt[1:], 0.5 * (dt[1:] + dt[:-1]))
        by_velocity = np.abs(np.diff(told, axis=0)) / dt
        self.acceleration = np.maximum(
            np.where(both, by_position, 0.0).max(axis=0),
            np.where(dt < self.GAP_S, by_velocity, 0.0).max(axis=0),
        )
        self.speed = np.where(dt < self.GAP_S, np.abs(speeds), 0.0).max(axis=0)
        low, high = robot.lower, robot.upper
        self.out_of_range = float(np.maximum(low - joints, joints - high).max())
        turned = (speeds[1:] * speeds[:-1] < 0.0) & both
        quick = np.minimum(np.abs(speeds[1:]), np.abs(speeds[:-1])) > FAST * robot.max_speed
        self.chatter = int((turned & quick).sum())
        self.seconds = float(np.minimum(dt, self.GAP_S).sum())
        self.reversals = max(
            (_turns(speeds[:, j], 0.01 * robot.max_speed[j]) for j in range(joints.shape[1])), default=0
        ) / max(self.seconds, 1e-9)


def _turns(speeds, least):
    signs = np.sign(speeds[np.abs(speeds) > least])
    return int((signs[1:] != signs[:-1]).sum())
