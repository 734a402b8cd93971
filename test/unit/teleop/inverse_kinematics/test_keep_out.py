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

"""Boxes that no commanded part of a robot enters, whatever is commanded and however late the ticks are."""

import json
import re
import xml.etree.ElementTree as ET

import mujoco
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.errors import RobotError
from frankmocap_ros.geometry.rotation import quat_from_rotvec
from frankmocap_ros.teleop.inverse_kinematics.ik_model import load_model
from frankmocap_ros.teleop.inverse_kinematics.retargeter import load_retargeter
from frankmocap_ros.teleop.robot_map.map_reading import load_map

ARM = """<mujoco><compiler angle="radian"/><worldbody><body name="base">
<geom name="foot" type="box" size="0.1 0.1 0.05"/>
<body name="shoulder" pos="0 0 0.3"><joint name="pan" axis="0 0 1" range="-3 3" limited="true"/>
<geom name="motor" type="cylinder" size="0.06 0.08"/>
<body name="upper"><joint name="lift" axis="0 1 0" range="-2.5 2.5" limited="true"/>
<geom name="upper_arm" type="capsule" fromto="0 0 0 0.3 0 0" size="0.05"/>
<body name="fore" pos="0.3 0 0"><joint name="elbow" axis="0 1 0" range="-2.6 2.6" limited="true"/>
<geom name="forearm" type="capsule" fromto="0 0 0 0.25 0 0" size="0.04"/>
<geom name="seen" type="sphere" pos="0.2 0 0" size="0.3" contype="0" conaffinity="0"/>
<body name="hand" pos="0.3 0 0"><joint name="wrist" axis="0 0 1" range="-2 2" limited="true"/>
<geom name="palm" type="box" size="0.05 0.06 0.02"/><site name="grasp" pos="0.08 0 0"/>
</body></body></body></body></body></worldbody></mujoco>"""
PARTS = ("motor", "upper_arm", "forearm", "palm")
MAP = """
model: arm.xml
home: {lift: -0.6, elbow: 1.2}
velocity_limits: {default: SPEED}
acceleration_limits: {default: ACCELERATION}
targets: {right_wrist: {joint: right_wrist, site: grasp, robot_origin: shoulder}}
self_collision: {minimum_distance: 0.02}
keep_out: \
"""
TABLE = {"name": "table", "center": [0.6, 0.0, -0.1], "size": [0.8, 1.6, 0.2]}
WALL = {
    "name": "wall",
    "center": [0.25, 0.45, 0.4],
    "size": [1.2, 0.03, 0.8],
    "rotation": [0.0, 0.0, 0.130526, 0.991445],
}
BOXES = [TABLE, WALL]
KEEP_M = 0.02


def write(folder, boxes, model=ARM, speed=3.0, acceleration=20.0, added=""):
    """Write the arm and its map; gives the map's path."""
    (folder / "arm.xml").write_text(model)
    text = MAP.replace("SPEED", str(speed)).replace("ACCELERATION", str(acceleration))
    (folder / "map.yaml").write_text(f"{text}{json.dumps(boxes)}\n{added}")
    return str(folder / "map.yaml")


class World:
    """The arm and boxes in a model of their own, whose distances MuJoCo tells."""

    def __init__(self, boxes, model=ARM):
        spec = mujoco.MjSpec.from_string(model)
        for box in boxes:
            x, y, z, w = box.get("rotation", (0.0, 0.0, 0.0, 1.0))
            spec.worldbody.add_geom(
                name=box["name"], type=mujoco.mjtGeom.mjGEOM_BOX, size=np.array(box["size"]) / 2,
                pos=box["center"], quat=(w, x, y, z),
            )  # fmt: skip
        self.model = spec.compile()
        self.data = mujoco.MjData(self.model)
        self.pairs = [
            (self.model.geom(box["name"]).id, self.model.geom(part).id) for box in boxes for part in PARTS
        ]

    def gaps(self, joints):
        self.data.qpos[:] = joints
        mujoco.mj_kinematics(self.model, self.data)
        return np.array([mujoco.mj_geomDistance(self.model, self.data, *p, 1.0, None) for p in self.pairs])


