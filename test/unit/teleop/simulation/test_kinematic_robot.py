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

"""A robot without masses: it goes where it is told, within ranges and speeds, whatever its model lacks."""

import math

import numpy as np
import pytest

from support.paths import SHARED

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.errors import RobotError
from frankmocap_ros.teleop.simulation.kinematic_robot import KinematicRobot
from frankmocap_ros.teleop.simulation.physical_robot import PhysicalRobot
from frankmocap_ros.teleop.simulation.sim_model import STEP_S
from frankmocap_ros.teleop.simulation.simulation import Simulation

MODELS = SHARED / "robots/models"
FILES = (
    "aloha/aloha.xml", "booster_t1/t1.xml", "franka_panda/panda.xml", "franka_panda_urdf/panda.urdf",
    "kinova_gen3/gen3.xml", "openarm/openarm_bimanual.xml", "openarm_v1/openarm_bimanual.xml",
    "so101/so101.xml", "so101_urdf/so101_new_calib.urdf", "unitree_g1/g1.xml",
    "unitree_g1_motors/g1_29dof.xml", "unitree_g1_urdf/g1_custom_collision_29dof.urdf",
    "unitree_h1/h1.xml", "ur5e/ur5e.xml", "xarm7/xarm7.xml",
)  # fmt: skip
NO_ACTUATORS = """
<mujoco>
  <worldbody>
    <body name="upper"><joint name="shoulder" axis="0 1 0" range="-60 60" limited="true"/><geom size="0.1"/>
      <body name="lower" pos="0 0 -0.1"><joint name="elbow" axis="0 1 0"/><geom size="0.1"/>
        <body name="finger" pos="0 0 -0.1"><joint name="follower" axis="0 1 0"/><geom size="0.1"/></body>
      </body>
    </body>
  </worldbody>
  <equality><joint joint1="follower" joint2="elbow" polycoef="0.1 2 0 0 0"/></equality>
</mujoco>
"""
MOTORS = NO_ACTUATORS.replace("</mujoco>", "<actuator><motor joint='elbow'/></actuator></mujoco>")


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "robot.xml"
        path.write_text(text)
        return path

    return write


def test_it_needs_no_actuators(write):
    robot = KinematicRobot(write(NO_ACTUATORS))
    assert robot.limits.names == ("shoulder", "elbow"), "what follows another joint is not commanded"
    assert robot.told_names == ("shoulder", "elbow", "follower")
    robot.step(np.array([0.01, 0.02]), np.zeros(2), 1.0)
    np.testing.assert_allclose(robot.told()[0], [0.01, 0.02, 0.14], atol=1e-6)
    assert KinematicRobot(write(MOTORS)).limits.names == ("elbow",), "what has a motor is commanded"


def test_physics_says_what_it_cannot_simulate(write):
    for text in (NO_ACTUATORS, MOTORS):
        with pytest.raises(RobotError, match="Or simulate it without masses, dynamics: kinematic"):
            PhysicalRobot(write(text))


def test_ranges_and_speeds_hold_whatever_it_is_told(write):
    robot = KinematicRobot(write(NO_ACTUATORS))
    last = robot.positions
    for n in range(2000):
        target = np.array([5.0, -40.0]) * (-1) ** (n // 300)
        robot.step(target, np.array([1e6, -1e6]), STEP_S)
        assert (np.abs(robot.positions - last) <= robot.limits.speed * STEP_S * (1 + 1e-9)).all()
        np.testing.assert_allclose(robot.velocities, (robot.positions - last) / STEP_S)
        last = robot.positions
        assert abs(last[0]) <= math.radians(60) + 1e-9


def test_a_steady_motion_is_followed_without_lag(write):
    """Commands come at 100 Hz; between them the robot's speed stays even."""
    arm = Simulation(write(NO_ACTUATORS))
    speeds = []
    for n in range(200):
        time_s = 0.01 * n
        arm.advance(time_s)
        assert arm.command(("shoulder", "elbow"), (0.5 * time_s, 0.3 * time_s), (0.5, 0.3), time_s) == ""
        if n > 50:
            assert np.abs(arm.positions - [0.5 * time_s, 0.3 * time_s]).max() < 0.01
            speeds.append(arm.velocities)
    assert np.abs(np.array(speeds) - [0.5, 0.3]).max() < 0.1
    assert (arm.limit_violations, arm.complaints) == (0, {})


def test_an_equality_that_cannot_hold_is_said(write):
    far = NO_ACTUATORS.replace('name="follower"', 'name="follower" range="-1 1" limited="true"').replace(
        "0.1 2 0 0 0", "0.1 0 5 0 0"
    )
    fixed = far.replace("</equality>", '<connect body1="finger" anchor="0 0 -0.1" body2="world"/></equality>')
    arm = Simulation(write(fixed))
    arm.advance(0.05)
    assert arm.command(arm.joint_names, [0.2] * len(arm.joint_names), None, 0.05) == ""
    arm.advance(0.1)
    arm.told()
    assert any("equalities" in text for text in arm.complaints)


def test_a_map_asks_for_physics_and_the_setting_wins(write):
    pytest.importorskip("yaml")
    from frankmocap_ros.teleop.robot_map.map_reading import load_map

    torso = load_map("torso")
    assert torso.simulation == "physics"
    assert Simulation(torso).model.nu and Simulation(torso).simulated_s == 0.0
    moved = Simulation(torso, dynamics="kinematic")
    moved.advance(0.1)
    assert moved.data.time == 0.0 and moved.simulated_s == pytest.approx(0.1)


TOUCHING = """
<mujoco>
  <option timestep="0.002"/>
  <worldbody>
    <body name="left"><joint name="a" axis="0 0 1"/><geom size="0.1" pos="0.05 0 0"/></body>
    <body name="right" pos="0.12 0 0"><joint name="b" axis="0 0 1"/><geom size="0.1"/></body>
  </worldbody>
  <actuator><position joint="a" kp="50" kv="1" forcerange="-0.1 0.1"/><position joint="b" kp="5"/></actuator>
</mujoco>
"""


def test_what_goes_wrong_in_physics_is_said(write):
    arm = Simulation(write(TOUCHING), dynamics="physics")
    assert arm.notes == (
        "parts touch in the home posture and are pushed apart: left and right; correct home, or simulate "
        "without masses, dynamics: kinematic",
    )
    assert arm.command(("a", "b"), (0.2, 0.0), None, 0.0) == ""
    arm.advance(0.1)
    assert list(arm.complaints) == ["a: its actuator is at its greatest force"]


def ends(arm):
    return arm.limits.low, arm.limits.high


@pytest.mark.parametrize("name", FILES)
def test_makers_files_move_as_they_are(name):
    path = MODELS / name
    if not path.is_file():
        pytest.skip(f"not there: {path}")
    arm = Simulation(path)
    names, home = arm.joint_names, arm.positions
    assert len(names) >= 5
    middle = np.array([0.5 * (a + b) if np.isfinite(a) else 0.0 for a, b in zip(*ends(arm), strict=True)])
    for n in range(120):
        time_s = 0.01 * n
        arm.advance(time_s)
        arm.told()
        wanted = home + (middle - home) * min(1.0, n / 80)
        assert arm.command(names, wanted, None, time_s) == ""
    assert np.abs(arm.positions - middle).max() < 0.02
    assert (arm.limit_violations, arm.refused, arm.complaints) == (0, {}, {})
