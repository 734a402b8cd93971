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

"""Robots' files as their makers give them: with meshes or without, in packages, as xacro, on a free base."""

import os
import re
import struct

import numpy as np
import pytest

from support.paths import ROOT

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.errors import MissingDependencyError, MocapError, RobotError
from frankmocap_ros.teleop.inverse_kinematics.retargeter import load_retargeter
from frankmocap_ros.teleop.robot_map.map_reading import load_map
from frankmocap_ros.teleop.robot_model import xml_source
from frankmocap_ros.teleop.robot_model.loader import load_model_file
from frankmocap_ros.teleop.robot_model.model_source import ReceivedModel
from frankmocap_ros.teleop.robot_model.resources import Shapes

SHARED = ROOT.parent / "shared"
INERTIAL = (
    '<inertial><mass value="1"/><inertia ixx="0.1" iyy="0.1" izz="0.1" ixy="0" ixz="0" iyz="0"/></inertial>'
)


def urdf(visual, collision, inertial=INERTIAL):
    """An arm of three joints, whose base and upper link have a visual and a collision mesh."""
    meshes = "".join(
        f'<{kind}><geometry><mesh filename="{uri}"/></geometry></{kind}>'
        for kind, uri in (("visual", visual), ("collision", collision))
        if uri
    )
    links = "".join(
        f'<link name="{name}">{inertial}{meshes if name in ("base_link", "upper") else ""}</link>'
        for name in ("base_link", "upper", "lower", "tool0")
    )
    joints = "".join(
        f'<joint name="{name}" type="revolute"><parent link="{parent}"/><child link="{child}"/>'
        f'<origin xyz="{x} 0 0"/><axis xyz="{axis}"/>'
        '<limit lower="-2" upper="2" effort="1" velocity="1"/></joint>'
        for name, parent, child, x, axis in (
            ("pan", "base_link", "upper", 0.0, "0 0 1"),
            ("lift", "upper", "lower", 0.0, "0 1 0"),
            ("elbow", "lower", "tool0", 0.3, "0 1 0"),
        )
    )
    return f'<robot name="arm">{links}{joints}</robot>'


MAP = """
model: MODEL
targets:
  right_wrist: {joint: right_wrist, origin: right_shoulder, body: tool0, robot_origin: lower,
                chain: [lower, tool0]}
"""
VISUAL = "package://ur_description/meshes/ur5e/visual/base.dae"
COLLISION = "package://ur_description/meshes/ur5e/collision/base.stl"


