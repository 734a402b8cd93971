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

"""What is commanded of a robot that has more than its arm: what moves a target, or what its map names."""

import numpy as np
import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.errors import RobotError
from frankmocap_ros.teleop.controller import Command
from frankmocap_ros.teleop.inverse_kinematics.retargeter import load_retargeter
from frankmocap_ros.teleop.robot.alignment import Alignment
from frankmocap_ros.teleop.robot.joint_controller import JointController

DT = 0.01
ARM = ("shoulder_pan_joint", "shoulder_lift_joint", "elbow_joint", "wrist_joint")
HOME = [0.0, 0.3, 0.8, 0.0]


@pytest.fixture
def load(mobile_robot):
    def load(added="", model=lambda urdf: urdf):
        return load_retargeter(str(mobile_robot(added, model)))

    return load


def follow(robot, poses, steps=300):
    """The postures on the way to poses."""
    return np.array([robot.solve(poses.positions, poses.orientations, DT)[0] for _ in range(steps)])


def test_wheels_and_gripper_are_not_commanded(load):
    robot = load()
    assert robot.joint_names == ARM
    assert robot.home.tolist() == HOME
    assert len(robot.lower) == len(robot.upper) == len(robot.max_speed) == 4
    assert robot.observed == (), "nor is it asked where they are: no target's place depends on them"
    goal = robot.poses(np.array([0.5, 0.1, 1.2, 0.3]))
    path = follow(robot, goal)
    assert path.shape == (300, 4)
    assert np.linalg.norm(robot.poses(path[-1]).positions - goal.positions) < 0.005


def test_the_forward_kinematics_are_those_of_the_arm(load):
    robot = load()
    tool = robot.poses(np.zeros(4)).positions[0]
    assert tool == pytest.approx([0.7, 0.0, 0.6])
    tool = robot.poses(np.array([np.pi / 2, 0.0, np.pi / 2, 0.0])).positions[0]
    assert tool == pytest.approx([0.0, 0.3, 0.2])


def test_the_map_says_what_is_commanded_and_in_which_order(load):
    robot = load("joints: [elbow_joint, shoulder_pan_joint]")
    assert robot.joint_names == ("elbow_joint", "shoulder_pan_joint")
    assert robot.observed == ("shoulder_lift_joint", "wrist_joint"), "these move the target, too"
    path = follow(robot, robot.poses(np.array([1.2, 0.4])))
    assert path[-1] == pytest.approx([1.2, 0.4], abs=0.01)


def test_a_joint_that_moves_no_target_is_commanded_to_stay_where_it_is(load):
    """For a controller that owns the gripper as well, and takes nothing that does not name it."""
    robot = load(f"joints: [{', '.join(ARM)}, finger_joint]")
    assert robot.joint_names == (*ARM, "finger_joint")
    start = np.array([*HOME, 0.03])
    robot.start(start)
    alignment = Alignment(robot)
    alignment.begin(start)
    goal = robot.poses(np.array([0.5, 0.1, 1.2, 0.3, 0.0]))
    for left in np.linspace(1.0, 0.0, 150):
        joints, velocities = robot.solve(*alignment.way(goal.positions, goal.orientations, left), DT)
        assert joints[4] == 0.03 and velocities[4] == 0.0
    assert np.abs(joints[:4] - HOME).max() > 0.2


@pytest.mark.parametrize(
    "added, words",
    [
        ("joints: [elbow]", "joints: it has no joint to command of the name elbow; it has elbow_joint, "
         "finger_joint, shoulder_lift_joint, shoulder_pan_joint, wheel_l_joint, wheel_r_joint, wrist_joint"),
        ("joints: [elbow_joint, tool0_fixed]", "no joint to command of the name tool0_fixed"),
        ("joints: [elbow_joint, finger_mimic_joint]", "finger_mimic_joint is not commanded, as it goes along "
         "with finger_joint; leave it out"),
        ("joints: [elbow_joint, elbow_joint]", "joints: names elbow_joint more than once"),
        ("joints: []", "joints: is empty"),
        ("joints: elbow_joint", "joints: expected a list of names"),
        ("joints: [finger_joint]", "none of finger_joint moves a target; what does: elbow_joint, "
         "shoulder_lift_joint, shoulder_pan_joint, wrist_joint"),
        ("posture_costs: {finger_joint: 1.0}", "posture_costs: finger_joint: not commanded; what is: "
         "elbow_joint, shoulder_lift_joint, shoulder_pan_joint, wrist_joint"),
        ("acceleration_limits: {finger_joint: 1.0}", "acceleration_limits: finger_joint: not commanded"),
        ("posture_costs: {finger: 1.0}", "posture_costs: it has no joint finger; it has elbow_joint"),
    ],
)  # fmt: skip
def test_wrong_names_are_refused_with_the_right_ones(load, added, words):
    with pytest.raises(RobotError, match=words):
        load(added)


def test_speeds_are_said_of_commanded_joints(load, mobile_robot):
    path = mobile_robot()
    path.write_text(path.read_text().replace("{default: 1.0}", "{default: 1.0, wheel_l_joint: 9.0}"))
    with pytest.raises(RobotError, match="velocity_limits: wheel_l_joint: not commanded"):
        load_retargeter(str(path))