def go(robot, position, seconds=3.0):
    """Command a position for a while; the postures on the way."""
    orientation = robot.poses(robot.joints).orientations
    command = np.array([position], dtype=float)
    return [robot.solve(command, orientation, 0.01)[0] for _ in range(round(seconds / 0.01))]


@example_settings(max_examples=20)
@given(seed=st.integers(0, 2**31))
@pytest.mark.parametrize("speed, acceleration", [(3.0, 20.0), (10.0, 20.0), (10.0, 200.0)])
def test_no_command_brings_a_part_nearer_than_allowed(tmp_path_factory, seed, speed, acceleration):
    """Targets anywhere, often in a box; HOLD now and then; one tick in ten late."""
    random = np.random.default_rng(seed)
    robot = load_retargeter(write(tmp_path_factory.mktemp("arm"), BOXES, ARM, speed, acceleration))
    world = World(BOXES)
    robot.start(robot.home)
    least = np.minimum(world.gaps(robot.home), KEEP_M)
    for k in range(300):
        if k % 30 == 0:
            inside = BOXES[random.integers(len(BOXES))]["center"] + random.normal(0.0, 0.15, 3)
            anywhere = np.array((0.0, 0.0, 0.3)) + random.normal(0.0, 0.4, 3)
            position = np.array([inside if random.random() < 0.5 else anywhere])
            held = random.random() < 0.2
        dt = float(random.uniform(0.02, 0.24)) if random.random() < 0.1 else 0.01
        orientation = quat_from_rotvec(random.normal(0.0, 1.0, (1, 3)))
        joints, _ = robot.brake(dt) if held else robot.solve(position, orientation, dt)
        gaps = world.gaps(joints)
        assert (gaps >= least - 1e-6).all(), (k, dt, held, gaps.min())


def test_the_arm_stops_before_the_box_and_enters_without_it(tmp_path):
    world, deep = World([TABLE]), (0.5, 0.0, -0.15)
    free = load_retargeter(write(tmp_path, []))
    assert world.gaps(go(free, deep)[-1]).min() < -0.05
    kept = load_retargeter(write(tmp_path, [TABLE]))
    gaps = np.array([world.gaps(joints).min() for joints in go(kept, deep)])
    assert gaps.min() >= KEEP_M - 1e-6
    assert gaps[-1] < KEEP_M + 0.02, "as near as it may come"


def test_every_commanded_part_is_kept_out(tmp_path):
    """Also the first one, next to what does not move; neither the foot nor what is only seen."""
    found = load_model(load_map(write(tmp_path, [TABLE])))
    pairs = {tuple(found.model.geom(geom).name for geom in pair) for pair in found.pairs}
    assert pairs == {("keep_out table", name) for name in (*PARTS, "keep_out of grasp")}


def test_what_follows_a_commanded_joint_is_kept_out_too(tmp_path):
    """A rod beside the arm, driven by its lift."""
    rod = """<body name="rod" pos="0 -0.2 0.3"><joint name="rod" axis="0 1 0" range="-3 3" limited="true"/>
    <geom name="rod" type="capsule" fromto="0 0 0 0.3 0 0" size="0.02"/></body></body></worldbody>
    <equality><joint joint1="rod" joint2="lift"/></equality></mujoco>"""
    model = ARM.replace("</body></worldbody></mujoco>", rod)
    found = load_model(load_map(write(tmp_path, [TABLE], model)))
    assert "rod" in {found.model.geom(geom).name for _, geom in found.pairs}


def test_the_first_part_turns_no_further_than_the_box(tmp_path):
    handle = '<geom name="motor" type="capsule" fromto="0 0 0 0.25 0 -0.15" size="0.04"/>'
    model = re.sub(r'<geom name="motor"[^>]*>', handle, ARM)
    post = {"name": "post", "center": [0.0, 0.25, 0.1], "size": [0.05, 0.05, 0.2]}
    robot = load_retargeter(write(tmp_path, [post], model))
    world = World([post], model=model)
    gaps = np.array([world.gaps(joints).min() for joints in go(robot, (-0.3, 0.4, 0.6))])
    assert KEEP_M - 1e-6 <= gaps.min() < KEEP_M + 0.02