def stl(size=0.1):
    """A tetrahedron as binary STL."""
    corners = size * np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    faces = [(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)]
    body = b"".join(
        struct.pack("<3f", 0, 0, 0) + corners[list(face)].tobytes() + struct.pack("<H", 0) for face in faces
    )
    return bytes(80) + struct.pack("<I", len(faces)) + body


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Writes a model, and its map with lines added; loads it as the gate does."""
    monkeypatch.delenv("AMENT_PREFIX_PATH", raising=False)

    def load(model, added="", name="arm.urdf", where=""):
        path = tmp_path / where / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(model, encoding="utf-8")
        (tmp_path / "map.yaml").write_text(MAP.replace("MODEL", f"{where}/{name}".lstrip("/")) + added)
        return load_retargeter(str(tmp_path / "map.yaml"))

    return load


def put(path, content=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(stl() if content is None else content)


def all_shapes(tmp_path, name="arm.urdf"):
    return load_model_file(tmp_path / name, Shapes.ALL)


# -- meshes


def test_meshes_of_an_unknown_package_are_left_out_and_each_is_told_once(load):
    robot = load(urdf(VISUAL, COLLISION))
    assert robot.joint_names == ("pan", "lift", "elbow")
    (note,) = robot.notes
    assert note.count(VISUAL) == note.count(COLLISION) == 1
    assert "package ur_description is not found: source its workspace" in note


def test_packages_are_found_by_the_ament_index(load, tmp_path, monkeypatch):
    put(tmp_path / "ws/install/share/ur_description/meshes/ur5e/collision/base.stl")
    monkeypatch.setenv("AMENT_PREFIX_PATH", os.pathsep.join(["/opt/ros/none", str(tmp_path / "ws/install")]))
    robot = load(urdf(VISUAL, COLLISION))
    (note,) = robot.notes
    assert VISUAL in note and "no such file" in note and COLLISION not in note
    loaded = all_shapes(tmp_path)
    assert loaded.model.nmesh == 1 and loaded.lost == {}
    assert loaded.model.geom_bodyid.tolist() == [loaded.model.body(n).id for n in ("base_link", "upper")]


@pytest.mark.parametrize("where", ["ur_description/urdf", "src/robot/urdf"])
def test_packages_are_found_around_the_model(load, tmp_path, where):
    put(
        tmp_path
        / ("src/" if where.startswith("src") else "")
        / "ur_description/meshes/ur5e/collision/base.stl"
    )
    assert load(urdf("", COLLISION), where=where).notes == ()


@pytest.mark.parametrize(
    "uri, file",
    [
        ("file://FOLDER/base.stl", "base.stl"),
        ("meshes/base.stl", "meshes/base.stl"),
        ("FOLDER/base.stl", "base.stl"),
        ("~/base.stl", "base.stl"),
        ("file://~/base.stl", "base.stl"),
        ("meshes/BASE.STL", "meshes/BASE.STL"),
        (
            "package://nobody/meshes/base.stl",
            "base.stl",
        ),  # as MuJoCo reads URDF: the name alone, beside the file
    ],
)
def test_other_ways_to_name_a_file(load, tmp_path, monkeypatch, uri, file):
    monkeypatch.setenv("HOME", str(tmp_path))
    put(tmp_path / file)
    load(urdf("", uri.replace("FOLDER", str(tmp_path))))
    assert all_shapes(tmp_path).model.nmesh == 1


def test_files_of_the_same_name_in_two_folders_are_two(load, tmp_path):
    put(tmp_path / "visual/base.stl")
    put(tmp_path / "collision/base.stl", stl(0.2))
    load(urdf("visual/base.stl", "collision/base.stl"))
    assert all_shapes(tmp_path).model.nmesh == 2


@pytest.mark.parametrize(
    "name, content, words",
    [
        ("base.dae", b"<COLLADA/>", "MuJoCo reads STL, OBJ and MSH, not .dae: convert it"),
        ("base.stl", b"solid ascii\nendsolid", "MuJoCo cannot read it"),
        ("base.stl", b"", "MuJoCo cannot read it"),
        ("base.obj", b"v 0 0 0\n", "MuJoCo cannot read it"),
    ],
)
def test_meshes_that_mujoco_cannot_read_are_left_out_and_told(load, tmp_path, name, content, words):
    put(tmp_path / name, content)
    put(tmp_path / "good.stl")
    load(urdf("good.stl", name))
    loaded = all_shapes(tmp_path)
    (note,) = loaded.notes
    assert words in note and name in note and "good.stl" not in note
    assert loaded.model.nmesh == 1
    assert set(loaded.lost) == {"base_link", "upper"}


def test_web_addresses_are_not_fetched(load):
    (note,) = load(urdf("", "https://example.org/base.stl")).notes
    assert "https:// is not read: give a file of this machine" in note


def test_a_pair_needs_its_mesh(load, tmp_path):
    pair = "self_collision: {minimum_distance: 0.02, pairs: [[base_link, tool0]]}"
    model = urdf("", "base.stl").replace(
        '<link name="tool0">',
        '<link name="tool0"><collision><geometry><sphere radius="0.05"/></geometry></collision>',
    )
    with pytest.raises(
        RobotError, match=r"pairs: base_link needs a mesh that was left out: base.stl \(no such file\); give"
    ):
        load(model, pair)
    put(tmp_path / "base.stl")
    robot = load(model, pair)
    goal = robot.poses(np.array([0.0, 0.0, 0.0]))
    goal.positions[:] = 0.0  # into the base
    for _ in range(100):
        joints, _ = robot.solve(goal.positions, goal.orientations, 0.01)
    assert np.linalg.norm(robot.poses(joints).positions) > 0.05


def test_what_nothing_needs_is_not_read(load, tmp_path):
    """Kinematics need no mesh, so that one that is broken is no trouble."""
    put(tmp_path / "base.stl", b"broken")
    assert load(urdf("", "base.stl")).notes == ()


def test_links_without_mass_do(load):
    assert load(urdf("", "", inertial="")).joint_names == ("pan", "lift", "elbow")


MJCF = """<mujoco>
  <compiler meshdir="assets" texturedir="pictures"/>
  <default><default class="seen"><geom type="mesh" contype="0" conaffinity="0"/></default>
    <default class="solid"><geom type="mesh" group="3"/></default></default>
  <asset><mesh name="hull" file="hull.stl"/><mesh file="paint.obj"/><texture type="2d" name="t" file="t.png"/>
    <material name="m" texture="t"/></asset>
  <worldbody><body name="lower"><joint name="turn" axis="0 0 1"/>
    <geom class="seen" mesh="paint" material="m"/>
    <geom size="0.01"/>
    <body name="tool0" pos="0.3 0 0"><joint name="lift" axis="0 1 0"/>
      <geom name="skin" class="solid" mesh="hull"/>
      <geom class="seen" mesh="hull"/></body></body></worldbody>
  <contact><pair geom1="skin" geom2="skin"/></contact>
  <sensor><framepos objtype="geom" objname="skin"/></sensor>
