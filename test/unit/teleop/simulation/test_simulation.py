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

"""The robot in MuJoCo: it holds, follows, stops, and keeps its limits, on a clock of the test's own."""

import importlib.util
import math
import sys

import numpy as np
import pytest

from frankmocap_ros.errors import MissingDependencyError, RobotError
from frankmocap_ros.settings.robot_sim import RobotSimSettings
from frankmocap_ros.settings.schema import settings_of
from frankmocap_ros.teleop.operator_state import TargetLimits
from frankmocap_ros.teleop.robot_map.map_reading import load_map
from frankmocap_ros.teleop.robot_map.robot_map import DEFAULT_SPEED, RobotMap, TargetMap
from frankmocap_ros.teleop.simulation.sim_model import STEP_S
from frankmocap_ros.teleop.simulation.simulation import MAX_CATCH_UP_S, Simulation

needs_mujoco = pytest.mark.skipif(
    importlib.util.find_spec("mujoco") is None, reason="mujoco is not installed"
)
ARM = """
<mujoco>
  <compiler angle="radian"/>
  <option timestep="0.002" integrator="implicitfast"/>
  <default><joint armature="0.02" damping="0.5"/><position kp="200" dampratio="1"/></default>
  <worldbody>
    <body pos="0 0 1" gravcomp="1">
      <joint name="shoulder" axis="0 1 0" range="-1.5 1.5"/>
      <geom type="capsule" fromto="0 0 0 0 0 -0.3" size="0.04" mass="2"/>
      <body pos="0 0 -0.3" gravcomp="1">
        <joint name="elbow" axis="0 1 0" range="-2.4 0"/>
        <geom type="capsule" fromto="0 0 0 0 0 -0.25" size="0.03" mass="1"/>
        <site name="hand" pos="0 0 -0.25"/>
        <body pos="0 0 -0.25"><joint name="loose" axis="0 1 0"/><geom size="0.02" mass="0.01"/></body>
      </body>
    </body>
  </worldbody>
  <actuator>
    <position name="elbow" joint="elbow"/>
    <position name="shoulder" joint="shoulder" ctrlrange="-1.2 2" ctrllimited="true"/>
  </actuator>
  <keyframe><key name="home" qpos="0.2 -1.0 0" ctrl="-1.0 0.2"/></keyframe>
</mujoco>
"""
NAMES = ("elbow", "shoulder")
HOME = np.array([-1.0, 0.2])
DEGREE = math.radians(1.0)
PERIOD_S = 0.01


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "robot.xml"
        path.write_text(text)
        return path

    return write


def mapped(model, **values):
    """A map of the arm."""
    values = {
        "keyframe": "home",
        "home": {},
        "speeds": {},
        "default_speed": 5.0,
        "joints": NAMES,
        "simulation": "physics",
        **values,
    }
    hand = TargetMap(
        name="hand",
        joint="left_wrist",
        origin="left_shoulder",
        part="hand",
        is_site=True,
        robot_origin="hand",
        chain=(),
        rotation_xyzw=(0.0, 0.0, 0.0, 1.0),
        position_cost=1.0,
        orientation_cost=0.0,
        limits=TargetLimits(),
    )
    return RobotMap(
        model=model,
        targets=(hand,),
        posture_costs={},
        default_posture_cost=0.0,
        damping=0.0,
        minimum_distance_m=0.0,
        pairs=(),
        **values,
    )


@pytest.fixture
def arm(write):
    return Simulation(write(ARM), dynamics="physics")


def sine(time_s):
    """A slow movement about home: positions and velocities."""
    phase = np.array([1.5, 1.0]) * time_s
    return HOME + 0.5 * np.sin(phase), 0.5 * np.array([1.5, 1.0]) * np.cos(phase)


def wait(arm, from_s, until_s):
    """Let time pass in small parts."""
    for n in range(math.ceil((until_s - from_s) / 0.05)):
        arm.advance(from_s + 0.05 * n)
    arm.advance(until_s)


def follow(arm, until_s, from_s=0.0, way=sine):
    """Commands at 100 Hz; returns the errors, shape (N, 2)."""
    errors = []
    for n in range(round((until_s - from_s) / PERIOD_S) + 1):
        time_s = from_s + n * PERIOD_S
        arm.advance(time_s)
        positions, velocities = way(time_s)
        errors.append(arm.positions - positions)
        assert arm.command(NAMES, positions.tolist(), velocities.tolist(), time_s) == ""
    return np.array(errors)


