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

"""The synthetic figure, the gate, its retargeter and a simulated robot: engaged at any moment of the wave."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.body.skeleton import BODY_WITH_HANDS
from frankmocap_ros.geometry.rotation import quat_rotate
from frankmocap_ros.settings.gate import SIMULATED, GateSettings
from frankmocap_ros.settings.schema import updated
from frankmocap_ros.synthetic.human import WAVE_PERIOD_S, scene
from frankmocap_ros.teleop.controller import Controller
from frankmocap_ros.teleop.inverse_kinematics.retargeter import load_retargeter
from frankmocap_ros.teleop.operator_state import OperatorState, Poses
from frankmocap_ros.teleop.robot.joint_controller import JointController
from frankmocap_ros.teleop.robot_map.map_reading import load_map
from frankmocap_ros.teleop.simulation.simulation import Simulation

PERIOD_S = 0.01
IMAGE_S = 1.0 / 30.0
LATENCY_S = 0.03
ASKED_S = 0.3
CONFIG = updated(GateSettings(), {"robot": "torso", **SIMULATED})
SETTLED_S = CONFIG.align_s + 0.5  # after engagement


class Following:
    """One engagement, on a machine that is late now and then; ``moment_s`` is where the wave begins."""

    def __init__(self, robot, moment_s, seed, config=CONFIG):
        self.robot = robot
        self.random = np.random.default_rng(seed)
        self.moment_s = moment_s
        self.simulation = Simulation(load_map("torso"))
        self.order = [self.simulation.joint_names.index(name) for name in robot.joint_names]
        self.joint_controller = JointController(
            robot, lambda: self.simulation.positions[self.order], config.max_tracking_error
        )
        self.controller = Controller(config, robot.targets, self.joint_controller, 0.0)
        self.rows = [BODY_WITH_HANDS.index[name] for name in self.controller.watched]
        self.gone_s = np.inf
        self.states, self.refused, self.postures, self.off = Counter(), [], [], []
        self.engaged_s = None
        self.all = []

    def stand_at(self, joints):
        """Start anew with the robot in a posture, shape (J,)."""
        map_ = load_map("torso")
        home = dict(zip(self.robot.joint_names, joints.tolist(), strict=True))
        self.simulation = Simulation(replace(map_, keyframe="", home=home))

    def operator_state(self, time_s):
        figure = scene("wave", self.moment_s + time_s)[0]
        n = len(self.rows)
        yes = np.ones(n, dtype=bool)
        positions = figure.positions[self.rows] + self.random.normal(0.0, 1e-4, (n, 3))
        poses = Poses(positions, figure.orientations_xyzw[self.rows], np.ones(n), yes, yes)
        return OperatorState(time_s, int(time_s < self.gone_s), poses, yes)

    def run(self, seconds):
        now_s = image_s = 0.0
        asked = False
        while now_s < seconds:
            late_s = self.random.uniform(0.0, 0.03) * (self.random.random() < 0.01)
            now_s += max(0.002, self.random.normal(PERIOD_S, 0.003)) + late_s
            while image_s + LATENCY_S <= now_s:
                self.controller.observe(self.operator_state(image_s), now_s)
                image_s += IMAGE_S
            asked = asked or (now_s > ASKED_S and self.controller.request(now_s) == "")
            self.simulation.advance(now_s)
            command = self.controller.tick(now_s)
            self.states[self.controller.state.name] += 1
            if command is not None:
                self.follow(command, now_s)
        return self

    def follow(self, command, now_s):
        joints, velocities = command.posture.positions, command.posture.velocities
        refusal = self.simulation.command(self.robot.joint_names, joints, velocities, now_s)
        if refusal:
            self.refused.append(refusal)
        self.engaged_s = self.engaged_s or now_s
        self.all.append((now_s, command.held, joints))
        if now_s > self.engaged_s + SETTLED_S:
            wrists = self.robot.poses(joints).positions[:2] - command.positions[:2]
            self.off.append(np.linalg.norm(wrists, axis=-1))
            self.postures.append(joints)


@pytest.fixture(scope="module")
def torso():
    return load_retargeter("torso")


@pytest.mark.parametrize("moment", range(16))
def test_engaged_at_any_moment_of_the_wave(torso, moment):
    found = Following(torso, WAVE_PERIOD_S * moment / 16, seed=moment).run(9.0)
    assert found.states["ENGAGED"] > 500
    assert (found.simulation.limit_violations, found.refused) == (0, [])
    assert np.mean(found.off) < 0.005
    assert np.max(found.off) < 0.05
    pitch = torso.joint_names.index("right_shoulder_pitch")
    assert np.min(found.postures, axis=0)[pitch] > -1.5, "the arm came up at the side, as the operator's does"


@pytest.mark.parametrize("moment", range(4))
def test_an_arm_that_passes_the_side_stretched_out_does_not_turn_over(torso, moment):
    """Its shoulder has lost an axis there, and prediction makes the arm straighter than it is."""
    quick = {"max_prediction_ms": 20.0, "max_speed": 5.0, "max_acceleration": 90.0}
    found = Following(torso, 0.5 * moment, seed=moment, config=updated(CONFIG, quick)).run(20.0)
    assert found.states["ENGAGED"] > 1500
    assert (found.simulation.limit_violations, found.refused) == (0, [])
    pitch = torso.joint_names.index("right_shoulder_pitch")
    assert np.min(found.postures, axis=0)[pitch] > -1.8
    assert np.mean(found.off) < 0.005


def test_who_is_lost_on_the_way_leaves_a_robot_that_stands(torso):
    """The posture that it is led to is not let go of, nor is it led on."""
    found = Following(torso, 3.0, seed=1)
    found.gone_s = 1.8
    found.run(3.0)
    assert 0.5 < found.gone_s - found.engaged_s < CONFIG.align_s - 0.3
    held = np.array([joints for _, was_held, joints in found.all if was_held])
    assert len(held) > 0.8 * CONFIG.hold_s / PERIOD_S
    assert np.abs(held[-1] - held[len(held) // 2]).max() < 0.02
    assert np.abs(held[-1] - held[0]).max() < 0.3
    assert found.refused == [] and found.simulation.limit_violations == 0


def test_a_wound_arm_is_led_back(torso):
    """It hangs as at home, with the shoulder turned over; engaged, it goes up at the side and comes down."""
    found = Following(torso, 0.0, seed=1)
    names = torso.joint_names
    wound = torso.home.copy()
    for name, angle in (("pitch", -2.9), ("roll", -2.9), ("yaw", 1.8)):
        wound[names.index(f"right_shoulder_{name}")] = angle
    found.stand_at(wound)
    found.run(4.0)
    assert (found.simulation.limit_violations, found.refused) == (0, [])
    assert np.max(found.off) < 0.01
    assert found.postures[-1][names.index("right_shoulder_pitch")] > -1.2


def test_a_locked_depth_reaches_the_joints(torso):
    """The robot's hands, by its own kinematics, stay in planes across the lines of sight."""
    ways = {}
    for mode in ("follow", "locked"):
        found = Following(torso, 0.0, seed=0, config=updated(CONFIG, {"depth_mode": mode})).run(9.0)
        assert found.states["ENGAGED"] > 500
        engagement = found.controller._engagement
        sights = quat_rotate(engagement.facing_forward, engagement._depth._sights[:2])
        hands = np.array([torso.poses(joints).positions[:2] for joints in found.postures])
        ways[mode] = np.ptp(np.einsum("tni,ni->tn", hands, sights), axis=0)
    assert (ways["locked"] < 0.005).all(), ways
    assert (ways["follow"] > 0.05).all(), ways