def test_a_part_that_begins_inside_only_comes_out(tmp_path):
    world = World([TABLE])
    robot = load_retargeter(write(tmp_path, [TABLE]))
    inside = np.array([0.0, 0.35, 0.5, 0.0])
    before = world.gaps(inside)
    assert before.min() < -0.02
    robot.start(inside)
    for joints in go(robot, (0.4, 0.0, -0.3)):
        now = world.gaps(joints)
        assert (now >= np.minimum(before, KEEP_M) - 1e-6).all()
        before = now
    for joints in go(robot, (0.4, 0.0, 0.4)):
        now = world.gaps(joints)
        assert (now >= np.minimum(before, KEEP_M) - 1e-6).all()
        before = now
    assert before.min() >= KEEP_M - 1e-6


def test_boxes_are_in_the_frame_of_the_commands(tmp_path):
    """The base places the robot among them; they stay where they are."""
    base = np.array([1.0, -2.0, 0.5])
    moved = {**TABLE, "center": (TABLE["center"] + base).tolist()}
    added = f"base: {{position: {base.tolist()}}}\n"
    robot = load_retargeter(write(tmp_path, [moved], added=added))
    gaps = np.array(
        [World([TABLE]).gaps(j).min() for j in go(robot, base + np.array((0.5, 0.0, -0.15)), 2.0)[::5]]
    )
    assert gaps.min() >= KEEP_M - 1e-6 and gaps[-1] < KEEP_M + 0.02


def test_without_shapes_the_targets_are_kept_out_and_the_log_says_so(tmp_path):
    root = ET.fromstring(ARM)
    for body in root.iter("body"):
        for geom in body.findall("geom"):
            body.remove(geom)
        ET.SubElement(body, "inertial", pos="0 0 0", mass="1", diaginertia="1 1 1")
    robot = load_retargeter(write(tmp_path, [TABLE], ET.tostring(root, encoding="unicode")))
    (note,) = robot.notes
    assert "no solid shape for fore, hand, shoulder, upper" in note and "targets (right_wrist)" in note
    heights = [robot.poses(joints).positions[0, 2] for joints in go(robot, (0.5, 0.0, -0.15))]
    assert KEEP_M - 1e-6 <= min(heights) < KEEP_M + 0.02
    assert not load_retargeter(write(tmp_path, [TABLE])).notes


def test_a_box_turned_by_half_a_quarter_is_turned(tmp_path):
    """Its corner is where the arm would go by, were it straight."""
    turned = {
        "name": "post",
        "center": [0.55, 0.0, 0.3],
        "size": [0.3, 0.3, 2.0],
        "rotation": [0, 0, 0.382683, 0.923880],
    }
    robot, world = load_retargeter(write(tmp_path, [turned])), World([turned])
    robot.start(np.array([1.6, -0.3, 0.9, 0.0]))
    gaps = np.array([world.gaps(joints).min() for joints in go(robot, (0.55, 0.0, 0.3))])
    assert KEEP_M - 1e-6 <= gaps.min() < KEEP_M + 0.02


@pytest.mark.parametrize(
    "boxes, words",
    [
        ({"table": TABLE}, r"keep_out: expected a list of boxes"),
        ([{**TABLE, "size": [1.0, 0.0, 1.0]}], r"keep_out\[0\].size: expected three edge lengths above 0"),
        ([{**TABLE, "size": [1.0, 1.0]}], r"keep_out\[0\].size: expected three numbers"),
        ([{**TABLE, "rotation": [0, 0, 1, 1]}], r"keep_out\[0\].rotation: expected a unit quaternion"),
        ([{"name": "table", "size": [1, 1, 1]}], r"keep_out\[0\].center: expected three numbers"),
        ([TABLE, TABLE], r"keep_out\[1\].name: table names more than one box"),
        ([{**TABLE, "radius": 1}], r"keep_out\[0\].radius: is not known; allowed: name, center"),
    ],
)
def test_a_wrong_box_is_refused_with_its_place(tmp_path, boxes, words):
    with pytest.raises(RobotError, match=words):
        load_map(write(tmp_path, boxes))
