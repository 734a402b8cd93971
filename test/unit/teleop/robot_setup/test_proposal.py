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

"""Maps of robots that nobody prepared: written from their models, and solved for at once."""

import re

import numpy as np
import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.cli.robot_map import main
from frankmocap_ros.errors import RobotError
from frankmocap_ros.teleop.inverse_kinematics.retargeter import load_retargeter
from frankmocap_ros.teleop.robot_map.map_reading import load_map
from frankmocap_ros.teleop.robot_setup.names import side_of, words
from frankmocap_ros.teleop.robot_setup.proposal import Answers, propose
from frankmocap_ros.teleop.robot_setup.standing import UnclearError
from support.paths import SHARED

MODELS = SHARED / "robots/models"
TWO_ARMS = {
    "booster_t1/t1.xml": (), "openarm/openarm_bimanual.xml": ("--kind=humanoid",),
    "openarm_v1/openarm_bimanual.xml": ("--kind=humanoid",), "unitree_g1/g1.xml": (),
    "unitree_g1/g1_with_hands.xml": (), "unitree_g1_motors/g1_29dof.xml": (),
    "unitree_g1_urdf/g1_custom_collision_29dof.urdf": (), "unitree_h1/h1.xml": (),
}  # fmt: skip
ON_A_TABLE = {
    "aloha/aloha.xml": ("--kind=table", "--forward=x"), "franka_panda/panda.xml": (),
    "franka_panda_urdf/panda.urdf": ("--forward=x",), "kinova_gen3/gen3.xml": (), "so101/so101.xml": (),
    "so101_urdf/so101_new_calib.urdf": ("--forward=x",), "ur5e/ur5e.xml": (), "xarm7/xarm7.xml": (),
}  # fmt: skip


def model(name):
    path = MODELS / name
    if not path.is_file():
        pytest.skip(f"not there: {path}")
    return path


@pytest.fixture
def init(tmp_path):
    def init(path, *flags):
        written = tmp_path / "map.yaml"
        assert main(["init", str(path), "-o", str(written), *flags]) == 0
        return load_retargeter(str(written))

    return init


def driven_to(robot, positions, orientations, steps=1500):
    """Where the robot's targets are once it has gone there."""
    robot.start(robot.home)
    for _ in range(steps):
        joints, _ = robot.solve(positions, orientations, 0.01)
    return robot.poses(joints)


def rows(robot, word):
    return [i for i, target in enumerate(robot.targets) if word in target.name]


@pytest.mark.parametrize("name", TWO_ARMS)
def test_a_robot_built_like_a_person_takes_the_rest_pose(name, init):
    """Arms to the sides, hands as the map's rotation has them: wrists and elbows are there, and turned so."""
    robot = init(model(name), *TWO_ARMS[name])
    assert {"left_wrist", "right_wrist", "left_elbow", "right_elbow"} == {t.name for t in robot.targets}
    assert robot.joint_names and not any("hip" in n or "finger" in n for n in robot.joint_names)
    start = robot.poses(robot.home)
    side = np.array([[0.0, 1.0 if "left" in t.name else -1.0, 0.0] for t in robot.targets])
    lengths = np.array([t.robot_length for t in robot.targets])
    goal = start.origins + lengths[:, None] * side
    found = driven_to(robot, goal, start.rest)
    wrists = rows(robot, "wrist")
    assert np.linalg.norm(found.positions - goal, axis=-1)[wrists].max() < 0.06
    alike = np.abs((found.orientations * found.rest).sum(axis=-1))[wrists]
    assert np.degrees(2.0 * np.arccos(alike.min())) < 40.0
    at_home = start.positions[wrists] - start.origins[wrists]
    assert (at_home[:, 0] > 0.05).all() and (at_home[:, 2] < 0.0).all(), "at home the elbows are bent"