# -- the others stay where they are


def test_where_the_others_are_is_measured_where_it_is_told(load):
    """An arm on a lift: commands are in the base's frame, whoever moves the lift."""
    robot = load("joints: [shoulder_lift_joint, elbow_joint, wrist_joint]")
    assert robot.observed == ("shoulder_pan_joint",)
    measured = np.array([0.3, 0.8, 0.0])
    ahead = robot.poses(measured).positions[0]
    robot.observe(np.array([np.pi / 2]))
    left = robot.poses(measured).positions[0]
    assert left == pytest.approx([-ahead[1], ahead[0], ahead[2]], abs=1e-9)
    robot.observe(np.array([np.nan]))
    assert robot.poses(measured).positions[0] == pytest.approx(left), "who is silent is where he was"


def posture_of(joint_controller, time_s, poses):
    """The joints' positions for the command to be where ``poses`` are."""
    return joint_controller.drive(
        Command(time_s, poses.positions, poses.orientations, False)
    ).posture.positions


def test_a_joint_controller_needs_to_know_where_the_commanded_joints_are_and_no_others(load):
    robot = load("joints: [shoulder_lift_joint, elbow_joint, wrist_joint]")
    at, others = np.array([0.4, 0.9, 0.0]), np.array([np.nan])
    joint_controller = JointController(robot, at.copy, 0.5, others.copy)
    start = joint_controller.begin()
    assert start.positions[0, 1] == pytest.approx(0.0, abs=1e-9)
    assert posture_of(joint_controller, 1.0, start) == pytest.approx(at)
    others[:] = 0.5
    start = joint_controller.begin()
    assert np.arctan2(start.positions[0, 1], start.positions[0, 0]) == pytest.approx(0.5)
    assert posture_of(joint_controller, 1.1, start) == pytest.approx(at)


def test_a_joint_that_turns_endlessly_is_not_unwound(load):
    """Two turns and a bit from home are a bit from home."""
    robot = load("posture_costs: {default: 0.3}")
    start = np.array([*HOME[:3], 4.0 * np.pi + 0.3])
    robot.start(start)
    goal = robot.poses(start)
    path = follow(robot, goal, 200)
    assert abs(path[-1, 3] - start[3]) < 0.5
    alignment = Alignment(robot)
    alignment.begin(start)
    robot.start(start)
    found = [
        robot.solve(*alignment.way(goal.positions, goal.orientations, left), DT)[0]
        for left in np.linspace(1, 0, 200)
    ]
    assert np.abs(np.array(found)[:, 3] - start[3]).max() < 0.5


def test_a_joint_controller_that_tells_an_endless_joint_within_one_turn_follows(load):
    """Some count turns, others begin anew at half a turn."""
    robot = load()
    at = np.array([*HOME[:3], np.pi - 0.01])
    joint_controller = JointController(robot, at.copy, 0.2)
    start = joint_controller.begin()
    for k in range(100):
        at[:] = posture_of(joint_controller, 1.0 + DT * k, start)
        at[3] -= 2.0 * np.pi * (k % 2)


# -- what follows


CHAIN = """<mujoco><compiler angle="radian"/><worldbody>
  <body name="upper"><joint name="lead" axis="0 0 1" range="-3 3"/><geom size="0.01"/>
    <body name="middle" pos="0.3 0 0"><joint name="after" axis="0 0 1" range="-1 1"/><geom size="0.01"/>
      <body name="hand" pos="0.3 0 0"><joint name="bend" axis="0 0 1" range="-2 2"/><geom size="0.01"/>
        <site name="tip" pos="0.2 0 0"/></body></body></body>
  </worldbody>
  <equality><joint joint1="after" joint2="lead" polycoef="0.1 -0.5 0 0 0"/></equality></mujoco>"""
TIP = """
model: arm.urdf
targets:
  hand: {joint: right_wrist, origin: right_shoulder, site: tip, robot_origin: upper, position_cost: 1}
posture_costs: {default: 0.005}
damping: 0.001
"""


@pytest.fixture
def written(tmp_path):
    def written(model, text=TIP):
        (tmp_path / "arm.urdf").write_text(model)
        (tmp_path / "map.yaml").write_text(text)
        return load_retargeter(str(tmp_path / "map.yaml"))

    return written


def tip_of(lead, after, bend):
    angles = np.cumsum([lead, after, bend])
    return np.array([0.3, 0.3, 0.2]) @ np.stack([np.cos(angles), np.sin(angles)], axis=1)


def test_a_follower_in_the_limb_follows_and_is_not_commanded(written):
    robot = written(CHAIN)
    assert robot.joint_names == ("lead", "bend")
    for lead, bend in ((0.4, 0.5), (-1.0, 0.2), (1.5, -0.7)):
        tip = robot.poses(np.array([lead, bend])).positions[0, :2]
        assert tip == pytest.approx(tip_of(lead, 0.1 - 0.5 * lead, bend), abs=1e-7)