@needs_mujoco
def test_joints_are_the_actuated_ones(arm):
    assert arm.joint_names == NAMES
    np.testing.assert_allclose(arm.positions, HOME)
    np.testing.assert_allclose(arm.limits.low, [-2.4, -1.2])  # what the control range would clip is out too
    np.testing.assert_allclose(arm.limits.high, [0.0, 1.5])
    np.testing.assert_allclose(arm.limits.speed, DEFAULT_SPEED)


@needs_mujoco
def test_it_holds_before_the_first_command(arm):
    for n in range(100):
        arm.advance(0.1 * n)
    assert arm.stopped
    assert np.abs(arm.positions - HOME).max() < 0.01 * DEGREE
    assert (arm.accepted, arm.refused, arm.limit_violations) == (0, {}, 0)


@needs_mujoco
def test_it_follows_a_slow_sine(arm):
    errors = follow(arm, 8.0)
    assert np.abs(errors).max() < 3.0 * DEGREE
    assert np.ptp(errors + [sine(n * PERIOD_S)[0] for n in range(len(errors))], axis=0).min() > 0.9
    assert (arm.accepted, arm.refused, arm.limit_violations, arm.stopped) == (801, {}, 0, False)


@needs_mujoco
def test_velocities_take_the_lag_away(write):
    def lag(with_velocities):
        arm = Simulation(write(ARM), dynamics="physics")
        errors = []
        for n in range(400):
            arm.advance(n * PERIOD_S)
            positions, velocities = sine(n * PERIOD_S)
            errors.append(arm.positions - positions)
            arm.command(NAMES, positions, velocities if with_velocities else None, n * PERIOD_S)
        return np.abs(errors[50:]).max()

    assert lag(True) < 0.5 * lag(False)


@needs_mujoco
def test_it_stops_without_commands(arm):
    follow(arm, 0.95)
    speed = np.abs(arm.velocities).max()
    assert speed > 0.2
    wait(arm, 0.95, 0.95 + 0.24)
    assert not arm.stopped
    arm.advance(0.95 + 0.26)
    assert arm.stopped
    at = arm.positions
    for n in range(60):
        arm.advance(1.21 + 0.05 * n)
        assert np.abs(arm.positions - at).max() < DEGREE
    assert np.abs(arm.velocities).max() < 1e-3


@needs_mujoco
def test_without_commands_it_rests_at_the_last_one(arm):
    follow(arm, 0.95)
    last, _ = sine(0.95)
    wait(arm, 0.95, 3.0)
    assert np.abs(arm.positions - last).max() < DEGREE


@needs_mujoco
def test_it_stops_in_full_motion(write):
    """Before it has reached the last command."""
    arm = Simulation(mapped(write(ARM), default_speed=0.75), command_timeout_s=0.2)
    arm.advance(0.0)
    goal = HOME + 0.29
    assert arm.command(NAMES, goal, None, 0.0) == ""
    wait(arm, 0.0, 0.198)
    assert arm.velocities.min() > 0.5
    assert not arm.stopped
    arm.advance(0.204)
    assert arm.stopped
    at = arm.positions
    assert (goal - at).min() > 5.0 * DEGREE
    for n in range(60):
        arm.advance(0.204 + 0.05 * n)
        assert np.abs(arm.positions - at).max() < DEGREE


@needs_mujoco
def test_after_a_stop_nothing_leaps(arm):
    follow(arm, 0.95)
    wait(arm, 0.95, 1.5)
    assert arm.stopped
    far = arm.positions + np.array([0.0, 0.31])
    assert "after a stop" in arm.command(NAMES, far, None, 1.5)
    assert arm.refused == {"far_from_robot": 1}
    before = arm.positions
    arm.advance(1.52)
    assert np.abs(arm.positions - before).max() < 0.01 * DEGREE
    assert arm.command(NAMES, arm.positions + np.array([0.0, 0.29]), None, 1.52) == ""
    assert not arm.stopped
    fastest = 0.0
    for n in range(100):  # it takes off gently, though the way is long
        arm.advance(1.52 + n * STEP_S)
        fastest = max(fastest, np.abs(arm.velocities).max())
    assert 0.5 < fastest < DEFAULT_SPEED


