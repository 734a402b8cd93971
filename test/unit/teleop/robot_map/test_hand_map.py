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

"""Robot hands in a robot's map: what is read, and every way in which it can be wrong."""

import sys
from pathlib import Path

import pytest
import yaml

pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.errors import MissingDependencyError, RobotError
from frankmocap_ros.teleop.hands.robot_hand import load_hands
from frankmocap_ros.teleop.inverse_kinematics.ik_model import load_model
from frankmocap_ros.teleop.inverse_kinematics.retargeter import load_retargeter
from frankmocap_ros.teleop.robot_map.map_reading import load_map
from frankmocap_ros.teleop.robot_map.model_file import ROBOTS_DIR
from support.robot_hands import ARM, HANDS, write_map

FINGERS = ("thumb", "index", "middle", "ring", "pinky")


@pytest.fixture
def changed(tmp_path):
    def changed(change, method="ik", **more):
        """The path of a map whose values were changed by a function."""
        path = Path(write_map(tmp_path, method=method, **more))
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        change(values)
        path.write_text(yaml.safe_dump(values), encoding="utf-8")
        return str(path)

    return changed


def refusal(path):
    with pytest.raises(RobotError) as error:
        load_retargeter(path)
    assert "map.yaml" in str(error.value) or "arm.urdf" in str(error.value)
    return str(error.value)


def test_joints_are_found_between_wrist_and_tips(tmp_path):
    (hand,) = load_map(write_map(tmp_path)).hands
    assert (hand.side, hand.method, hand.wrist, hand.scale) == ("right", "ik", "palm", None)
    assert list(hand.tips) == list(FINGERS)
    assert len(hand.joints) == 15 and hand.joints[:3] == ("thumb_swing", "thumb_base", "thumb_middle_joint")
    assert not [name for name in hand.joints if name.endswith("distal_joint")], "mimic joints follow"
    assert not set(hand.joints) & set(ARM)


def test_a_configuration_names_the_joints_and_finds_its_urdf(tmp_path):
    (hand,) = load_map(write_map(tmp_path, method="vector", prefix="r_")).hands
    assert len(hand.joints) == 15 and all(name.startswith("r_") for name in hand.joints)
    assert hand.settings["urdf_path"] == str(HANDS / "five_finger.urdf")
    assert load_map("torso").hands == ()


def test_without_names_the_urdf_has_them(tmp_path):
    values = yaml.safe_load((HANDS / "three_finger_vector.yml").read_text())
    del values["retargeting"]["target_joint_names"]
    (tmp_path / "own.yml").write_text(yaml.safe_dump(values))
    path = write_map(
        tmp_path, "three_finger", "vector", configuration="own.yml", urdf=str(HANDS / "three_finger.urdf")
    )
    (hand,) = load_map(path).hands
    assert len(hand.joints) == 11 and "second_distal_joint" not in hand.joints


def test_fingers_are_driven_beside_the_arm_within_the_limits_of_the_map(tmp_path):
    path = write_map(tmp_path)
    values = yaml.safe_load(Path(path).read_text())
    values["velocity_limits"]["index_base"] = 2.0
    values["acceleration_limits"]["index_base"] = 7.0
    Path(path).write_text(yaml.safe_dump(values))
    robot = load_retargeter(path)
    assert robot.joint_names == ARM
    row = robot.driven.names.index("index_base")
    assert robot.driven.max_speed[row] == pytest.approx(0.85 * 2.0)
    assert robot.driven.max_acceleration[row] == 7.0
    assert robot.driven.max_speed[row + 1] == pytest.approx(0.85 * 3.0), "the default"
    assert (robot.driven.lower[row], robot.driven.upper[row]) == (-0.3, 1.6)


