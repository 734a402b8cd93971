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

"""The maps of this package, on their makers' models; and where a map's model is looked for."""

import sys
from types import ModuleType

import numpy as np
import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.bench.hand_motions import hand_shape
from frankmocap_ros.bench.operators import exercise
from frankmocap_ros.bench.robot_advice import advice
from frankmocap_ros.bench.robot_figures import figures
from frankmocap_ros.bench.robot_run import motion_scale, run_robot
from frankmocap_ros.errors import RobotError
from frankmocap_ros.teleop.hands.palm_frame import palm_points
from frankmocap_ros.teleop.hands.robot_hand import load_hands
from frankmocap_ros.teleop.inverse_kinematics.retargeter import Retargeter
from frankmocap_ros.teleop.robot_map.map_reading import ROBOTS, load_map, robot_names
from frankmocap_ros.teleop.robot_map.model_file import ROBOTS_DIR
from support.paths import SHARED

MODELS = SHARED / "robots/models"
MADE_FOR = {
    "aloha": "aloha/aloha.xml", "booster_t1": "booster_t1/t1.xml", "franka_panda": "franka_panda/panda.xml",
    "kinova_gen3": "kinova_gen3/gen3.xml", "openarm_v1": "openarm_v1/openarm_bimanual.xml",
    "openarm_v2": "openarm/openarm_bimanual.xml", "so101": "so101/so101.xml",
    "unitree_g1": "unitree_g1/g1.xml", "unitree_g1_body": "unitree_g1/g1.xml",
    "unitree_g1_hands": "unitree_g1/g1_with_hands.xml", "unitree_g1_waist": "unitree_g1/g1.xml",
    "unitree_h1": "unitree_h1/h1.xml", "ur5e": "ur5e/ur5e.xml",
    "xarm7": "xarm7/xarm7.xml",
}  # fmt: skip


def test_each_map_has_a_model_to_be_tested_with():
    assert set(robot_names()) == {*MADE_FOR, "arm", "torso"}


@pytest.mark.parametrize("name", MADE_FOR)
def test_a_shipped_map_follows_on_its_makers_model(name):
    path = MODELS / MADE_FOR[name]
    if not path.is_file():
        pytest.skip(f"not there: {path}")
    robot = load_map(name, str(path))
    retargeter = Retargeter(robot)
    seen = exercise(15.0)
    found = figures(
        run_robot(robot, retargeter, seen, motion_scale=motion_scale(retargeter)), seen, retargeter
    )
    assert advice(found, robot) == ()


@pytest.mark.parametrize("name", ["aloha", "franka_panda", "openarm_v1", "openarm_v2", "so101", "xarm7"])
def test_grippers_of_shipped_maps_are_on_the_side_of_their_arms(name):
    path = MODELS / MADE_FOR[name]
    if not path.is_file():
        pytest.skip(f"not there: {path}")
    robot = load_map(name, str(path))
    sides = {target.name.partition("_")[0] for target in robot.targets}
    assert {gripper.side for gripper in robot.grippers} == sides


@pytest.mark.parametrize("row", [0, 1], ids=["left", "right"])
def test_fingers_of_the_g1_bend_with_the_operators_and_pinch(row):
    path = MODELS / MADE_FOR["unitree_g1_hands"]
    if not path.is_file():
        pytest.skip(f"not there: {path}")
    robot = load_map("unitree_g1_hands", str(path))
    hand = load_hands(robot, Retargeter(robot).ik_model)[row]
    assert hand.side == ("left", "right")[row]
    hand.solver.start(0.5 * (hand.lower + hand.upper))

    def joints(**shape):
        points = palm_points(hand_shape(side=hand.side, **shape), hand.side)
        return [hand.solver.solve(points) for _ in range(20)][-1]

    fingers = [i for i, name in enumerate(hand.joint_names) if "thumb" not in name]
    straight, fist = np.abs(joints())[fingers], np.abs(joints(fist=1.0))[fingers]
    assert (straight < 0.2).all() and (fist > 0.9).all()
    thumb, index, _ = hand.solver.tips(joints(fist=0.2, pinch="index"))
    assert np.linalg.norm(thumb - index) < 0.005


@pytest.mark.parametrize("name", MADE_FOR)
def test_each_names_its_source_and_licence(name):
    text = (ROBOTS / f"{name}.yaml").read_text()
    head = text[: text.index("model:")]
    assert "github.com/" in head and ("BSD-3-Clause" in head or "Apache-2.0" in head)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of robots."""
    monkeypatch.setenv(ROBOTS_DIR, str(tmp_path))

    def put(*names):
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        return tmp_path

    return put


@pytest.mark.parametrize(
    "name", ["unitree_g1/g1.xml", "g1.xml", "somewhere/g1.xml", "unitree_g1_waist/g1.xml"]
)
def test_models_are_found_in_the_folder_of_robots(folder, name):
    inside = folder(name) / name
    assert load_map("unitree_g1_waist").model == inside


def test_what_is_there_twice_is_not_guessed(folder):
    folder("one/g1.xml", "two/g1.xml")
    with pytest.raises(RobotError, match=r"no file 'unitree_g1/g1.xml'.*--robot-model.*ROBOTS_DIR"):
        load_map("unitree_g1")


def test_what_the_user_gives_comes_first(folder, tmp_path):
    folder("unitree_g1/g1.xml", "mine/other.xml")
    assert load_map("unitree_g1", str(tmp_path / "mine/other.xml")).model == tmp_path / "mine/other.xml"
    with pytest.raises(RobotError, match=r"model: robot_model 'none.xml': no such file"):
        load_map("unitree_g1", "none.xml")


def test_models_come_from_robot_descriptions_where_it_is_installed(tmp_path, monkeypatch):
    monkeypatch.delenv(ROBOTS_DIR, raising=False)
    package, module = ModuleType("robot_descriptions"), ModuleType("robot_descriptions.g1_mj_description")
    package.__path__ = []
    module.MJCF_PATH = str(tmp_path / "g1.xml")
    monkeypatch.setitem(sys.modules, "robot_descriptions", None)
    with pytest.raises(RobotError, match="or pip install robot_descriptions"):
        load_map("unitree_g1")
    monkeypatch.setitem(sys.modules, "robot_descriptions", package)
    monkeypatch.setitem(sys.modules, "robot_descriptions.g1_mj_description", module)
    assert load_map("unitree_g1").model == tmp_path / "g1.xml"
    with pytest.raises(RobotError, match=r"robot_descriptions\.ur5e_mj_description: ModuleNotFoundError"):
        load_map("ur5e")


def test_a_map_names_no_module_outside_the_package(tmp_path, monkeypatch):
    monkeypatch.delenv(ROBOTS_DIR, raising=False)
    path = tmp_path / "map.yaml"
    path.write_text("model: none.xml\nrobot_descriptions: ..os\ntargets: {head: {body: a}}\n")
    with pytest.raises(RobotError, match="expected the name of one of its modules"):
        load_map(str(path))


@pytest.mark.parametrize("given", ["topic", "topic:/robot_description"])
def test_a_topic_where_no_node_listens(given):
    with pytest.raises(RobotError, match="nodes alone take a model from a topic; give a file"):
        load_map("unitree_g1", given)