</mujoco>"""


def test_an_mjcf_without_its_meshes(load, tmp_path):
    robot = load(MJCF, name="arm.xml")
    assert robot.joint_names == ("turn", "lift")
    (note,) = robot.notes
    assert note.count("hull.stl") == note.count("paint.obj") == 1 and "t.png" not in note, "nobody looks"
    loaded = all_shapes(tmp_path, "arm.xml")
    assert set(loaded.lost) == {"tool0", "skin"}, "what is only seen is no loss to anybody's safety"
    assert loaded.model.ngeom == 1
    assert "t.png" in loaded.notes[0]


def test_an_mjcf_with_its_meshes(load, tmp_path):
    put(tmp_path / "assets/hull.stl")
    load(MJCF, name="arm.xml")
    loaded = all_shapes(tmp_path, "arm.xml")
    assert (loaded.model.nmesh, loaded.model.ngeom) == (1, 3)
    assert loaded.model.mesh("hull").id == 0
    assert load_model_file(tmp_path / "arm.xml", Shapes.NONE).model.nmesh == 0


# -- bases that are free, and keyframes


FREE = """<mujoco><default><joint type="slide"/><default class="free"><joint type="free"/></default></default>
  <worldbody><body name="crate"><JOINT/><geom size="0.1"/></body>
    <body name="pelvis" pos="0 0 0.8"><freejoint name="root"/><geom size="0.1"/>
      <body name="tool0"><joint name="turn" type="hinge" axis="0 0 1"/>
        <joint name="up" axis="0 0 1" range="-1 1"/>
        <geom size="0.1"/><site name="lower"/></body></body></worldbody>
  <actuator><position joint="turn"/></actuator>
  <keyframe><key name="home" qpos="CRATE 1 2 3 1 0 0 0 0.5 0.25" 
    qvel="SPEEDS 1 2 3 4 5 6 7 8" ctrl="0.1"/></keyframe>