@needs_mujoco
@pytest.mark.parametrize(
    ("positions", "valid_s", "reason"),
    [
        ([math.nan, 0.2], 1.01, "not_finite"),
        ([-1.0, 1.51], 1.01, "out_of_range"),
        ([-1.0, -1.21], 1.01, "out_of_range"),
        ([-1.5, 0.2], 1.01, "too_fast"),
        ([-1.0], 1.01, "wrong_length"),
        ([-1.0, 0.2], 0.75, "too_old"),
        ([-1.0, 0.2], 1.12, "in_future"),
        ([-1.0, 0.2], 1.0, "not_later"),
    ],
)
def test_what_is_refused_moves_nothing(arm, positions, valid_s, reason):
    follow(arm, 1.0, way=lambda _: (HOME, np.zeros(2)))
    arm.advance(1.01)
    assert arm.command(NAMES, positions, None, valid_s) != ""
    assert arm.refused == {reason: 1}
    assert arm.accepted == 101
    arm.advance(1.1)
    assert np.abs(arm.positions - HOME).max() < 0.01 * DEGREE


@needs_mujoco
def test_unknown_and_missing_joints(arm):
    arm.advance(0.1)
    assert "unknown joint loose" in arm.command((*NAMES, "loose"), [-1.0, 0.2, 0.0], None, 0.1)
    assert "it lacks shoulder" in arm.command(NAMES[:1], [-1.0], None, 0.1)
    assert arm.refused == {"unknown_joint": 1, "missing_joint": 1}


@needs_mujoco
def test_catching_up_is_bounded(arm):
    arm.advance(0.05)
    assert arm.simulated_s == pytest.approx(0.05, abs=STEP_S)
    arm.advance(60.0)
    assert arm.simulated_s == pytest.approx(0.05 + MAX_CATCH_UP_S, abs=2 * STEP_S)
    arm.advance(60.1)
    assert arm.simulated_s == pytest.approx(0.05 + 2 * MAX_CATCH_UP_S, abs=4 * STEP_S)


@needs_mujoco
def test_time_that_goes_back_changes_nothing(arm):
    arm.advance(1.0)
    simulated_s = arm.simulated_s
    arm.advance(0.5)
    arm.advance(1.0)
    assert arm.simulated_s == simulated_s


@needs_mujoco
def test_after_a_long_delay_it_has_stopped(arm):
    follow(arm, 1.0)
    before = arm.positions
    arm.advance(30.0)
    assert arm.stopped
    assert np.abs(arm.positions - before).max() < DEGREE
    assert "28.9" in arm.command(NAMES, before, None, 1.01) and arm.refused == {"too_old": 1}


@needs_mujoco
def test_violations_are_counted_once_a_step(arm):
    arm.advance(0.1)
    assert arm.limit_violations == 0
    arm.data.qvel[:2] = 40.0, -40.0  # both joints are over their speed, and both count as one
    arm.advance(0.1 + 1.5 * STEP_S)
    assert arm.limit_violations == 1
    arm.data.qvel[:] = 0.0
    arm.data.qpos[1] = 0.05  # the elbow is beyond its end stop
    arm.advance(0.1 + 2.5 * STEP_S)
    assert arm.limit_violations == 2
    arm.data.qpos[1] = -1.0
    arm.advance(0.1 + 3.5 * STEP_S)
    assert arm.limit_violations == 2


@needs_mujoco
def test_speeds_of_the_map(write):
    arm = Simulation(mapped(write(ARM), speeds={"elbow": 1.0}))
    np.testing.assert_array_equal(arm.limits.speed, [1.0, 5.0])
    arm.advance(0.1)
    assert arm.command(NAMES, HOME, None, 0.1) == ""
    arm.advance(0.11)
    assert "allowed: 1 /s" in arm.command(NAMES, HOME + np.array([0.05, 0.0]), None, 0.11)
    assert arm.command(NAMES, HOME + np.array([0.0, 0.05]), None, 0.11) == ""