def test_a_leader_stays_where_its_follower_may_be(written):
    robot = written(CHAIN)
    ends = np.array([-1.8, 2.2])  # of 0.1 - 0.5 lead within 1
    assert robot.lower[0] == pytest.approx(-1.8 + 0.04) and robot.upper[0] == pytest.approx(2.2 - 0.04)
    robot.start(np.array([ends[1] + 0.5, 0.0]))
    assert robot.solve(np.zeros((1, 3)), np.array([[0.0, 0.0, 0.0, 1.0]]), 0.0)[0][0] == pytest.approx(2.2)


def test_the_solver_knows_how_a_follower_moves(written):
    """The slopes are those of finite differences; and what can be reached is."""
    robot = written(CHAIN)
    now, step = np.array([0.4, 0.5]), 1e-6
    robot.start(now)
    robot._aim(np.zeros((1, 3)), np.array([[0.0, 0.0, 0.0, 1.0]]))
    jacobian = robot._space.reduced(robot._reaching.jacobian())[:3]
    found = [
        (robot.poses(now + step * e).positions[0] - robot.poses(now - step * e).positions[0]) / (2 * step)
        for e in np.eye(2)
    ]
    assert jacobian == pytest.approx(np.array(found).T, abs=1e-6)
    goal = robot.poses(np.array([-0.8, 1.0]))
    joints = follow(robot, goal)[-1]
    assert np.linalg.norm(robot.poses(joints).positions - goal.positions) < 0.005


def test_a_mimic_of_a_urdf_is_followed_with_multiplier_and_offset(load):
    """The elbow goes along with the lift: half as far the other way, and 0.2 on."""
    limit = '<limit lower="-2" upper="2" effort="1" velocity="1"/>'
    tag = f'<axis xyz="0 1 0"/>{limit}</joint><joint name="wrist_joint"'
    mimic = '<mimic joint="shoulder_lift_joint" multiplier="-0.5" offset="0.2"/>'
    robot = load(model=lambda urdf: urdf.replace(tag, tag.replace("</joint>", f"{mimic}</joint>", 1)))
    assert robot.joint_names == ("shoulder_pan_joint", "shoulder_lift_joint", "wrist_joint")
    lift = 0.6
    tool = robot.poses(np.array([0.0, lift, 0.0])).positions[0]
    angles = np.array([lift, lift + 0.2 - 0.5 * lift])
    assert tool[[0, 2]] == pytest.approx(
        [np.cos(angles) @ [0.3, 0.4], 0.6 - np.sin(angles) @ [0.3, 0.4]], abs=1e-7
    )


@pytest.mark.parametrize(
    "mimic, words",
    [
        ('<mimic joint="nobody"/>', "joint finger_mimic_joint mimics nobody, no other joint that moves"),
        (
            '<mimic joint="finger_joint" multiplier="much"/>',
            "mimic's multiplier and offset must be finite numbers",
        ),
    ],
)
def test_a_mimic_that_is_wrong_is_refused(load, mimic, words):
    with pytest.raises(RobotError, match=words):
        load(model=lambda urdf: urdf.replace('<mimic joint="finger_joint"/>', mimic))


FOUR_BAR = """<mujoco><compiler angle="radian"/><worldbody>
  <body name="crank"><joint name="crank" axis="0 1 0" range="-1 1"/><geom size="0.01"/>
    <body name="rod" pos="0 0 0.2"><joint name="rod" axis="0 1 0"/><geom size="0.01"/>
      <site name="tip" pos="0.5 0 0.1"/></body></body>
  <body name="rocker" pos="0.4 0 0"><joint name="rocker" axis="0 1 0"/><geom size="0.01"/></body>
  </worldbody>
  <equality><connect body1="rod" body2="rocker" anchor="0.4 0 0"/></equality></mujoco>"""


def test_a_closed_loop_stays_closed(written):
    """A parallelogram: the rod stays level, as only a loop that is closed makes it."""
    robot = written(FOUR_BAR, TIP.replace("robot_origin: upper", "robot_origin: crank") + "joints: [crank]")
    assert robot.joint_names == ("crank",)
    for crank in (0.3, -0.7, 0.9):
        tip = robot.poses(np.array([crank])).positions[0]
        assert tip == pytest.approx([0.2 * np.sin(crank) + 0.5, 0.0, 0.2 * np.cos(crank) + 0.1], abs=1e-6)
    goal = robot.poses(np.array([0.6]))
    assert follow(robot, goal)[-1] == pytest.approx([0.6], abs=0.02)


def test_a_closed_loop_needs_to_be_told_where_its_motors_are(written):
    with pytest.raises(RobotError, match=r"crank, rocker, rod are of a closed loop, .* joints: "):
        written(FOUR_BAR, TIP.replace("robot_origin: upper", "robot_origin: crank"))


def test_joints_that_a_loop_binds_to_each_other_are_refused(written):
    text = TIP.replace("robot_origin: upper", "robot_origin: crank") + "joints: [crank, rod]"
    with pytest.raises(RobotError, match="equalities bind crank, rod to each other; name fewer"):
        written(FOUR_BAR, text)