@pytest.mark.parametrize("name", ON_A_TABLE)
def test_an_arm_on_a_table_follows_motions(name, init):
    robot = init(model(name), *ON_A_TABLE[name])
    assert robot.table_arm and all(t.robot_length == 0.0 for t in robot.targets)
    start = robot.poses(robot.home)
    goal = start.positions + np.array([0.03, 0.03, 0.04])
    found = driven_to(robot, goal, start.orientations)
    assert np.linalg.norm(found.positions - goal, axis=-1).max() < 0.025
    assert (start.positions[:, 2] > robot.targets[0].limits.workspace_min[2]).all(), (
        "it begins above its table"
    )


def anonymous(text, tmp_path):
    """A model whose names say nothing."""
    named = re.compile(r'(<(?:body|joint|freejoint)\b[^>]*?\bname|\bjoint\d?|\bbody\d?)="([^"]+)"')
    names = {name: f"x{i}" for i, name in enumerate(dict.fromkeys(n for _, n in named.findall(text)))}
    text = named.sub(lambda found: f'{found[1]}="{names[found[2]]}"', text)
    path = tmp_path / "anonymous.xml"
    path.write_text(text)
    return path


def test_nothing_is_known_by_its_name(init, tmp_path):
    """The same robot with names that say nothing: forward has to be told, and the same points are found."""
    named = init(model("unitree_g1/g1.xml"))
    path = anonymous(model("unitree_g1/g1.xml").read_text(), tmp_path)
    with pytest.raises(UnclearError, match=r"Which way is forward .* Say --forward=x or --forward=-x"):
        propose(path, Answers())
    found = init(path, "--forward=x", "--force")
    assert [t.name for t in found.targets] == [t.name for t in named.targets]
    assert len(found.joint_names) == len(named.joint_names)
    there, here = named.poses(named.home), found.poses(found.home)
    np.testing.assert_allclose(here.positions, there.positions, atol=5e-3)
    np.testing.assert_allclose(here.rest, there.rest, atol=1e-6)


def test_legs_waist_and_head_follow_where_asked(init):
    robot = init(model("unitree_g1/g1.xml"), "--follow", "waist", "legs")
    assert len(robot.joint_names) == 29
    assert {"left_foot", "right_foot", "torso", "left_wrist"} <= {t.name for t in robot.targets}
    feet = [robot.targets[i] for i in rows(robot, "foot")]
    assert all(t.joint.endswith("ankle") and 0.5 < t.robot_length < 0.8 for t in feet)
    head = init(model("booster_t1/t1.xml"), "--follow", "head", "--force")
    assert {t.name for t in head.targets} >= {"head"} and len(head.joint_names) == 10


def test_what_cannot_be_seen_is_asked(monkeypatch, tmp_path, init):
    with pytest.raises(UnclearError, match=r"built like a person.* Say --kind=humanoid or --kind=table"):
        propose(model("openarm/openarm_bimanual.xml"), Answers())
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    asked = []
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or "humanoid")
    init(model("openarm/openarm_bimanual.xml"))
    assert len(asked) == 1 and "humanoid | table" in asked[0]


def test_speeds_pairs_and_the_base_are_taken_from_the_model(init, tmp_path):
    init(model("unitree_g1_urdf/g1_custom_collision_29dof.urdf"))
    robot = load_map(str(tmp_path / "map.yaml"))
    assert robot.speeds["left_shoulder_pitch_joint"] == pytest.approx(37.0)
    assert ("left_elbow_link", "right_elbow_link") in robot.pairs
    assert robot.minimum_distance_m == pytest.approx(0.02)
    init(model("ur5e/ur5e.xml"), "--force", "--forward=y")
    turned = load_map(str(tmp_path / "map.yaml")).base.rotation_xyzw
    assert turned == pytest.approx((0.0, 0.0, -np.sqrt(0.5), np.sqrt(0.5)))