@pytest.mark.parametrize(
    "change, words",
    [
        ([], "hands: expected a mapping from left or right to {method, configuration}"),
        ({"middle": {}}, "hands.middle: is not known; allowed: left, right"),
        ({"right": 3}, "hands.right: expected a mapping, got 3"),
        ({"right": {}}, "hands.right.method: is missing"),
        ({"right": {"method": "magic"}}, "hands.right.method: expected dexpilot or vector or position or ik"),
        ({"right": {"method": "ik", "configuration": "x"}}, "right.configuration: is not known; allowed: m"),
        ({"right": {"method": "vector", "tips": {}}}, "hands.right.tips: is not known; allowed: meth"),
        ({"right": {"method": "vector"}}, "hands.right.configuration: is missing"),
        ({"right": {"method": "ik", "tips": {"thumb": "thumb_tip"}}}, "hands.right.wrist: is missing"),
        ({"right": {"method": "ik", "wrist": "palm"}}, "hands.right.tips: is missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_the_key(changed, change, words):
    assert words in refusal(changed(lambda values: values.update(hands=change)))


@pytest.mark.parametrize(
    "change, words",
    [
        ({"tips": {}}, "hands.right.tips: names no finger; allowed: thumb, index, middle, ring, pinky"),
        ({"tips": {"toe": "x"}}, "hands.right.tips.toe: is not known; allowed: thumb, index"),
        ({"tips": {"thumb": 1}}, "hands.right.tips.thumb: expected a mapping, got 1"),
        ({"tips": {"thumb": "nail"}}, "hands.right.tips: "),
        ({"tips": {"thumb": "nail"}}, "it has no site or body nail; it has base, "),
        ({"scale": 0}, "hands.right.scale: expected auto, or a number above 0, got 0"),
        ({"scale": "big"}, "hands.right.scale: expected a finite number of 0 or more, got 'big'"),
        ({"rotation": [1, 2, 3]}, "hands.right.rotation: expected four numbers x, y, z, w"),
        ({"joints": ["index_base", "index_base"]}, "hands.right.joints: names a joint twice"),
        ({"joints": ["knee"]}, "hands.right: it has no joint of the name knee; it has "),
        ({"joints": ["index_distal_joint"]}, "index_distal_joint goes along with index_middle_joint"),
        ({"tips": {"thumb": "palm"}}, "hands.right.tips: "),
    ],
)  # fmt: skip
def test_what_is_wrong_with_tips(changed, change, words):
    assert words in refusal(changed(lambda values: values["hands"]["right"].update(change)))


def configured(tmp_path, text):
    (tmp_path / "own.yml").write_text(text)
    return write_map(tmp_path, method="vector", configuration="own.yml")


@pytest.mark.parametrize(
    "text, words",
    [
        ("[", "hands.right.configuration: "),
        ("a: 1", "has no mapping of the name retargeting"),
        ("retargeting: {type: dexpilot}", "hands.right.method: vector, but "),
        ("retargeting: {type: vector}", "urdf_path: expected a file's name, got None"),
        (
            "retargeting: {type: vector, urdf_path: no.urdf}",
            f"give it as urdf: beside configuration:, or set {ROBOTS_DIR}",
        ),
        (
            "retargeting: {type: vector, urdf_path: arm.urdf, target_joint_names: 3}",
            "target_joint_names: expected a list of",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_configuration(tmp_path, text, words):
    assert words in refusal(configured(tmp_path, text))


def test_a_configuration_that_is_not_there(tmp_path):
    words = refusal(write_map(tmp_path, method="vector", configuration="no_such.yml"))
    assert f"hands.right.configuration: no file {tmp_path / 'no_such.yml'}; allowed: a YAML file" in words


def test_the_packages_own_configurations_need_no_path(tmp_path, monkeypatch):
    pytest.importorskip("dex_retargeting", reason="pip install 'frankmocap_ros[hands]'")
    words = refusal(write_map(tmp_path, method="vector", configuration="no_such.yml"))
    assert "or one of dex-retargeting's own: ability_hand_left.yml" in words
    folder = tmp_path / "robots"
    (folder / "allegro_hand").mkdir(parents=True)
    (folder / "allegro_hand/allegro_hand_right.urdf").write_text((HANDS / "three_finger.urdf").read_text())
    monkeypatch.setenv(ROBOTS_DIR, str(folder))
    path = write_map(tmp_path, "three_finger", "vector", configuration="allegro_hand_right.yml")
    (hand,) = load_map(path).hands
    assert hand.settings["scaling_factor"] == 1.6 and len(hand.joints) == 11


def test_what_the_package_refuses_is_said(tmp_path):
    pytest.importorskip("dex_retargeting", reason="pip install 'frankmocap_ros[hands]'")
    text = (HANDS / "five_finger_vector.yml").read_text().replace("index_tip", "index_nail")
    (tmp_path / "own.yml").write_text(text)
    path = write_map(tmp_path, method="vector", configuration="own.yml", urdf=str(HANDS / "five_finger.urdf"))
    robot = load_map(path)
    with pytest.raises(
        RobotError, match=r"hands.right.configuration: dex-retargeting refuses it .*index_nail"
    ):
        load_hands(robot, load_model(robot))


def test_without_the_package_the_next_step_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "dex_retargeting.retargeting_config", None)
    robot = load_map(write_map(tmp_path, method="vector"))
    with pytest.raises(MissingDependencyError, match=r"pip install 'frankmocap_ros\[hands\]'.*method: ik"):
        load_hands(robot, load_model(robot))


def test_ours_does_not_load_the_package(tmp_path, monkeypatch):
    for name in ("dex_retargeting", "dex_retargeting.retargeting_config", "torch"):
        monkeypatch.setitem(sys.modules, name, None)
    robot = load_map(write_map(tmp_path))
    assert len(load_hands(robot, load_model(robot))) == 1


def test_what_disagrees_with_the_rest_of_the_map(changed):
    def named(values):
        values["joints"] = [*ARM, "index_base"]

    def controlled(values):
        values["controllers"] = {"/arm": list(ARM)}

    def gripped(values):
        gripper = {"joints": ["index_base"], "open": 0.0, "shut": 1.0, "max_speed": 1.0}
        values["grippers"] = {"right": gripper}

    def twice(values):
        values["hands"]["left"] = values["hands"]["right"]

    assert "joints: index_base is of hands.right, too; leave it out here" in refusal(changed(named))
    assert "controllers: none has thumb_swing of hands.right; give it one" in refusal(changed(controlled))
    assert "hands.right: index_base is in grippers.right, too" in refusal(changed(gripped))
    assert "hands.right: thumb_swing is a joint of hands.left, too" in refusal(changed(twice))
