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

"""Postures of a robot for commands: reached where they can be, always within the joints' limits."""

import numpy as np
import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

import mujoco

from frankmocap_ros.body.skeleton import BODY_WITH_HANDS
from frankmocap_ros.errors import RetargetError, RobotError, RobotLostError
from frankmocap_ros.geometry.rotation import normalize, quat_conjugate, quat_multiply, quat_to_rotvec
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.synthetic.human import scene
from frankmocap_ros.teleop.command import Command
from frankmocap_ros.teleop.controller import Controller
from frankmocap_ros.teleop.inverse_kinematics.retargeter import load_retargeter
from frankmocap_ros.teleop.operator_state import OperatorState, Poses
from frankmocap_ros.teleop.robot.joint_controller import JointController
from frankmocap_ros.teleop.robot.tracking_error import ARRIVE_S, MAX_LEAD_SHARE
from frankmocap_ros.teleop.robot_map.map_reading import ROBOTS, load_map

DT = 0.01
WRISTS = [0, 1]  # rows of the built-in robot's map


@pytest.fixture(scope="module")
def made():
    return load_retargeter("torso")


@pytest.fixture
def torso(made):
    made.start(made.home)
    return made


def turn_between(a, b):
    return np.linalg.norm(quat_to_rotvec(quat_multiply(a, quat_conjugate(b))), axis=-1)


def test_the_robot_stretches_its_arms_as_the_person_does(torso):
    """In the robot's T-pose every site is as its target's rest: commands of somebody in SMPL's rest pose."""
    joints = np.zeros(len(torso.joint_names))
    joints[torso.joint_names.index("left_shoulder_roll")] = np.pi / 2
    joints[torso.joint_names.index("right_shoulder_roll")] = -np.pi / 2
    poses = torso.poses(joints)
    assert turn_between(poses.orientations, poses.rest).max() < 1e-6
    assert poses.positions[0, 1] - poses.origins[0, 1] == pytest.approx(torso.targets[0].robot_length)


def test_a_limbs_length_is_the_models(torso):
    lengths = {t.name: t.robot_length for t in torso.targets}
    assert lengths["left_wrist"] == lengths["right_wrist"] == pytest.approx(0.57)
    assert lengths["left_elbow"] == pytest.approx(0.30)
    assert lengths["head"] == 0.0


def test_a_limb_is_measured_stretched_and_not_as_it_is_at_home(load):
    """Where its elbow is bent at home, and where its end is beside the elbow's axis; within the ranges."""
    bent = MAP.replace(
        "robot_origin: lower, chain: [lower, hand]", "robot_origin: turned, chain: [turned, tip]"
    )
    bent = bent.replace("body: hand", "body: tip").replace("{lift: 0.3}", "{bend: 1.5}")
    links = f'<link name="turned">{INERTIAL}</link><link name="tip">{INERTIAL}</link>'
    fixed = (
        '<joint name="a" type="fixed"><parent link="upper"/><child link="turned"/>'
        '<origin xyz="0 0 0.1"/></joint>'
        '<joint name="b" type="fixed"><parent link="hand"/><child link="tip"/><origin xyz="0.2 0 0"/></joint>'
    )
    model = URDF.replace('<joint name="turn"', links + fixed + '<joint name="turn"')
    straightest = np.hypot(0.3 + 0.2 * np.cos(0.1), 0.2 * np.sin(0.1))  # bend is 0.1 or more
    assert load(bent, model).targets[0].robot_length == pytest.approx(straightest, abs=1e-5)


def test_speeds_are_those_that_the_urdf_states(load):
    """Unless the map has a lower one for all, or its own for a joint."""
    silent = MAP.replace("velocity_limits: {default: 1.0}\n", "")
    stated = URDF.replace('velocity="1"', 'velocity="2.175"', 1).replace('velocity="1"', 'velocity="0"', 1)
    assert load(silent, stated).max_speed == pytest.approx(0.85 * np.array((2.175, 10.0, 1.0)))
    lower = silent + "velocity_limits: {default: 2.0, bend: 3.0}\n"
    assert load(lower, stated).max_speed == pytest.approx(0.85 * np.array((2.0, 2.0, 3.0)))


