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

"""A robot that does not follow is never sent to where it is not: gate, controllers and robot on one clock.

The simulated robot has a controller that takes what a joint_trajectory_controller takes: whatever comes to
rest at its end, however far, within the time that the point gives.
"""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.body.skeleton import BODY_WITH_HANDS
from frankmocap_ros.errors import RetargetError
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.settings.schema import updated
from frankmocap_ros.synthetic.human import scene
from frankmocap_ros.teleop.controller import Controller
from frankmocap_ros.teleop.gate import State
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter
from frankmocap_ros.teleop.operator_state import OperatorState, Poses
from frankmocap_ros.teleop.robot.joint_controller import JointController
from frankmocap_ros.teleop.robot.tracking_error import STANDS
from frankmocap_ros.teleop.robot_map.map_reading import load_map
from frankmocap_ros.teleop.simulation.simulation import Simulation

PERIOD_S = 0.01
LATENCY_S = 0.03
IMAGE_TICKS = 3
CONFIG = updated(
    GateSettings(),
    {
        "robot": "torso",
        "arming_s": 0.2,
        "calm_speed": 9.0,
        "max_speed": 3.0,
        "max_acceleration": 60.0,
        "reject_speed": 12.0,
        "hold_s": 1.0,
    },
)


class Chain:
    """An operator who waves, a gate, and a robot behind a joint_trajectory_controller.

    Args:
        robot: its map, and its retargeter.
        moment_s: where the wave begins.
        settings: of the gate, where they differ.
    """

    def __init__(self, robot, moment_s=0.0, **settings):
        self.config = updated(CONFIG, settings)
        map_, self.robot = robot
        robot, self.moment_s = self.robot, moment_s
        self.simulation = Simulation(map_, command_timeout_s=None)
        self.order = [self.simulation.joint_names.index(name) for name in robot.joint_names]
        self.silent = ""
        self.joint_controller = JointController(robot, self.measured, self.config.max_tracking_error)
        self.log = []
        self.controller = Controller(self.config, robot.targets, self.joint_controller, 0.0, self.changed)
        self.rows = [BODY_WITH_HANDS.index[name] for name in self.controller.watched]
        self.random = np.random.default_rng(0)
        self.ticks = 0
        self.here = True  # whether the operator is seen
        self.still_since_s = np.inf  # of the operator
        self.active = True  # the controller
        self.sent, self.off, self.longer = [], [], []
        self.fastest = 0.0  # share of a joint's speed
        self.most = np.zeros(len(robot.joint_names))  # how far joints were from where they began
        self.began = self.simulation.positions

    @property
    def now_s(self):
        return PERIOD_S * self.ticks

    def measured(self):
        return self.silent or self.simulation.positions[self.order]

    def changed(self):
        self.log.append((self.controller.state, self.controller.reason))

    def operator_state(self, time_s):
        figure = scene("wave", self.moment_s + min(time_s, self.still_since_s))[0]
        n = len(self.rows)
        yes = np.ones(n, dtype=bool)
        positions = figure.positions[self.rows] + self.random.normal(0.0, 1e-4, (n, 3))
        return OperatorState(
            time_s,
            int(self.here),
            Poses(positions, figure.orientations_xyzw[self.rows], np.ones(n), yes, yes),
            yes,
        )

    def tick(self):
        self.ticks += 1
        now_s = self.now_s
        if self.ticks % IMAGE_TICKS == 0:
            self.controller.observe(self.operator_state(now_s - LATENCY_S), now_s)
        self.simulation.advance(now_s)
        simulation = self.simulation
        share = np.abs(simulation.velocities) / simulation.limits.speed
        self.fastest = max(self.fastest, float(share.max()))
        self.most = np.maximum(self.most, np.abs(simulation.positions - self.began))
        command = self.controller.tick(now_s)
        if command is not None:
            self.send(command)
        return command

    def send(self, command):
        posture = command.posture
        at = self.simulation.positions[self.order]
        self.sent.append(command)
        self.off.append(float(np.abs(posture.positions - at).max()))
        spline = self.config.trajectory_velocities
        from_start_s = posture.from_start_s(self.config.trajectory_lead_s, spline)
        self.longer.append(from_start_s > self.config.trajectory_lead_s)
        if self.active:
            names, velocities = self.robot.joint_names, posture.velocities if spline else None
            self.simulation.command(names, posture.positions, velocities, command.time_s, from_start_s)

    def run(self, seconds, until=None):
        end = self.ticks + round(seconds / PERIOD_S)
        while self.ticks < end:
            self.tick()
            if until is not None and self.controller.state is until:
                return self
        assert until is None, f"{until!r} was not reached; {self.log}"
        return self

    def engaged(self):
        self.run(0.3)
        assert self.controller.request(self.now_s) == ""
        return self.run(2.0, until=State.ENGAGED)

    def check(self):
        """Nothing was sent where the robot was not, and no joint went faster than it may."""
        assert max(self.off, default=0.0) <= self.config.max_tracking_error
        assert self.simulation.limit_violations == 0
        assert self.fastest <= 1.0


