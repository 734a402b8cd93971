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

"""The map of a robot: what is read, and every way in which it can be wrong."""

import numpy as np
import pytest
import yaml

from frankmocap_ros.errors import RobotError
from frankmocap_ros.teleop.operator_state import TargetLimits
from frankmocap_ros.teleop.robot_map.controller_map import ControllerMap
from frankmocap_ros.teleop.robot_map.map_reading import ROBOTS, load_map

GOOD = {
    "model": "robot.xml",
    "home": {"a": 0.5},
    "velocity_limits": {"default": 2.0, "a": 3},
    "acceleration_limits": {"default": 12.0, "a": 5},
    "targets": {
        "hand": {
            "joint": "left_wrist", "origin": "left_shoulder", "site": "tip", "robot_origin": "base",
            "chain": ["base", "tip"], "position_cost": 2, "orientation_cost": 0.5,
            "limits": {"max_speed": 0.5, "workspace_min": [0, -1, 0.2]},
        },
        "head": {"body": "top", "rotation": [0, 0, 0, 1]},
    },
    "posture_costs": {"default": 0.1, "a": 0.3},
    "self_collision": {"minimum_distance": 0.02, "pairs": [["x", "y"]]},
}  # fmt: skip


@pytest.fixture
def load(tmp_path):
    """Writes a map beside an empty model, and reads it."""

    def load(values):
        (tmp_path / "robot.xml").touch()
        path = tmp_path / "map.yaml"
        path.write_text(values if isinstance(values, str) else yaml.safe_dump(values), encoding="utf-8")
        return load_map(str(path))

    return load


def test_everything_is_read(load, tmp_path):
    robot = load(GOOD)
    assert robot.model == tmp_path / "robot.xml"
    assert (robot.home, robot.speeds, robot.default_speed) == ({"a": 0.5}, {"a": 3.0}, 2.0)
    assert (robot.accelerations, robot.default_acceleration) == ({"a": 5.0}, 12.0)
    assert (robot.acceleration("a"), robot.acceleration("b")) == (5.0, 12.0)
    hand, head = robot.targets
    assert (hand.name, hand.joint, hand.origin, hand.part, hand.is_site) == (
        "hand", "left_wrist", "left_shoulder", "tip", True,
    )  # fmt: skip
    assert (hand.robot_origin, hand.chain, hand.position_cost) == ("base", ("base", "tip"), 2.0)
    assert (head.joint, head.origin, head.part, head.is_site) == ("head", "", "top", False)
    assert hand.limits == TargetLimits(max_speed=0.5, workspace_min=(0.0, -1.0, 0.2))
    assert head.limits == TargetLimits()
    assert head.robot_origin == "top", "what has no counterpart is its own"
    assert (robot.posture_costs, robot.default_posture_cost) == ({"a": 0.3}, 0.1)
    assert (robot.minimum_distance_m, robot.pairs) == (0.02, (("x", "y"),))


def test_what_a_map_is_silent_about_is_as_a_real_arm_can_take(load):
    robot = load({"model": "robot.xml", "targets": {"hand": {"joint": "left_wrist", "site": "tip"}}})
    assert robot.default_acceleration == 10.0
    assert (robot.damping, robot.default_posture_cost) == (2.0, 0.3)
    assert robot.targets[0].position_cost == 10.0, "beside which these are small"


def test_the_built_in_robot_is_found_by_its_name():
    robot = load_map("torso")
    assert robot.model == ROBOTS / "torso.xml"
    assert {t.name for t in robot.targets} >= {"left_wrist", "right_wrist", "left_elbow", "head"}


def changed(path, value):
    """GOOD with one value changed, or left out for ``...``."""
    values = yaml.safe_load(yaml.safe_dump(GOOD))
    *way, last = path.split(".")
    place = values
    for key in way:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return values