def test_accelerations_are_the_maps(load):
    assert load().max_acceleration.tolist() == [10.0, 10.0, 10.0]
    more = MAP + "acceleration_limits: {default: 15.0, bend: 7.5}\n"
    assert load(more).max_acceleration.tolist() == [15.0, 15.0, 7.5]


def test_at_home_nothing_moves(torso):
    poses = torso.poses(torso.home)
    joints, velocities = torso.solve(poses.positions, poses.orientations, DT)
    assert np.allclose(joints, torso.home, atol=1e-9)
    assert np.allclose(velocities, 0.0, atol=1e-7)


KEEP_M = 0.02  # distance of the built-in robot's pairs


@pytest.fixture(scope="module")
def nearest():
    """Tells the distance of the two parts of the map's pairs that are closest [m]."""
    model = mujoco.MjModel.from_xml_path(str(ROBOTS / "torso.xml"))
    data = mujoco.MjData(model)
    robot = load_map("torso")
    assert robot.minimum_distance_m == KEEP_M
    pairs = [(model.geom(a).id, model.geom(b).id) for a, b in robot.pairs]

    def nearest(joints):
        data.qpos[:] = joints
        mujoco.mj_kinematics(model, data)
        return min(mujoco.mj_geomDistance(model, data, a, b, 1.0, None) for a, b in pairs)

    return nearest


@pytest.mark.parametrize("seed", range(12))
def test_postures_that_can_be_reached_are(torso, nearest, seed):
    """From a posture nearby, those with bent elbows and without parts close together."""
    rng = np.random.default_rng(seed)
    low, high = (
        np.maximum(torso.lower + 0.1, torso.home - 0.8),
        np.minimum(torso.upper - 0.1, torso.home + 0.8),
    )
    low[[i for i, name in enumerate(torso.joint_names) if name.endswith("elbow")]] = 0.4
    wanted = rng.uniform(low, high)
    while nearest(wanted) < 0.05:
        wanted = rng.uniform(low, high)
    goal = torso.poses(wanted)
    torso.start(np.clip(wanted + rng.uniform(-0.1, 0.1, len(wanted)), torso.lower, torso.upper))
    for _ in range(300):
        joints, _ = torso.solve(goal.positions, goal.orientations, DT)
    found = torso.poses(joints)
    assert np.linalg.norm(found.positions - goal.positions, axis=1)[WRISTS].max() < 4e-3
    assert np.degrees(turn_between(found.orientations, goal.orientations)[WRISTS]).max() < 1.5


def test_the_limits_of_the_joints_hold_whatever_is_asked(torso):
    rng = np.random.default_rng(5)
    before = torso.home
    for k in range(1500):
        if k % 40 == 0:
            positions = rng.normal((0.0, 0.0, 1.2), 1.0, (len(torso.targets), 3))
            turns = rng.normal(0, 1, (len(torso.targets), 4))
            turns /= np.linalg.norm(turns, axis=1, keepdims=True)
        dt = float(rng.choice((0.01, 0.02, 0.002)))
        joints, velocities = torso.solve(positions, turns, dt)
        assert (joints >= torso.lower).all() and (joints <= torso.upper).all()
        assert (np.abs(joints - before) <= torso.max_speed * dt + 1e-12).all()
        assert np.allclose(velocities, (joints - before) / dt)
        before = joints


def test_a_robot_at_the_end_of_a_range_may_stay_there_and_come_back(torso):
    """Commands keep a little away from the ends, but who begins there is not pushed."""
    elbow = torso.joint_names.index("left_elbow")
    straight = torso.home.copy()
    straight[elbow] = 0.0
    assert torso.lower[elbow] == pytest.approx(0.026)
    torso.start(straight)
    poses = torso.poses(straight)
    joints, _ = torso.solve(poses.positions, poses.orientations, DT)
    assert 0.0 <= joints[elbow] < 0.01
    bent = torso.poses(torso.home)
    for _ in range(100):
        joints, _ = torso.solve(bent.positions, bent.orientations, DT)
    assert joints[elbow] > 0.8
    for _ in range(300):
        joints, _ = torso.solve(poses.positions, poses.orientations, DT)
    assert 0.026 - 1e-9 <= joints[elbow] < 0.2


