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

"""Grippers in a robot's map: what is read, and every way in which it can be wrong."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import yaml

pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.errors import RobotError
from frankmocap_ros.teleop.inverse_kinematics.retargeter import load_retargeter
from frankmocap_ros.teleop.robot_map.controller_map import ControllerMap
from frankmocap_ros.teleop.robot_map.gripper_map import DrivenJoint, GripperController
from frankmocap_ros.teleop.robot_map.map_reading import load_map
from frankmocap_ros.teleop.simulation.simulation import Simulation

GRIPPER = {"joints": ["finger_joint"], "open": 0.04, "shut": 0.0, "max_speed": 0.1}
ARM = ["shoulder_pan_joint", "shoulder_lift_joint", "elbow_joint", "wrist_joint"]
ACTION = {"type": "gripper_action", "topic": "/gripper/gripper_cmd"}
TOPIC = {"type": "positions", "topic": "/gripper/commands"}


@pytest.fixture
def change(write):
    def change(old, new):
        """The map of a right gripper with its text changed."""
        path = Path(write({}))
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        return str(path)

    return change


@pytest.fixture
def write(mobile_robot):
    def write(added, **more):
        """A map with a right gripper, or with ``grippers`` as they are."""
        values = {"grippers": {"right": {**GRIPPER, **added}} if isinstance(added, dict) else added, **more}
        return str(mobile_robot(yaml.safe_dump(values, sort_keys=False)))

    return write


def test_a_gripper_is_read(write):
    (gripper,) = load_map(write({"max_acceleration": 2, "max_effort": 40, "controller": ACTION})).grippers
    assert (gripper.side, gripper.joints, gripper.open, gripper.shut) == (
        "right", ("finger_joint",), (0.04,), (0.0,),
    )  # fmt: skip
    assert (gripper.max_speed, gripper.max_acceleration, gripper.max_effort) == ((0.1,), (2.0,), 40.0)
    assert gripper.controller == GripperController("gripper_action", "/gripper/gripper_cmd")
    assert gripper.driven == (DrivenJoint("finger_joint", 0.1, 2.0, "grippers.right", (0.04, 0.0)),)


def test_what_a_gripper_is_silent_about(write):
    robot = load_map(write({}))
    (gripper,) = robot.grippers
    assert gripper.max_acceleration == (pytest.approx(1.0),), "at its speed after 0.1 s"
    assert (gripper.max_effort, gripper.controller) == (math.inf, None)
    assert robot.speed("finger_joint") == 0.1 and robot.speed("elbow_joint") == 1.0
    assert load_map("torso").grippers == ()


def test_each_joint_has_numbers_of_its_own(write):
    two = {"joints": ["a", "b"], "open": [0.1, -0.2], "shut": 0, "max_speed": [1, 2]}
    (gripper,) = load_map(write(two)).grippers
    assert (gripper.open, gripper.shut, gripper.max_speed) == ((0.1, -0.2), (0.0, 0.0), (1.0, 2.0))


@pytest.mark.parametrize(
    "added, words",
    [
        ([], "grippers: expected a mapping from left or right to joints, got []"),
        ({"fast": 1}, "grippers.right.fast: is not known; allowed: joints, open, shut, max_speed, "),
        ({"joints": []}, "grippers.right.joints: names no joint"),
        ({"joints": "finger_joint"}, "grippers.right.joints: expected a list of names"),
        ({"joints": ["a", "a"]}, "grippers.right.joints: names a joint twice: a, a"),
        ({"open": None}, "grippers.right.open: is missing; expected a number, or one for each of finger"),
        ({"open": [0.1, 0.2]}, "grippers.right.open: has 2 numbers for 1 joints: finger_joint"),
        ({"open": "wide"}, "grippers.right.open: expected a finite number, got 'wide'"),
        ({"shut": 0.04}, "grippers.right.shut: finger_joint is at 0.04 where it is open, too"),
        ({"max_speed": 0}, "grippers.right.max_speed: expected a number above 0, got 0"),
        ({"max_acceleration": -1}, "grippers.right.max_acceleration: expected a number above 0, got -1"),
        ({"max_effort": 0}, "grippers.right.max_effort: expected a number above 0, got 0"),
        ({"controller": "/x"}, "grippers.right.controller: expected a mapping"),
        ({"controller": {"type": "action", "topic": "/x"}}, "type: expected trajectory or positions or par"),
        ({"controller": {"type": "positions"}}, "grippers.right.controller.topic: is missing"),
        ({"controller": {**TOPIC, "topic": "a b"}}, "controller.topic: expected the name of a topic or an"),
        ({"joints": ["a", "b"], "controller": ACTION}, "type: gripper_action has one position for 2 joints"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_the_key(write, added, words):
    with pytest.raises(RobotError) as error:
        load_map(write(added))
    assert words in str(error.value) and "map.yaml" in str(error.value)


@pytest.mark.parametrize(
    "added, more, words",
    [
        ({}, {"joints": [*ARM, "finger_joint"]}, "joints: finger_joint is of grippers.right, too; leave it"),
        ({}, {"controllers": {"/arm": ARM}}, "controllers: none has finger_joint of grippers.right; give it"),
        (
            {"controller": TOPIC}, {"controllers": {"/arm": [*ARM, "finger_joint"]}},
            "grippers.right.controller: finger_joint is in /arm, too; a joint has one controller",
        ),
        (
            {"controller": {**TOPIC, "topic": "/arm"}}, {"controllers": {"/arm": ARM}},
            "grippers.right.controller: /arm is another controller's; name a topic of its own",
        ),
    ],
)  # fmt: skip
def test_what_disagrees_with_the_rest_of_the_map(write, added, more, words):
    with pytest.raises(RobotError) as error:
        load_map(write(added, **more))
    assert words in str(error.value)


def test_sides_are_left_and_right(change):
    with pytest.raises(RobotError, match=r"grippers.middle: is not known; allowed: left, right"):
        load_map(change("  right:\n", "  middle:\n"))


def test_one_joint_has_one_gripper(change):
    path = change("  right:\n", f"  left: {json.dumps(GRIPPER)}\n  right:\n")
    with pytest.raises(
        RobotError, match=r"right.joints: finger_joint is in grippers.left, too; a joint is of"
    ):
        load_map(path)


def test_its_joints_are_of_a_controller_or_of_one_of_their_own(write):
    robot = load_map(write({}, controllers={"/arm": ARM, "/hand": ["finger_joint"]}))
    assert robot.joints == tuple(ARM), "driven joints are not those that the inverse kinematics commands"
    assert robot.joints_apart == frozenset()
    robot = load_map(write({"controller": TOPIC}, controllers={"/arm": ARM}))
    assert robot.controllers["/gripper/commands"] == ControllerMap(("finger_joint",), "positions")
    assert robot.joints_apart == {"finger_joint"}
    robot = load_map(write({"controller": ACTION}))
    assert robot.controllers == {} and robot.joints_apart == {"finger_joint"}


def test_without_grippers_their_own_controllers_go_and_shared_ones_stay_whole(write):
    robot = load_map(write({"controller": TOPIC}, controllers={"/arm": ARM})).without_grippers()
    assert (robot.grippers, set(robot.controllers), robot.joints) == ((), {"/arm"}, tuple(ARM))
    assert load_map(write({})).without_grippers().driven == ()
    shared = load_map(write({}, controllers={"/arm": [*ARM, "finger_joint"]})).without_grippers()
    assert [one.name for one in shared.driven] == ["finger_joint"], "a controller needs all of its own"


def test_joints_are_those_of_the_model(write, change):
    with pytest.raises(
        RobotError, match=r"grippers.right: it has no joint of the name jaw; it has elbow_joint"
    ):
        load_retargeter(write({"joints": ["jaw"]}))
    with pytest.raises(
        RobotError, match="finger_mimic_joint goes along with finger_joint; name finger_joint alo"
    ):
        load_retargeter(write({"joints": ["finger_mimic_joint"]}))
    with pytest.raises(
        RobotError, match="finger_mimic_joint goes along with finger_joint; name finger_joint alo"
    ):
        load_retargeter(write({"joints": ["finger_joint", "finger_mimic_joint"]}))
    with pytest.raises(
        RobotError, match=r"right: finger_joint: 0.05 is out of its range; allowed: 0 to 0.04"
    ):
        load_retargeter(write({"open": 0.05}))
    with pytest.raises(
        RobotError, match=r"velocity_limits: finger_joint: not commanded; .* in grippers.right"
    ):
        load_retargeter(change("{default: 1.0}", "{default: 1.0, finger_joint: 1}"))


def test_driven_joints_stand_beside_the_commanded_ones(write):
    robot = load_retargeter(write({"max_acceleration": 3}))
    assert robot.joint_names == tuple(ARM)
    assert robot.driven.names == ("finger_joint",)
    assert (robot.driven.lower, robot.driven.upper, robot.driven.home) == (0.0, 0.04, 0.0)
    assert robot.driven.max_speed == pytest.approx(0.085) and robot.driven.max_acceleration == 3.0
    assert load_retargeter(write({}, home={"finger_joint": 0.03, "elbow_joint": 0.8})).driven.home == 0.03


MJCF = """<mujoco><worldbody><body name="a"><joint name="pan" axis="0 0 1" range="-1 1"/><geom size=".1"/>
<body name="tip" pos=".3 0 0"><joint name="lift" axis="0 1 0" range="-1 1"/><geom size=".1"/>
<body name="f1"><joint name="f1" type="slide" axis="0 1 0" range="0 0.04"/><geom size=".01"/></body>
<body name="f2"><joint name="f2" type="slide" axis="0 -1 0" range="0 0.06"/><geom size=".01"/></body>
</body></body></worldbody>
<equality><joint joint1="f1" joint2="f2" polycoef="0 2 0 0 0"/></equality>
<actuator>{}</actuator></mujoco>"""


def gripper_of(tmp_path, motor, named):
    """The map's path of a robot with a gripper whose two fingers are bound to each other."""
    (tmp_path / "model.xml").write_text(MJCF.format(motor), encoding="utf-8")
    values = {
        "model": "model.xml",
        "targets": {"right_wrist": {"joint": "right_wrist", "body": "tip"}},
        "grippers": {"right": {**GRIPPER, "joints": [named], "open": 0.02}},
    }
    (tmp_path / "map.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    return str(tmp_path / "map.yaml")


MOTOR = '<position name="m" joint="f1"/>'


def test_what_only_follows_is_refused(tmp_path):
    with pytest.raises(RobotError, match="f1 goes along with f2; name f2 alone"):
        load_retargeter(gripper_of(tmp_path, "", "f1"))


@pytest.mark.parametrize("motor, named, upper", [("", "f2", 0.02), (MOTOR, "f1", 0.04), (MOTOR, "f2", 0.02)])
def test_an_equality_holds_in_both_directions(tmp_path, motor, named, upper):
    """What has the motor may be named, whichever of the two the model writes first; the other one follows."""
    path = gripper_of(tmp_path, motor, named)
    assert load_retargeter(path).driven.upper == pytest.approx(upper)
    simulation = Simulation(load_map(path), dynamics="kinematic")
    assert simulation.joint_names == ("pan", "lift", named)
    for k in range(1, 100):
        simulation.advance(0.01 * k)
        at = (0.0, 0.0, min(0.02, 5e-4 * k))
        assert not simulation.command(("pan", "lift", named), at, None, 0.01 * k)
    told = dict(zip(simulation.told_names, np.round(simulation.told()[0], 4).tolist(), strict=True))
    assert told[named] == 0.02
    assert told["f1"] == 2.0 * told["f2"]