@needs_mujoco
def test_sites(arm):
    def hand(elbow, shoulder):
        both = elbow + shoulder
        x = -0.3 * math.sin(shoulder) - 0.25 * math.sin(both)
        return [[x, 0.0, 1.0 - 0.3 * math.cos(shoulder) - 0.25 * math.cos(both)]]

    np.testing.assert_allclose(arm.site_positions(["hand"]), hand(*HOME), atol=1e-9)
    follow(arm, 1.0)
    np.testing.assert_allclose(arm.site_positions(["hand"]), hand(*arm.positions), atol=1e-9)
    with pytest.raises(RobotError, match="no site foot; known: hand"):
        arm.site_positions(["foot"])


@needs_mujoco
def test_arrays_are_copies(arm):
    arm.advance(0.1)
    for array in (arm.positions, arm.velocities, arm.targets, arm.site_positions(["hand"])):
        array[:] = 1.0
    arm.advance(0.2)
    np.testing.assert_allclose(arm.positions, HOME, atol=1e-4)


@needs_mujoco
def test_a_model_with_shorter_steps_takes_more_of_them(write):
    arm = Simulation(write(ARM.replace('timestep="0.002"', 'timestep="0.0009"')), dynamics="physics")
    assert arm.model.opt.timestep == pytest.approx(STEP_S / 3)
    arm.advance(0.0501)
    assert arm.simulated_s == pytest.approx(0.05)


@needs_mujoco
def test_without_a_keyframe_it_starts_at_zero(write):
    arm = Simulation(write(ARM.replace('"home"', '"other"')), dynamics="physics")
    np.testing.assert_array_equal(arm.positions, [0.0, 0.0])


BROKEN = {
    "no actuators": ("<position name", "<motor name", "actuator elbow is not a <position> actuator"),
    "gear": ('joint="elbow"', 'joint="elbow" gear="2"', "with gear 1"),
    "time constant": ('joint="elbow"', 'joint="elbow" timeconst="0.1"', "without timeconst"),
    "the same joint": ('joint="elbow"', 'joint="shoulder"', "a joint of its own"),
    "start": ('qpos="0.2 -1.0 0"', 'qpos="0.2 0.1 0"', "the home posture is out of the range of elbow"),
    "syntax": ("<worldbody>", "<worldboy>", "MuJoCo cannot read it"),
}


@needs_mujoco
@pytest.mark.parametrize("name", BROKEN)
def test_models_that_cannot_be_simulated(write, name):
    old, new, text = BROKEN[name]
    with pytest.raises(RobotError, match=text) as caught:
        Simulation(write(ARM.replace(old, new)), dynamics="physics")
    assert "robot.xml" in str(caught.value)


@needs_mujoco
def test_no_file_no_actuators(write, tmp_path):
    with pytest.raises(RobotError, match="no such file"):
        Simulation(tmp_path / "none.xml", dynamics="physics")
    with pytest.raises(RobotError, match="no actuators"):
        Simulation(write("<mujoco/>"), dynamics="physics")


@needs_mujoco
def test_home_of_the_map(write):
    other = ARM.replace('"home"', '"other"')
    arm = Simulation(mapped(write(other), keyframe="other"))
    np.testing.assert_allclose(arm.positions, HOME)
    arm = Simulation(mapped(write(other), keyframe="", home={"elbow": -0.5}))
    np.testing.assert_allclose(arm.positions, [-0.5, 0.0])
    arm.advance(0.1)
    np.testing.assert_allclose(arm.positions, [-0.5, 0.0], atol=1e-4)
    arm = Simulation(mapped(write(other.replace("-2.4 0", "-2.4 -0.4")), keyframe=""))
    np.testing.assert_allclose(arm.positions, [-1.4, 0.0])  # in the middle where 0 is out of range
    with pytest.raises(RobotError, match="keyframe: it has no keyframe home; it has other"):
        Simulation(mapped(write(other)))
    with pytest.raises(RobotError, match="out of the range of elbow"):
        Simulation(mapped(write(other), keyframe="", home={"elbow": 0.5}))


GRIPPER = (
    '<body pos="0 0 -0.25"><joint name="finger" type="slide" axis="0 1 0" range="0 0.04" armature="0.1"/>'
    '<geom size="0.02" mass="0.01" contype="0" conaffinity="0"/></body>'
    '<body pos="0.1 0 -0.25"><joint name="wheel" axis="0 1 0" damping="1"/>'
    '<geom size="0.02" mass="0.01"/></body>'
)
WITH_GRIPPER = (
    ARM.replace('<site name="hand"', GRIPPER + '<site name="hand"')
    .replace("</actuator>", '<position name="finger" joint="finger"/><motor joint="wheel"/></actuator>')
    .replace('qpos="0.2 -1.0 0" ctrl="-1.0 0.2"', 'qpos="0.2 -1.0 0.03 0 0" ctrl="-1.0 0.2 0.03 0"')
)