def test_a_preferred_posture_is_taken_among_those_that_reach(torso):
    """Seven joints have postures to spare for one pose of the hand."""
    poses = torso.poses(torso.home)
    turned = torso.home.copy()
    yaw = torso.joint_names.index("left_shoulder_yaw")
    turned[yaw] = 0.6
    torso.prefer(turned, 0.5)
    for _ in range(200):
        there, _ = torso.solve(poses.positions, poses.orientations, DT)
    torso.prefer_home()
    for _ in range(400):
        back, _ = torso.solve(poses.positions, poses.orientations, DT)
    assert there[yaw] > 0.15
    assert abs(back[yaw]) < 0.02
    off = np.linalg.norm(torso.poses(there).positions[0] - poses.positions[0])
    assert off < 0.005


@pytest.mark.parametrize("way", [(1.0, 0.15, 0.1), (0.7, 0.7, 0.0), (0.5, 0.5, 0.7), (0.8, -0.3, 0.5)])
def test_an_arm_points_at_what_is_out_of_reach_and_rests(torso, way):
    poses = torso.poses(torso.home)
    goals = poses.positions.copy()
    goals[0] = poses.origins[0] + 2.0 * np.array(way)
    goals[2] = poses.origins[2] + 0.3 * np.array(way)  # the elbow on the way
    last = [torso.solve(goals, poses.orientations, DT)[0] for _ in range(600)]
    assert np.abs(np.diff(last[-50:], axis=0)).max() < 1e-4, "it does not swing"
    arm = torso.poses(last[-1]).positions[0] - poses.origins[0]
    assert np.linalg.norm(arm) > 0.95 * torso.targets[0].robot_length
    assert arm @ way / np.linalg.norm(arm) / np.linalg.norm(way) > 0.99


ACROSS = [
    (0.28, -0.96, 0.0),
    (-0.04, -0.95, -0.31),
    (0.54, -0.73, -0.43),
    (0.51, -0.76, -0.41),
    (0.64, -0.76, -0.13),
]


@pytest.mark.parametrize("way", ACROSS)
def test_what_cannot_be_done_is_approached_and_never_circled(torso, way):
    """Across the body, with the elbow held back: full steps of the linear program go around such goals."""
    poses = torso.poses(torso.home)
    goals = poses.positions.copy()
    goals[0] = poses.origins[0] + 2.0 * np.array(way)
    last = [torso.solve(goals, poses.orientations, DT)[0] for _ in range(700)]
    assert np.abs(np.diff(last[-50:], axis=0)).max() < 1e-3


@pytest.mark.parametrize("seed", range(6))
def test_hands_the_wrong_way_round_come_to_rest(torso, seed):
    rng = np.random.default_rng(seed)
    poses = torso.poses(torso.home)
    goals, turns = poses.positions.copy(), poses.orientations.copy()
    for row in WRISTS:
        goals[row] = poses.origins[row] + 2.0 * rng.normal(size=3)
        turns[row] = rng.normal(size=4)
        turns[row] /= np.linalg.norm(turns[row])
    last = [torso.solve(goals, turns, DT)[0] for _ in range(700)]
    assert np.abs(np.diff(last[-50:], axis=0)).max() < 1e-3


@pytest.mark.parametrize("dt", [0.005, 0.01, 0.05])
def test_the_pairs_keep_their_distance(torso, nearest, dt):
    """Hands and elbows are sent anywhere, through the body and each other, by leaps and slowly."""
    rng = np.random.default_rng(3)
    poses = torso.poses(torso.home)
    now, least = poses.positions.copy(), np.inf
    for k in range(600):
        if k % 30 == 0:
            goals = rng.uniform((-0.2, -0.4, 0.8), (0.4, 0.4, 1.7), now.shape)
        now += (goals - now) * (1.0 if k % 90 < 30 else 0.1)
        joints, _ = torso.solve(now, poses.orientations, dt)
        least = min(least, nearest(joints))
    assert KEEP_M - 1e-6 < least < KEEP_M + 0.02, "the way led along the limit"