</mujoco>"""


@pytest.mark.parametrize(
    "joint, crate, speeds, left",
    [
        ('joint class="free"', "9 9 9 1 0 0 0", "9 9 9 9 9 9", []),
        ('joint type="ball"', "0 1 0 0", "9 9 9", [0, 1, 0, 0]),
        ("joint", "0.75", "9", [0.75]),
    ],
)
def test_a_free_base_is_held_and_keyframes_are_trimmed(load, tmp_path, joint, crate, speeds, left):
    model = FREE.replace("JOINT", joint).replace("CRATE", crate).replace("SPEEDS", speeds)
    robot = load(model, added="keyframe: home", name="arm.xml")
    assert robot.joint_names == ("turn", "up")
    assert robot.home.tolist() == [0.5, 0.25]
    assert robot.poses(robot.home).positions[0] == pytest.approx([0.0, 0.0, 1.05])
    found = all_shapes(tmp_path, "arm.xml").model
    assert found.key_qpos.tolist() == [[*left, 0.5, 0.25]]
    assert found.key_qvel[0, -2:].tolist() == [7.0, 8.0]
    assert found.key_ctrl.tolist() == [[0.1]]


def test_a_floating_urdf_is_held(load):
    model = urdf("", "").replace('name="pan" type="revolute"', 'name="pan" type="floating"')
    assert load(model).joint_names == ("lift", "elbow")


def test_a_continuous_joint_has_no_ends_whatever_its_limits_say(load):
    model = urdf("", "").replace('name="pan" type="revolute"', 'name="pan" type="continuous"')
    robot = load(model.replace('lower="-2" upper="2"', 'lower="0" upper="0"', 1))
    assert (robot.lower[0], robot.upper[0]) == (-np.inf, np.inf)
    assert np.isfinite(robot.lower[1:]).all()


# -- what is no robot


def test_included_files(load, tmp_path):
    body = '<body name="lower"><joint name="turn"/><geom size="0.1"/><include file="parts/hand.xml"/></body>'
    put(tmp_path / "parts/hand.xml", b'<mujocoinclude><include file="tip.xml"/></mujocoinclude>')
    tip = b'<mujocoinclude><body name="tool0"><geom size="0.1"/></body></mujocoinclude>'
    put(tmp_path / "parts/tip.xml", tip)
    model = f"<mujoco><worldbody>{body}</worldbody></mujoco>"
    assert load(model, name="arm.xml").joint_names == ("turn",)
    put(tmp_path / "parts/tip.xml", b'<mujocoinclude><include file="parts/hand.xml"/></mujocoinclude>')
    with pytest.raises(RobotError, match="in a circle"):
        load(model, name="arm.xml")
    (tmp_path / "parts/tip.xml").unlink()
    with pytest.raises(RobotError, match=r"it includes tip.xml, which does not exist"):
        load(model, name="arm.xml")


LAUGHS = (
    '<!DOCTYPE robot [<!ENTITY a "' + 100 * "ha" + '">'
    + "".join(f'<!ENTITY {b} "{100 * f"&{a};"}">' for a, b in zip("abcd", "bcde", strict=True))
    + "]><robot>&e;</robot>"
)  # fmt: skip


@pytest.mark.parametrize(
    "content, words",
    [
        (LAUGHS.encode(), "it declares a document type"),
        (b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><robot>&x;</robot>', "a document type"),
        (b"<robot>" + 1000 * b"<link>" + 1000 * b"</link>" + b"</robot>", "nested more than 400 deep"),
        (b"<robot>\xff</robot>", "it is not UTF-8 text"),
        (b"<robot><link></robot>", "no XML of a robot: mismatched tag: line 1"),
        (b"<sdf/>", "its root is <sdf>; allowed: <robot> of a URDF, <mujoco> of an MJCF"),
        (b"", "no XML of a robot"),
        (b"<robot>" + b"<!-- " + 33 * 2**20 * b"x" + b" --></robot>", "it has 33 MiB; allowed: 32"),
    ],
    ids=["entities", "external", "deep", "bytes", "syntax", "sdf", "empty", "large"],
)
def test_what_is_no_robot_is_refused_in_words(tmp_path, content, words):
    put(tmp_path / "arm.urdf", content)
    with pytest.raises(RobotError, match=words) as caught:
        load_model_file(tmp_path / "arm.urdf", Shapes.NONE)
    assert len(str(caught.value)) < 500 + len(str(tmp_path))


@pytest.mark.parametrize("name", ["arm.urdf", "arm.xml", "arm.yaml"])
def test_no_error_shows_the_whole_file(tmp_path, name):
    """A model given for a map, and a model in one line that MuJoCo does not take."""
    text = urdf("", "") + f"<!-- {20_000 * 'long '} -->"
    path = tmp_path / name
    path.write_text(text if name != "arm.yaml" else repr(text))
    with pytest.raises(RobotError) as caught:
        load_map(str(path))
    assert len(str(caught.value)) < 400 + len(str(path))
    assert "YAML file of a map" in str(caught.value) or "expected a mapping" in str(caught.value)
    broken = text.replace('type="revolute"', f'type="{5000 * "x"}"')
    path.write_text(broken)
    with pytest.raises(RobotError) as caught:
        load_model_file(path, Shapes.NONE)
    assert len(str(caught.value)) < 400 + len(str(path))


@pytest.mark.parametrize(
    "model", ["~/models/arm.urdf", "file://FOLDER/models/arm.urdf", "package://my_robot/arm.urdf"]
)
def test_the_map_names_its_model_in_every_way(tmp_path, monkeypatch, model):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path / "ws"))
    for folder in ("models", "ws/share/my_robot"):
        put(tmp_path / folder / "arm.urdf", urdf("", "").encode())
    path = tmp_path / "maps" / "map.yaml"
    put(path, MAP.replace("MODEL", model.replace("FOLDER", str(tmp_path))).encode())
    assert load_retargeter("~/maps/map.yaml").joint_names == ("pan", "lift", "elbow")


# -- xacro


XACRO = '<robot xmlns:xacro="http://ros.org/wiki/xacro" name="a"><xacro:property name="x" value="1"/></robot>'


@pytest.mark.parametrize("name", ["arm.urdf.xacro", "arm.urdf"])
def test_xacro_that_is_not_installed_is_said_with_the_next_step(load, monkeypatch, name):
    monkeypatch.setattr(xml_source.shutil, "which", lambda _: None)
    monkeypatch.setattr(xml_source.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(
        MissingDependencyError, match=rf"apt install ros-\$ROS_DISTRO-xacro .*xacro {name} > robot.urdf"
    ):
        load(XACRO, name=name)


@pytest.fixture
def xacro(tmp_path, monkeypatch):
    """Puts a program called xacro into PATH, with these lines."""

    def xacro(*lines):
        path = tmp_path / "bin" / "xacro"
        put(path, "\n".join(("#!/bin/sh", *lines)).encode())
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")

    return xacro


def test_xacro_is_run(load, tmp_path, xacro):
    put(tmp_path / "made.urdf", urdf("", "").encode())
    xacro(f'case "$1" in *arm.urdf.xacro) cat {tmp_path}/made.urdf;; *) exit 3;; esac')
    assert load(XACRO, name="arm.urdf.xacro").joint_names == ("pan", "lift", "elbow")


def test_xacro_that_fails_is_quoted(load, xacro):
    xacro("echo 'resource not found: ur_description' >&2", "exit 2")
    with pytest.raises(RobotError, match="xacro fails: resource not found: ur_description; try: xacro "):
        load(XACRO, name="arm.urdf.xacro")


# -- makers' own files


MAKERS = {
    "aloha/aloha.xml": 16,
    "booster_t1/t1.xml": 23,
    "franka_panda/panda.xml": 9,
    "franka_panda/panda_nohand.xml": 7,
    "franka_panda_urdf/panda.urdf": 9,
    "kinova_gen3/gen3.xml": 7,
    "openarm/openarm_bimanual.xml": 18,
    "openarm_v1/openarm_bimanual.xml": 18,
    "so101/so101.xml": 6,
    "so101_urdf/so101_new_calib.urdf": 6,
    "unitree_g1/g1.xml": 29,
    "unitree_g1/g1_with_hands.xml": 43,
    "unitree_g1_motors/g1_29dof.xml": 29,
    "unitree_g1_urdf/g1_custom_collision_29dof.urdf": 29,
    "unitree_h1/h1.xml": 19,
    "ur5e/ur5e.xml": 6,
    "xarm7/xarm7.xml": 13,
    "xarm7/xarm7_nohand.xml": 7,
}
"""Joints of each, without those of a free base."""

needs_shared = pytest.mark.skipif(
    not (SHARED / "robots/models").is_dir(),
    reason=f"makers' models are not there: {SHARED / 'robots/models'}",
)


@needs_shared
@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("shapes", Shapes)
def test_makers_files_load_as_they_are(name, shapes):
    loaded = load_model_file(SHARED / "robots/models" / name, shapes)
    assert loaded.model.njnt == MAKERS[name]
    assert loaded.model.nv == MAKERS[name], "hinges and slides alone: the base is held"
    assert all(loaded.model.joint(j).name for j in range(loaded.model.njnt))


@needs_shared
def test_each_makers_folder_is_tried():
    assert {name.partition("/")[0] for name in MAKERS} == {
        path.name for path in (SHARED / "robots/models").iterdir() if path.is_dir()
    }


MAPS = {
    "ur5e_d": ("ur5e/ur5e.xml", 6),
    "xarm7_d": ("xarm7/xarm7.xml", 7),
    "panda_d": ("franka_panda/panda.xml", 7),
    "gen3_d": ("kinova_gen3/gen3.xml", 7),
    "so101_d": ("so101/so101.xml", 5),
    "openarm_d": ("openarm/openarm_bimanual.xml", 14),
    "g1": ("unitree_g1/g1.xml", 17),
    "g1_hands": ("unitree_g1/g1_with_hands.xml", 17),
}
"""Maps that name nothing but what their maker's file has, and how many joints they command."""


