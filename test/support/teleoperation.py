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

"""A synthetic operator before a camera that may misbehave, a controller, and what it commands."""

import itertools

import numpy as np

from frankmocap_ros.body.pose import JointState
from frankmocap_ros.body.skeleton import BODY_WITH_HANDS
from frankmocap_ros.geometry.rotation import quat_conjugate, quat_multiply, quat_to_rotvec
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.settings.schema import updated
from frankmocap_ros.synthetic.human import scene
from frankmocap_ros.teleop.clutch import RobotPoses
from frankmocap_ros.teleop.controller import Controller
from frankmocap_ros.teleop.gate import State
from frankmocap_ros.teleop.operator_state import OperatorState, Poses, Target
from frankmocap_ros.teleop.robot.pose_robot import PoseRobot

LATENCY_S = 0.03
TICK_S = 0.01
IDENTITY = np.array([0.0, 0.0, 0.0, 1.0])
TARGETS = (Target("left", "left_wrist", "neck"), Target("right", "right_wrist", "neck"))


def robot_at(positions=((0.3, 0.2, 0.0), (0.3, -0.2, 0.0)), orientations=None):
    n = len(positions)
    turned = np.tile(IDENTITY, (n, 1)) if orientations is None else np.asarray(orientations)
    return RobotPoses.alone(np.array(positions), turned)


class Teleoperation:
    """A synthetic operator, a camera that may misbehave, a controller, and everything it put out.

    ``self.person`` changes what the figure's poses are, ``self.altered`` what the message says,
    ``self.period_s`` how often there is one; each may be set at any time.
    """

    def __init__(self, targets=TARGETS, robot=None, **config):
        self.config = updated(GateSettings(), {"hold_s": 0.5, **config})
        self.time_s = 50.0
        self.log = []
        self.robot = robot if robot is not None else robot_at()
        self.at = PoseRobot([t.name for t in targets], lambda: self.robot, max_error=0.0)
        self.openings = {}  # of the robot's grippers
        self.at.openings = lambda: self.openings
        self.controller = Controller(self.config, targets, self.at, self.time_s, self._changed)
        self.index = [BODY_WITH_HANDS.index[name] for name in self.controller.watched]
        self.random = np.random.default_rng(1)
        self.person = lambda positions, orientations, t: (positions, orientations)
        self.altered = lambda seen: seen
        self.period_s = 1 / 30
        self.next_s = self.time_s
        self.waiting = []
        self.commands = []
        self.on_command = lambda command: None

    def _changed(self):
        self.log.append((self.controller.state, self.controller.reason))

    @property
    def states(self):
        return [state for state, _ in itertools.groupby(state for state, _ in self.log)]

    def seen(self, t):
        """What the mocap node says of the figure at a time: it stands still, and sways its arms gently."""
        figure = scene("stall", 4.5)[0]  # at rest
        positions, orientations = figure.positions[self.index].copy(), figure.orientations_xyzw[self.index]
        sway = 0.03 * np.sin(2 * np.pi * 0.5 * t)
        for name in ("left_wrist", "right_wrist"):
            if name in self.controller.watched:
                positions[self.controller.watched.index(name), 1] += sway
        positions += self.random.normal(0, 0.0005, positions.shape)
        positions, orientations = self.person(positions, orientations, t)
        n = len(positions)
        yes = np.ones(n, dtype=bool)
        return OperatorState(t, 1, Poses(positions, orientations, np.ones(n), yes, yes), yes)

    def run(self, seconds, until=None):
        """Let time pass; returns how long it took until a state."""
        start_s = self.time_s
        while self.time_s < start_s + seconds - 1e-9:
            self.time_s += TICK_S
            while self.time_s >= self.next_s:
                self.waiting.append(self.altered(self.seen(self.next_s)))
                self.next_s += self.period_s
            while self.waiting and (
                self.waiting[0] is None or self.waiting[0].captured_s + LATENCY_S <= self.time_s
            ):
                seen = self.waiting.pop(0)
                if seen is not None:
                    self.controller.observe(seen, self.time_s)
            command = self.controller.tick(self.time_s)
            if command is not None:
                assert self.controller.state in (State.ENGAGED, State.HOLD)
                assert command.held == (self.controller.state is State.HOLD)
                self.commands.append(command)
                self.on_command(command)
            if until is not None and self.controller.state is until:
                return self.time_s - start_s
        assert until is None, f"{until!r} was not reached; {self.log}"
        return seconds

    def engaged(self):
        self.run(0.3)
        assert self.controller.request(self.time_s) == ""
        self.run(3.0, until=State.ENGAGED)
        self.run(0.5)
        return self

    def check(self):
        """Every promise about every command so far."""
        check_commands(self.commands, self.config)

    def silent_since(self, time_s):
        return all(command.time_s <= time_s for command in self.commands)


def check_grips(commands, config):
    """Between shut and open, within their rate, and at rest where they are held."""
    before = {}
    for command in commands:
        for grip in command.grips:
            assert 0.0 <= grip.opening <= 1.0
            still = command.held or grip.state in (JointState.HELD, JointState.INVALID)
            last = before.get(grip.side)
            if last is not None and command.time_s - last[0] <= 1.5 * TICK_S:
                most = 0.0 if still else config.max_grip_speed * (command.time_s - last[0])
                assert abs(grip.opening - last[1]) <= most + 1e-9
            before[grip.side] = command.time_s, grip.opening


def check_commands(commands, config):
    """Finite, of unit length, within speed and acceleration, inside the workspace, later each time."""
    check_grips(commands, config)
    for command in commands:
        assert np.isfinite(command.positions).all()
        assert np.abs(np.linalg.norm(command.orientations, axis=1) - 1.0).max() < 1e-9
        assert (command.positions >= np.array(config.workspace_min) - 1e-9).all()
        assert (command.positions <= np.array(config.workspace_max) + 1e-9).all()
    velocity = None
    for before, after in itertools.pairwise(commands):
        dt = after.time_s - before.time_s
        assert dt > 0.0
        if dt > 1.5 * TICK_S:  # silent in between: another engagement, or a hole that the robot saw as well
            velocity = None
            continue
        step = after.positions - before.positions
        assert np.linalg.norm(step, axis=1).max() <= config.max_speed * dt + 1e-9
        turn = quat_to_rotvec(quat_multiply(after.orientations, quat_conjugate(before.orientations)))
        assert np.linalg.norm(turn, axis=1).max() <= config.max_angular_speed * dt + 1e-6
        assert (np.sum(after.orientations * before.orientations, axis=1) > 0.0).all()
        if velocity is not None:
            change = np.linalg.norm(step / dt - velocity, axis=1).max()
            assert change <= config.max_acceleration * dt + 1e-6
        velocity = step / dt