def test_a_robot_that_begins_too_close_gets_free(torso, nearest):
    """Parts that are closer than allowed may part, but not come closer."""
    close = torso.home.copy()
    close[torso.joint_names.index("left_shoulder_roll")] = -0.3
    close[torso.joint_names.index("left_shoulder_pitch")] = 0.0
    before = nearest(close)
    assert before < KEEP_M
    poses = torso.poses(torso.home)
    torso.start(close)
    for _ in range(300):
        joints, _ = torso.solve(poses.positions, poses.orientations, DT)
        assert nearest(joints) > before - 1e-6
        before = min(nearest(joints), KEEP_M)
    assert np.linalg.norm(torso.poses(joints).positions[0] - poses.positions[0]) < 0.01


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_failure_says_so_and_changes_nothing(torso, value):
    poses = torso.poses(torso.home)
    wrong = poses.positions.copy()
    wrong[1, 2] = value
    moved, _ = torso.solve(poses.positions + 0.05, poses.orientations, DT)
    for positions, orientations, dt in (
        (wrong, poses.orientations, DT),
        (poses.positions, np.full_like(poses.orientations, value), DT),
        (poses.positions, poses.orientations, value),
    ):
        with pytest.raises(RetargetError, match="not finite"):
            torso.solve(positions, orientations, dt)
    with pytest.raises(RetargetError, match="not a unit quaternion"):
        torso.solve(poses.positions, np.zeros_like(poses.orientations), DT)
    for begin in (torso.start, torso.poses):
        with pytest.raises(RetargetError, match="joint's position is not finite"):
            begin(np.full_like(torso.home, value))
    assert (torso.solve(poses.positions, poses.orientations, 0.0)[0] == moved).all()
    for _ in range(300):
        joints, _ = torso.solve(poses.positions, poses.orientations, DT)
    assert np.allclose(joints, torso.home, atol=1e-3)


def test_a_solver_that_fails_is_told_as_such(torso, monkeypatch):
    def fails(*args, **kwargs):
        raise ValueError("infeasible")

    monkeypatch.setattr(torso._daqp, "solve", fails)
    poses = torso.poses(torso.home)
    with pytest.raises(RetargetError, match="no posture of the robot is found: infeasible"):
        torso.solve(poses.positions + 0.1, poses.orientations, DT)
    monkeypatch.undo()
    joints, _ = torso.solve(poses.positions, poses.orientations, DT)
    assert np.allclose(joints, torso.home, atol=1e-9), "as if the failed one had not been asked"


@pytest.mark.parametrize("answer", [(np.zeros(16), 0.0, -1, {}), (np.full(16, np.nan), 0.0, 1, {})])
def test_an_answer_that_is_no_number_is_no_posture(torso, monkeypatch, answer):
    monkeypatch.setattr(torso._daqp, "solve", lambda *a, **k: answer)
    poses = torso.poses(torso.home)
    with pytest.raises(RetargetError, match="the program has no solution"):
        torso.solve(poses.positions, poses.orientations, DT)
    assert (torso.solve(poses.positions, poses.orientations, 0.0)[0] == torso.home).all()


def test_no_time_is_no_step(torso):
    poses = torso.poses(torso.home)
    for dt in (0.0, -0.1):
        joints, velocities = torso.solve(poses.positions + 0.2, poses.orientations, dt)
        assert (joints == torso.home).all() and (velocities == 0.0).all()


# -- other robots

INERTIAL = '<inertial><mass value="1"/><inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial>'
URDF = f"""<robot name="arm">
  <link name="base"/>
  <link name="upper">{INERTIAL}</link>
  <link name="lower">{INERTIAL}</link>
  <link name="hand">{INERTIAL}</link>
  <joint name="turn" type="revolute"><parent link="base"/><child link="upper"/><axis xyz="0 0 1"/>
    <limit lower="-2" upper="2" effort="1" velocity="1"/></joint>
  <joint name="lift" type="revolute"><parent link="upper"/><child link="lower"/><axis xyz="0 1 0"/>
    <origin xyz="0 0 0.1"/><limit lower="-2" upper="2" effort="1" velocity="1"/></joint>
  <joint name="bend" type="revolute"><parent link="lower"/><child link="hand"/><axis xyz="0 1 0"/>
    <origin xyz="0.3 0 0"/><limit lower="0.1" upper="2" effort="1" velocity="1"/></joint>
</robot>"""