@needs_shared
@pytest.mark.parametrize("name", MAPS)
def test_maps_command_the_arm_alone(tmp_path, name):
    """No finger, no leg; and a small step of the hand is taken."""
    model, joints = MAPS[name]
    text = (SHARED / "robots/maps" / f"{name}.yaml").read_text()
    text = re.sub("^model: .*$", f"model: {SHARED / 'robots/models' / model}", text, flags=re.MULTILINE)
    (tmp_path / "map.yaml").write_text(text)
    robot = load_retargeter(str(tmp_path / "map.yaml"))
    assert len(robot.joint_names) == joints
    assert not [n for n in robot.joint_names if re.search("finger|gripper|hip|knee|ankle|thumb", n)]
    poses = robot.poses(robot.home)
    poses.positions[:, 2] += 0.02
    before = robot.distances(poses.positions)[0]
    for _ in range(200):
        robot.solve(poses.positions, poses.orientations, 0.01)
    assert robot.distances(poses.positions)[0] < 0.75 * before


@needs_shared
def test_the_cases_that_users_reported(tmp_path):
    cases = SHARED / "cases"
    robot = load_retargeter(str(cases / "mesh_urdf/pkg_dae_stl.yaml"))
    assert robot.joint_names == ("pan", "lift", "elbow") and "ur5e/visual/base.dae" in robot.notes[0]
    mobile = load_retargeter(str(cases / "mobile_gripper/map.yaml"))
    assert mobile.joint_names == ("shoulder_pan_joint", "shoulder_lift_joint", "elbow_joint", "wrist_joint")
    with pytest.raises(MocapError, match=r"xacro|nothing moves|it has no"):
        load_retargeter(str(cases / "mesh_urdf/xacro.yaml"))


# -- what comes over a topic


def test_a_model_that_is_no_file_finds_the_meshes_of_packages(tmp_path, monkeypatch):
    put(tmp_path / "share/robot_pkg/meshes/a.stl")
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    text = urdf("package://robot_pkg/meshes/a.stl", "")
    loaded = load_model_file(ReceivedModel("topic /robot_description", text), Shapes.ALL)
    assert loaded.model.nmesh == 1
    assert loaded.notes == ()


@pytest.mark.parametrize(
    "text, said",
    [
        (
            '<robot xmlns:xacro="http://www.ros.org/wiki/xacro"><xacro:x/></robot>',
            "is xacro; publish",
        ),
        ("<robot" + 5000 * "x", "no XML of a robot"),
        ("<sdf/>", "its root is <sdf>"),
    ],
)
def test_what_comes_over_a_topic_and_is_no_model(text, said):
    with pytest.raises(RobotError, match=f"topic /x: .*{said}") as error:
        load_model_file(ReceivedModel("topic /x", text), Shapes.NONE)
    assert len(str(error.value)) < 500
    assert len(repr(ReceivedModel("topic /x", text))) < 100