@needs_mujoco
def test_its_controller_owns_what_the_map_commands(write):
    """A gripper and a wheel are somebody else's: they are told, stay where they are, and are not taken."""
    arm = Simulation(mapped(write(WITH_GRIPPER), joints=("elbow", "shoulder")))
    assert arm.joint_names == NAMES
    assert arm.told_names == ("elbow", "shoulder", "finger", "wheel", "loose")
    assert arm.command(("shoulder", "elbow"), (0.2, -1.0), None, 0.0) == ""
    refusal = arm.command((*NAMES, "finger"), (-1.0, 0.2, 0.03), None, 0.01)
    assert refusal == "unknown joint finger; known: elbow, shoulder"
    assert arm.command(("elbow",), (-1.0,), None, 0.02) == "it lacks shoulder; every joint is needed"
    assert arm.refused == {"unknown_joint": 1, "missing_joint": 1}
    follow(arm, 1.03, from_s=0.03, way=lambda _: (HOME, np.zeros(2)))
    positions, velocities = arm.told()
    assert positions == pytest.approx([*HOME, 0.03, 0.0, 0.0], abs=5e-3)
    assert np.abs(velocities).max() < 0.02


@needs_mujoco
def test_the_map_may_leave_what_is_commanded_to_its_targets(write):
    arm = Simulation(mapped(write(WITH_GRIPPER), joints=()))
    assert arm.joint_names == ("shoulder", "elbow"), "what moves the hand, in the model's order"
    np.testing.assert_allclose(arm.limits.low, [-1.2, -2.4])
    assert arm.command(("elbow", "shoulder"), HOME, None, 0.0) == ""


@needs_mujoco
def test_a_commanded_joint_needs_an_actuator(write):
    with pytest.raises(RobotError, match="it has no actuator for loose; add <position joint="):
        Simulation(mapped(write(ARM), joints=("elbow", "shoulder", "loose")))
    with pytest.raises(RobotError, match="actuator 3 is not a <position> actuator"):
        Simulation(mapped(write(WITH_GRIPPER), joints=("elbow", "wheel")))


@needs_mujoco
def test_the_built_in_robot_follows_and_stops():
    pytest.importorskip("yaml")
    robot = Simulation(load_map("torso"))
    home, names = robot.positions, robot.joint_names
    amplitude = np.minimum(0.3, 0.8 * np.minimum(robot.limits.high - home, home - robot.limits.low))
    for n in range(600):
        time_s = n * PERIOD_S
        robot.advance(time_s)
        positions, velocities = (
            home + amplitude * np.sin(2.0 * time_s),
            2.0 * amplitude * np.cos(2.0 * time_s),
        )
        assert np.abs(robot.positions - positions).max() < 3.0 * DEGREE
        assert robot.command(names, positions, velocities, time_s) == ""
    wait(robot, time_s, time_s + 0.26)
    assert robot.stopped
    at = robot.positions
    wait(robot, time_s + 0.26, time_s + 2.0)
    assert np.abs(robot.positions - at).max() < DEGREE
    assert (robot.limit_violations, robot.refused) == (0, {})


@needs_mujoco
def test_an_explosion_is_seen(arm):
    arm.advance(0.1)
    arm.data.qvel[0] = math.nan
    with pytest.raises(RobotError, match="became unstable: the model's gains"):
        arm.advance(0.2)


def test_without_mujoco(write, monkeypatch):
    monkeypatch.setitem(sys.modules, "mujoco", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'frankmocap_ros\[robot\]'"):
        Simulation(write(ARM), dynamics="physics")


def test_settings_fit_the_simulation():
    defaults = {s.name: s for s in settings_of(RobotSimSettings)}
    names = {"robot", "robot_model", "rate_hz", "controller", "dynamics", "command_timeout_s", "viewer"}
    assert set(defaults) == names
    assert not any(s.live for s in defaults.values())
    assert defaults["rate_hz"].maximum <= 1.0 / STEP_S