MAP = """
model: arm.urdf
home: {lift: 0.3}
velocity_limits: {default: 1.0}
targets:
  hand: {joint: right_wrist, origin: right_shoulder, body: hand, robot_origin: lower, chain: [lower, hand]}
"""


@pytest.fixture
def load(tmp_path):
    def load(text=MAP, model=URDF):
        (tmp_path / "arm.urdf").write_text(model, encoding="utf-8")
        (tmp_path / "map.yaml").write_text(text, encoding="utf-8")
        return load_retargeter(str(tmp_path / "map.yaml"))

    return load


def test_a_urdf_with_its_own_map_follows(load):
    robot = load()
    assert robot.joint_names == ("turn", "lift", "bend")
    assert robot.home.tolist() == [0.0, 0.3, pytest.approx(1.05)], "the middle where 0 is out of range"
    assert robot.targets[0].robot_length == pytest.approx(0.3)
    goal = robot.poses(np.array([0.6, -0.4, 1.0]))
    for _ in range(300):
        joints, _ = robot.solve(goal.positions, goal.orientations, DT)
    assert np.linalg.norm(robot.poses(joints).positions - goal.positions) < 0.01


@pytest.mark.parametrize(
    "old, new, words",
    [
        ("body: hand", "body: foot", "chain: expected parts of the robot from lower to foot"),
        ("body: hand", "site: hand", "targets.hand.site: it has no site hand; it has none"),
        (
            "robot_origin: lower, chain: [lower",
            "robot_origin: chest, chain: [chest",
            "targets.hand.robot_origin: it has no site or body chest; it has base, hand, ",
        ),
        (
            "chain: [lower, hand]",
            "chain: [lower, tip, hand]",
            "targets.hand.chain: it has no site or body tip",
        ),
        ("{lift: 0.3}", "{lean: 0.3}", "home: it has no joint lean; it has bend, lift, turn"),
        ("{lift: 0.3}", "{lift: 3.0}", "home: lift is 3, out of range; allowed: -2 to 2"),
        ("{default: 1.0}", "{turns: 1.0}", "velocity_limits: it has no joint turns"),
        (
            "velocity_limits: {default: 1.0}",
            "posture_costs: {turns: 1.0}",
            "posture_costs: it has no joint turns; it has bend, lift, turn",
        ),
        ("home: {lift: 0.3}", "keyframe: start", "keyframe: it has no keyframe start; it has none"),
        (
            "targets:",
            "self_collision: {pairs: [[a, b]]}\ntargets:",
            "self_collision.pairs: it has no geom .* a, b;",
        ),
    ],
)
def test_names_that_the_model_has_not_are_refused(load, old, new, words):
    assert old in MAP
    with pytest.raises(RobotError, match=words):
        load(MAP.replace(old, new))


def test_models_that_cannot_be_retargeted_are_refused(load):
    with pytest.raises(RobotError, match="MuJoCo cannot read it"):
        load(model="<robot>")
    floating = (
        '<mujoco><worldbody><body name="lower"><freejoint/><geom size="1"/>'
        '<body name="hand"/></body></worldbody></mujoco>'
    )
    with pytest.raises(RobotError, match="nothing moves its targets: no hinge or slide joints"):
        load(MAP.replace("home: {lift: 0.3}", ""), floating)


BALLS = """<mujoco><compiler angle="radian"/><worldbody>
  <geom type="sphere" size="0.05" pos="0.3 0 0.1"/>
  <body name="post" pos="0 0.3 0"><geom name="top" type="sphere" size="0.05"/>
    <geom name="seen" type="sphere" size="0.2" contype="0" conaffinity="0"/></body>
  <body name="lower"><joint name="turn" axis="0 0 1" range="-2 2"/>
    <geom type="capsule" fromto="0 0 0 0.1 0 0" size="0.01"/>
    <body name="hand" pos="0.3 0 0"><joint name="lift" axis="0 1 0" range="-2 2"/>
      <geom type="sphere" size="0.05"/></body>
  </body></worldbody></mujoco>"""