def test_a_file_is_not_overwritten_unasked(init, tmp_path, mobile_robot):
    arm = mobile_robot()  # beside its map: a wheeled base and a gripper that are left out
    with pytest.raises(RobotError, match="it is there already; say --force"):
        init(arm.with_name("arm.urdf"), "--forward=x")
    robot = init(arm.with_name("arm.urdf"), "--forward=x", "--force")
    assert len(robot.joint_names) == 4 and not any("wheel" in n or "finger" in n for n in robot.joint_names)


GRIPPERS = {
    "franka_panda/panda.xml": {"right": (("finger_joint1",), (0.04,), (0.0,))},
    "franka_panda_urdf/panda.urdf": {"right": (("panda_finger_joint1",), (0.04,), (0.0,))},
    "aloha/aloha.xml": {
        "left": (("left/left_finger",), (0.037,), (0.002,)),
        "right": (("right/left_finger",), (0.037,), (0.002,)),
    },
    "openarm/openarm_bimanual.xml": {
        "left": (("openarm_left_finger_joint1",), (0.7854,), (0.0,)),
        "right": (("openarm_right_finger_joint1",), (-0.7854,), (0.0,)),
    },
    "so101/so101.xml": {"right": (("gripper",), (1.7453,), (-0.1745,))},
    "xarm7/xarm7.xml": {"right": (("left_driver_joint",), (0.0,), (0.85,))},
    "unitree_g1/g1_with_hands.xml": {}, "ur5e/ur5e.xml": {},
}  # fmt: skip


@pytest.mark.parametrize("name", GRIPPERS)
def test_grippers_are_proposed_with_the_way_that_is_open(name, init, tmp_path, capsys):
    """By which joints move fingers apart; one that goes along with another one is not named."""
    init(model(name), *TWO_ARMS.get(name, ON_A_TABLE.get(name, ())))
    grippers = load_map(str(tmp_path / "map.yaml")).grippers
    assert {one.side: (one.joints, one.open, one.shut) for one in grippers} == GRIPPERS[name]
    assert all(0.05 <= one.max_speed[0] <= 4.0 for one in grippers)
    told = capsys.readouterr()
    said = told.err
    assert ("check that open and shut are not exchanged" in said) == (name == "so101/so101.xml")
    assert ("left_hand_index_0_joint" in said and "as a hand's" in said) == ("with_hands" in name)
    expected = ", ".join(f"{side} ({', '.join(one[0])})" for side, one in GRIPPERS[name].items())
    assert f"; grippers: {expected or 'none'}\n" in told.out, "the summary names what grips"
    assert "not commanded" not in said or not expected, "what only follows a gripper's joint is no warning"


def test_a_gripper_is_not_told_as_left_out(init, mobile_robot, capsys):
    arm = mobile_robot()
    robot = init(arm.with_name("arm.urdf"), "--forward=x", "--force")
    assert robot.driven.names == ("finger_joint",) and robot.grippers[0].max_speed == (1.0,)
    said = capsys.readouterr().err
    assert "wheel_l_joint" in said and "finger_joint," not in said


def test_a_model_without_an_arm_is_refused(tmp_path):
    path = tmp_path / "cart.xml"
    path.write_text('<mujoco><worldbody><body><joint name="a"/><geom size="1"/></body></worldbody></mujoco>')
    with pytest.raises(RobotError, match=r"no arm is found, .* its joints: a. Write the map by hand"):
        propose(path, Answers())


@pytest.mark.parametrize(
    ("name", "found", "side"),
    [
        ("Left_Elbow_Pitch", {"left", "elbow", "pitch"}, "left"),
        ("openarm_right_joint1", {"openarm", "right", "joint"}, "right"),
        ("wheel_l_joint", {"wheel", "l", "joint"}, "left"),
        ("fr3_joint1", {"fr", "joint"}, ""),
        ("AAHead_yaw", {"aa", "head", "yaw"}, ""),
    ],
)
def test_words_of_names(name, found, side):
    assert words(name) >= found - {"aa"}
    assert side_of([name]) == side