def with_speed(speed):
    """The built-in robot, with joints of a speed [rad/s]."""
    map_ = replace(load_map("torso"), speeds={}, default_speed=speed)
    return map_, Retargeter(map_)


@pytest.fixture(scope="module", params=[20.0, 3.0], ids=["quick", "slow"])
def torso(request):
    return with_speed(request.param)


@pytest.mark.parametrize("moment_s", [0.0, 0.5, 1.0, 1.5, 2.0, 2.5])
def test_a_controller_that_refuses_every_moving_point(torso, moment_s):
    """The robot stands, the commands go on: they end, the reason is told, and nothing leaps."""
    chain = Chain(torso, moment_s, trajectory_velocities=True).engaged()
    chain.run(4.0, until=State.DISENGAGED)
    print(f"fastest {chain.fastest:.2f}, furthest {max(chain.off):.2f} rad")
    assert State.HOLD not in [state for state, _ in chain.log]
    assert "the robot does not follow" in chain.controller.reason
    assert "check that its controller is active and accepts the commands" in chain.controller.reason
    assert chain.simulation.refused["moves_at_end"] > 10
    count = len(chain.sent)
    chain.run(2.0)
    assert len(chain.sent) == count
    chain.check()


@pytest.mark.parametrize("ticks", [20, 60, 80, 90, 100, 110, 120, 130])
def test_an_operator_who_is_lost_before_anybody_knows_about_the_robot(torso, ticks):
    """HOLD brakes to rest, which the controller takes: the robot must not leap there."""
    chain = Chain(torso, trajectory_velocities=True).engaged()
    chain.run(0.01 * ticks)
    chain.here = False
    chain.run(2.0)
    print(f"fastest {chain.fastest:.2f}, furthest {max(chain.off):.2f} rad; {chain.log[-1]}")
    assert chain.controller.state is State.DISENGAGED
    held = [off for off, command in zip(chain.off, chain.sent, strict=True) if command.held]
    assert max(held, default=0.0) <= STANDS * chain.config.max_tracking_error
    chain.check()


@pytest.mark.parametrize("ticks", [5, 10, 15, 20, 25, 30, 60, 120])
def test_an_operator_who_stands_still_before_anybody_knows_about_the_robot(torso, ticks):
    """The points come to rest, the controller takes one now and then: no faster than joints go."""
    chain = Chain(torso, trajectory_velocities=True).engaged()
    chain.still_since_s = chain.now_s + 0.01 * ticks
    chain.run(2.0)
    print(f"fastest {chain.fastest:.2f}, furthest {max(chain.off):.2f} rad; {chain.log[-1]}")
    chain.check()


@pytest.mark.parametrize("ticks", [6, 12, 18, 24, 30, 36])
def test_a_controller_that_comes_back_does_not_leap(torso, ticks):
    """It is switched off and on again before anybody knows; it takes every point."""
    chain = Chain(torso).engaged().run(1.0)
    chain.active = False
    chain.run(0.01 * ticks)
    chain.active = True
    chain.run(1.0)
    print(f"fastest {chain.fastest:.2f}, furthest {max(chain.off):.2f} rad; {chain.log[-1]}")
    chain.check()