TWO = """
model: arm.urdf
targets: {hand: {joint: right_wrist, origin: right_shoulder, body: hand, robot_origin: lower}}
self_collision: {minimum_distance: 0.03, pairs: [[hand, PART]]}
"""


@pytest.mark.parametrize("part", ["post", "top"])
def test_a_pair_names_a_geom_or_a_body_for_its_geoms(load, part):
    robot = load(TWO.replace("PART", part), BALLS)
    goal = robot.poses(np.array([np.pi / 2, 0.0]))  # the hand where the post is
    for _ in range(200):
        joints, _ = robot.solve(goal.positions, goal.orientations, DT)
    apart = np.linalg.norm(robot.poses(joints).positions[0] - (0.0, 0.3, 0.0)) - 0.1
    assert 0.03 - 1e-6 < apart < 0.05, "the geom that is only seen does not count"


@pytest.mark.parametrize(
    "part, words",
    [
        ("lower", "hand and lower are of one body or of neighbors"),
        ("hand", "hand and hand are of one body"),
        (
            "seen",
            "it has no geom that can touch anything, nor body with one, seen; it has hand, lower, post, top",
        ),
        ("nothing", "it has no geom that can touch anything, nor body with one, nothing"),
    ],
)
def test_a_pair_that_would_not_be_kept_apart_is_refused(load, part, words):
    with pytest.raises(RobotError, match=f"self_collision.pairs: {words}"):
        load(TWO.replace("PART", part), BALLS)


def test_joints_need_names(load):
    with pytest.raises(RobotError, match="joint number 1 has no name"):
        load(TWO.replace("PART", "post"), BALLS.replace('joint name="lift"', "joint"))


# -- driving


class Robot:
    """A robot that is somewhere, for the joint controller."""

    def __init__(self, torso, max_error=0.5):
        self.at = torso.home.copy()
        self.silent = ""
        self.joint_controller = JointController(torso, lambda: self.silent or self.at.copy(), max_error)
        self.start = self.joint_controller.begin()
        self.time_s = 10.0

    def drive(self, offset=(0.0, 0.0, 0.0), goes=True):
        self.time_s += DT
        command = Command(self.time_s, self.start.positions + offset, self.start.orientations, False)
        command = self.joint_controller.drive(command)
        if command is None:
            return None
        if goes:
            self.at = command.posture.positions
        return command.posture.positions


def test_a_robot_that_goes_along_is_driven(torso):
    robot = Robot(torso)
    for _ in range(100):
        joints = robot.drive((0.1, 0.0, 0.1))
    assert np.abs(joints - torso.home).max() > 0.1


def test_what_is_not_reached_is_told(torso):
    robot = Robot(torso)
    robot.drive()
    assert robot.joint_controller.missed == ()
    for _ in range(150):
        robot.drive((0.6, 0.0, 0.0))
    assert robot.joint_controller.missed == ("left_wrist", "right_wrist", "left_elbow", "right_elbow")
    for _ in range(150):
        robot.drive()
    assert robot.joint_controller.missed == ()


def test_a_robot_that_stays_behind_is_not_driven_on(torso):
    """What leads it waits at the largest lead, and then it is over."""
    robot = Robot(torso, max_error=0.2)
    began_s, furthest = None, 0.0
    with pytest.raises(RobotLostError, match=r"the robot does not follow: \w+ stays 0\.19 from its command"):
        for _ in range(300):
            joints = robot.drive((0.3, 0.2, 0.4), goes=False)
            furthest = max(furthest, np.abs(joints - torso.home).max())
            if began_s is None and furthest > 0.185:
                began_s = robot.time_s
    assert furthest == pytest.approx(MAX_LEAD_SHARE * 0.2, abs=1e-6)
    assert robot.time_s - began_s == pytest.approx(ARRIVE_S, abs=3 * DT)
    assert any(words.endswith(": robot lags") for words in robot.joint_controller.limits())


def test_a_robot_that_lags_is_waited_for(torso):
    robot = Robot(torso, max_error=0.2)
    joints = torso.home
    for k in range(200):
        joints = robot.drive((0.3, 0.2, 0.4), goes=False)
        assert np.abs(joints - robot.at).max() <= 0.2
        if k % 25 == 24:
            robot.at = joints
    assert np.abs(joints - torso.home).max() > 0.5