@pytest.mark.parametrize(
    "path, value, words",
    [
        ("model", ..., "model: is missing"),
        ("model", "other.xml", r"model: no file .*other\.xml"),
        ("model", 3, "model: expected a name"),
        ("color", "red", "color: is not known; allowed: model"),
        ("home", [1], "home: expected a mapping"),
        ("home.a", "x", "home.a: expected a finite number"),
        ("velocity_limits.a", 0, "velocity_limits.a: expected a speed above 0"),
        ("acceleration_limits.a", 0, "acceleration_limits.a: expected an acceleration above 0"),
        ("acceleration_limits", 5, "acceleration_limits: expected a mapping from joint to number"),
        ("velocity_limits.a", np.nan.__float__(), "velocity_limits.a: expected a finite number"),
        ("damping", 10**400, "damping: expected a finite number of 0 or more, got 1000"),
        ("targets", {}, "targets: expected a mapping"),
        ("targets.hand", 7, "targets.hand: expected a mapping"),
        ("targets.hand.joint", "nose", "targets.hand.joint: unknown joint 'nose'; allowed: pelvis"),
        ("targets.hand.origin", "elbow", "targets.hand.origin: unknown joint 'elbow'"),
        ("targets.hand.site", ..., "targets.hand: needs a site or a body"),
        ("targets.hand.body", "b", "targets.hand: needs a site or a body"),
        ("targets.hand.chain", "base", "targets.hand.chain: expected a list of names"),
        ("targets.hand.chain", ["base"], "targets.hand.chain: expected parts of the robot from base to tip"),
        ("targets.hand.limits", 3, "targets.hand.limits: expected a mapping"),
        ("targets.hand.limits.speed", 3, "targets.hand.limits.speed: is not known; allowed: max_speed"),
        ("targets.hand.limits.max_speed", 0, "limits.max_speed: expected a number above 0"),
        ("targets.hand.limits.max_speed", -1, "limits.max_speed: expected a finite number of 0 or more"),
        ("targets.hand.limits.workspace_max", [1, 2], "workspace_max: expected three numbers"),
        ("targets.hand.limits.workspace_max", [1, 2, "x"], "workspace_max: expected a finite number"),
        ("targets.hand.weight", 1, "targets.hand.weight: is not known"),
        ("targets.hand.position_cost", -1, "position_cost: expected a finite number of 0 or more"),
        ("targets.hand.position_cost", True, "position_cost: expected a finite number"),
        ("targets.head.rotation", [0, 0, 1], "rotation: expected four numbers"),
        ("targets.head.rotation", [0, 0, 0, 2], "rotation: expected a unit quaternion"),
        ("targets.head.position_cost", 0, "nothing would follow"),
        ("posture_costs", 0.1, "posture_costs: expected a mapping from joint to number"),
        ("posture_costs.a", -0.1, "posture_costs.a: expected a finite number of 0 or more"),
        ("self_collision.pairs", [["x"]], "self_collision.pairs: expected a list of pairs"),
        ("keyframe", "home", "home: and keyframe exclude each other"),
        ("targets.left hand", {"joint": "left_wrist", "site": "tip"}, "targets.left hand: expected a name"),
        ("simulation", "magic", "simulation: expected kinematic or physics, got 'magic'"),
        ("simulation_limits", 3, "simulation_limits: expected a mapping"),
        ("simulation_limits", {"max_force": 1}, "max_force: is not known; allowed: max_speed, max_acc"),
        ("simulation_limits", {"max_speed": 0}, "simulation_limits.max_speed: expected a limit above 0"),
        ("simulation_limits", {"max_speed": "x"}, "simulation_limits.max_speed: expected a finite number"),
        ("table_arm", "yes", "table_arm: expected true or false"),
        ("base", {"position": [0, 0]}, "base.position: expected three numbers"),
        ("base", {"rotation": [0, 0, 0, 3]}, "base.rotation: expected a unit quaternion"),
        ("targets.hand.offset", [0, 0, 1], "targets.hand.offset: needs a body"),
        ("targets.head.offset", [0, 0], "targets.head.offset: expected three numbers"),
        ("targets.hand.chain", ["base", {"body": "x"}], "chain.offset: expected three numbers"),
        ("targets.hand.robot_origin", 3, "robot_origin: expected a mapping"),
        ("controllers", ["a"], "controllers: expected a mapping from topic to joints"),
        ("controllers", {"no topic": ["a"]}, "controllers.no topic: expected the name of a topic"),
        ("controllers", {"/arm": "a"}, "controllers./arm: expected a list of joints, or {type: trajectory"),
        ("controllers", {"/arm": []}, "controllers./arm: names no joint; expected a list"),
        ("controllers", {"/arm": {"type": "positions"}}, "controllers./arm: names no joint; expected a list"),
        (
            "controllers",
            {"/arm": {"type": "effort", "joints": ["a"]}},
            "controllers./arm.type: expected trajectory or positions or velocities, got 'effort'",
        ),
        ("controllers", {"/arm": {"joints": "a"}}, "controllers./arm.joints: expected a list of names"),
        ("controllers", {"/arm": {"kind": "positions"}}, "arm.kind: is not known; allowed: type, joints"),
        ("controllers", {"/left": ["a"], "/right": ["a"]}, "right: a is in /left, too"),
        ("self_collision.distance", 1, "self_collision.distance: is not known"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(load, path, value, words):
    with pytest.raises(RobotError, match=words):
        load(changed(path, value))


def test_controllers_and_joints_agree(load):
    two = {"/left/joint_trajectory": ["b", "a"], "/right/joint_trajectory": ["c"]}
    robot = load({**GOOD, "controllers": two})
    assert robot.joints == ("b", "a", "c"), "a controller needs all of its joints"
    assert robot.controllers == {topic: ControllerMap(tuple(joints)) for topic, joints in two.items()}
    assert load({**GOOD, "controllers": two, "joints": ["a", "b", "c"]}).joints == ("a", "b", "c")
    with pytest.raises(RobotError, match="controllers: none has d of joints"):
        load({**GOOD, "controllers": two, "joints": ["a", "b", "c", "d"]})
    with pytest.raises(RobotError, match="joints: lacks c, which a controller has"):
        load({**GOOD, "controllers": two, "joints": ["a", "b"]})


@pytest.mark.parametrize("kind", ["trajectory", "positions", "velocities"])
def test_a_controller_says_what_it_takes(load, kind):
    robot = load({**GOOD, "controllers": {"/arm/commands": {"type": kind, "joints": ["b", "a"]}}})
    assert robot.controllers == {"/arm/commands": ControllerMap(("b", "a"), kind)}
    assert robot.joints == ("b", "a")


def test_a_table_arm_has_a_floor_where_it_names_none(load):
    robot = load({**GOOD, "table_arm": True, "base": {"position": [0, 0, 0.7]}})
    hand, head = robot.targets
    assert hand.limits.workspace_min == (0.0, -1.0, 0.2), "its own stays"
    assert head.limits.workspace_min == (-np.inf, -np.inf, pytest.approx(0.72))
    assert load(GOOD).targets[1].limits == TargetLimits()


def test_parts_with_an_offset_become_sites(load):
    target = {"body": "top", "offset": [0, 0, 0.1], "robot_origin": {"body": "base", "offset": [0.1, 0, 0]},
              "chain": [{"body": "base", "offset": [0.1, 0, 0]}, "middle", "top"]}  # fmt: skip
    (head,) = load({**GOOD, "targets": {"head": target}}).targets
    assert head.is_site and head.part == "top offset 0 0 0.1"
    assert head.chain == ("base offset 0.1 0 0", "middle", "top offset 0 0 0.1")
    assert {(site.body, site.offset) for site in head.sites} == {
        ("top", (0.0, 0.0, 0.1)), ("base", (0.1, 0.0, 0.0)),
    }  # fmt: skip


LAUGHS = ", ".join(f"&a{k} [{', '.join(10 * [f'*a{k - 1}'])}]" for k in range(1, 10))


@pytest.mark.parametrize(
    "text",
    [
        "", "just text", "a: [", "- 1", "!!python/object/apply:os.system ['true']", 5000 * "[", "2026-13-45",
        f"model: [&a0 [x], {LAUGHS}]\ntargets: {{a: 1}}",
    ],
    ids=["empty", "text", "open", "list", "python", "deep", "date", "aliases"],
)  # fmt: skip
def test_what_is_no_map_is_refused(load, text):
    with pytest.raises(RobotError, match=r"map\.yaml"):
        load(text)


@pytest.mark.parametrize("name", ["torsos", "no/such/map.yaml"])
def test_a_missing_file_names_what_there_is(name):
    with pytest.raises(RobotError, match=r"no file .*; allowed: aloha, .*torso, .*, or the YAML file"):
        load_map(name)