def test_a_controller_that_takes_the_points_is_followed(torso):
    chain = Chain(torso).engaged()
    chain.run(8.0)
    assert chain.controller.state is State.ENGAGED
    assert chain.most.max() > 0.5
    print(f"fastest {chain.fastest:.2f}, furthest {max(chain.off):.2f} rad")
    assert max(chain.off) < 0.5
    assert chain.simulation.refused == {}
    assert not any(chain.longer), "what follows needs no more time"
    chain.here = False
    chain.run(0.3, until=State.HOLD)
    chain.run(0.5)
    assert chain.controller.state is State.HOLD, "an operator who is lost is no fault of the robot's"
    assert np.abs(chain.simulation.velocities).max() < 0.05
    chain.check()


@pytest.mark.parametrize("held", [False, True])
def test_a_robot_that_falls_silent_is_let_go_at_once(torso, held):
    chain = Chain(torso).engaged().run(0.5)
    if held:
        chain.here = False
        chain.run(1.0, until=State.HOLD)
        chain.run(0.1)
    chain.silent = "joint_states has told nothing"
    count = len(chain.sent)
    chain.run(PERIOD_S)
    assert chain.log[-1] == (State.DISENGAGED, "joint_states has told nothing")
    chain.run(1.0)
    assert len(chain.sent) == count


def fails(*_):
    raise RetargetError("no posture of the robot is found")


def test_without_a_posture_the_last_one_is_held_for_a_robot_that_is_there(torso, monkeypatch):
    chain = Chain(torso).engaged().run(1.0)
    monkeypatch.setattr(torso[1], "solve", fails)
    chain.run(0.5)
    assert chain.log[-1] == (State.HOLD, "no posture of the robot is found")
    held = [command.posture for command in chain.sent if command.held]
    assert len(held) > 40
    assert not any(posture.velocities.any() for posture in held)
    chain.check()


def test_without_a_posture_nothing_is_held_for_a_robot_that_is_elsewhere(torso, monkeypatch):
    chain = Chain(torso).engaged().run(1.0)
    chain.active = False
    chain.run(0.2)
    assert chain.off[-1] > STANDS * chain.config.max_tracking_error
    monkeypatch.setattr(torso[1], "solve", fails)
    chain.active = True
    count = len(chain.sent)
    chain.run(1.0)
    assert chain.controller.state is State.DISENGAGED
    assert "the robot does not follow" in chain.controller.reason
    assert len(chain.sent) == count
    chain.check()


@pytest.mark.parametrize("seconds", [0.3, 2.0])
def test_after_a_standstill_of_the_gate_itself_nothing_goes_on(torso, seconds):
    """The robot's watchdog has stopped it meanwhile, or somebody has moved it."""
    chain = Chain(torso).engaged().run(1.0)
    chain.ticks = round((chain.now_s + seconds) / PERIOD_S / IMAGE_TICKS) * IMAGE_TICKS - 1
    assert chain.tick() is None, "though what is seen is new"
    assert chain.controller.state is State.DISENGAGED
    assert "the gate stalled for" in chain.controller.reason
    chain.run(0.5)
    assert chain.controller.state is State.DISENGAGED


def test_what_was_silent_is_not_held_again(torso):
    """What is seen is too old and silent for a moment in HOLD; the operator comes back before it ends."""
    chain = Chain(torso).engaged().run(1.0)
    shown, chain.operator_state = chain.operator_state, lambda time_s: shown(chain.now_s - 0.3)
    chain.run(0.35)
    assert chain.controller.state is State.HOLD
    chain.operator_state = shown
    count = len(chain.sent)
    chain.run(0.3)
    assert (
        chain.controller.state is State.HOLD and chain.controller.age_s(chain.now_s) <= chain.config.max_age_s
    )
    assert len(chain.sent) == count