@pytest.mark.parametrize("lag_ticks", [5, 10, 20])
def test_the_lag_of_real_robots_is_no_fault(torso, lag_ticks):
    """Where it goes straight on for longer than ARRIVE_S, as fast as joints go, it is waited for."""
    robot = Robot(torso, max_error=0.6)
    sent = [torso.home] * lag_ticks
    for k in range(200):  # so long that the wrist has come to rest
        way = 0.004 * min(k, 100)
        sent.append(robot.drive((0.5 * way, way, 2.0 * way), goes=False))
        robot.at = sent[-lag_ticks]
    assert np.abs(sent[-1] - torso.home).max() > 1.0
    assert np.abs(sent[-1] - robot.at).max() < 0.2


def test_a_robot_that_is_pushed_away_is_not_sent_back(torso):
    robot = Robot(torso, max_error=0.2)
    robot.drive()
    robot.at = torso.home + 0.3
    with pytest.raises(RobotLostError, match="does not follow"):
        for _ in range(100):
            assert robot.drive(goes=False) is None
    assert robot.time_s == pytest.approx(10.0 + ARRIVE_S, abs=4 * DT)


def test_a_robot_that_falls_silent_is_not_driven_on(torso):
    robot = Robot(torso)
    robot.drive()
    robot.silent = "joint_states has told nothing"
    with pytest.raises(RobotLostError, match="told nothing"):
        robot.drive()
    assert robot.joint_controller.begin() == "joint_states has told nothing"


def test_the_first_posture_is_where_the_robot_is(torso):
    robot = Robot(torso)
    robot.at = torso.home + 0.1
    robot.start = robot.joint_controller.begin()
    assert np.allclose(robot.drive((0.3, 0.0, 0.0)), torso.home + 0.1)


def test_a_person_is_mirrored_by_the_robot(torso):
    """The synthetic figure waves; the robot's wrists go where the commands are."""
    robot = Robot(torso, max_error=0.0)
    config = GateSettings(align_s=1.0, calm_speed=9.0, arming_s=0.1, max_speed=5.0, max_acceleration=90.0)
    controller = Controller(config, torso.targets, robot.joint_controller, 0.0)
    at = [BODY_WITH_HANDS.index[name] for name in controller.watched]
    yes = np.ones(len(at), dtype=bool)
    random = np.random.default_rng(0)
    errors = []
    for k in range(1200):
        time_s = 0.01 * (k + 1)
        if k % 3 == 0:
            figure = scene("wave", time_s)[0]
            positions = figure.positions[at] + random.normal(0, 1e-4, (len(at), 3))
            poses = Poses(positions, figure.orientations_xyzw[at], np.ones(len(at)), yes, yes)
            controller.observe(OperatorState(time_s - 0.02, 1, poses, yes), time_s)
        if k == 20:
            assert controller.request(time_s) == ""
        command = controller.tick(time_s)
        if command is not None:
            robot.at = command.posture.positions
            if time_s > 3.0:
                off = torso.poses(robot.at).positions - command.positions
                errors.append(np.linalg.norm(off[WRISTS], axis=1))
    assert len(errors) > 800
    assert np.mean(errors) < 0.05


def test_the_slopes_of_what_is_solved_are_exact(torso):
    """Also where the parts are far from their aims, and turned by more than a right angle."""
    rng = np.random.default_rng(3)
    reaching, configuration = torso._reaching, torso._configuration
    for _ in range(20):
        joints = rng.uniform(torso.lower, torso.upper)
        n = len(torso.targets)
        reaching.aim(rng.normal(size=(n, 3)), normalize(rng.normal(size=(n, 4))))

        def off(q):
            configuration.update(q)
            return torso._off(q)

        step = 1e-6
        found = [(off(joints + step * e) - off(joints - step * e)) / (2 * step) for e in np.eye(len(joints))]
        configuration.update(joints)
        posture = torso._home_costs**2 * (joints - torso.home)
        slopes = posture - reaching.errors() @ reaching.jacobian()
        assert np.allclose(slopes, found, atol=1e-5, rtol=1e-4)
