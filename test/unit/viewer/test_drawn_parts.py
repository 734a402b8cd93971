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

"""What is drawn of a robot's model, and in which color."""

import struct

import numpy as np
import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
pytest.importorskip("trimesh", reason="viser is not installed: pip install 'frankmocap_ros[viewer]'")

from frankmocap_ros.teleop.robot_model.loader import load_model_file
from frankmocap_ros.teleop.robot_model.model_source import ReceivedModel
from frankmocap_ros.teleop.robot_model.resources import Shapes
from frankmocap_ros.viewer.drawn_parts import parts_of, shown_geoms
from frankmocap_ros.viewer.link_capsules import link_capsules
from frankmocap_ros.viewer.robot_meshes import drawable_parts


def loaded(text):
    return load_model_file(ReceivedModel("some", text), Shapes.ALL)


def mjcf(geoms, assets="", more=""):
    return loaded(
        f'<mujoco><asset>{assets}</asset><worldbody><body name="a"><joint name="j" axis="0 0 1"/>'
        f'<inertial pos="0 0 0.1" mass="1" diaginertia="1 1 1"/>{geoms}'
        f'<body name="b" pos="0 0 0.4"><inertial pos="0.05 0 0" mass="1" diaginertia="1 1 1"/>{more}</body>'
        "</body></worldbody></mujoco>"
    )


def sizes(model):
    """Extent of what is shown of body a along x."""
    return sorted(
        round(float(np.ptp(part.vertices[:, 0])), 3)
        for part in parts_of(model, shown_geoms(model), {})
        if part.body == 1
    )


BOX = '<geom type="box" size="{0} 0.1 0.1" {1}/>'
SEEN, SOLID = BOX.format(0.1, 'contype="0" conaffinity="0" group="{}"'), BOX.format(0.2, 'group="{}"')


@pytest.mark.parametrize(
    "geoms, shown",
    [
        (SEEN.format(2) + SOLID.format(3), [0.2]),  # as mujoco_menagerie has them
        (SEEN.format(1) + SOLID.format(0), [0.2]),  # as makers' files have them
        (SEEN.format(0) + SOLID.format(0), [0.2]),
        (SOLID.format(0), [0.4]),  # one for both
        (SOLID.format(3), [0.4]),  # nothing else there
        (SEEN.format(2) + BOX.format(0.3, 'contype="0" conaffinity="0" group="3"'), [0.2]),
        (SEEN.format(2) + BOX.format(0.3, 'contype="0" conaffinity="0" rgba="1 1 1 0"'), [0.2]),
    ],
)
def test_what_is_made_to_be_seen_is_drawn_alone(geoms, shown):
    assert sizes(mjcf(geoms)) == shown


def test_what_can_touch_is_not_drawn_beside_visual_bodies():
    """A foot's contact spheres are no part of its looks."""
    model = mjcf(SEEN.format(1), more='<geom size="0.01" group="0"/>')
    assert list(shown_geoms(model)) == [1]


def test_what_lost_its_visual_mesh_is_drawn_as_it_collides():
    urdf = (
        '<robot name="r"><link name="base"><visual><geometry><mesh filename="a.dae"/></geometry></visual>'
        '<collision><geometry><box size="0.3 0.1 0.1"/></geometry></collision></link></robot>'
    )
    model = loaded(urdf)
    assert model.notes
    assert [np.ptp(part.vertices[:, 0]) for part in drawable_parts(model)] == [pytest.approx(0.3)]


def test_what_is_left_of_a_link_that_lost_its_mesh_does_not_stand_for_it():
    lost = '<geom type="mesh" mesh="m" contype="0" conaffinity="0"/><geom size="0.01"/>'
    model = mjcf(lost, '<mesh name="m" file="not_there.stl"/>')
    assert model.notes
    lengths = [
        round(float(np.ptp(part.vertices[:, 2])), 2) for part in drawable_parts(model) if part.body == 1
    ]
    assert lengths == [0.02, 0.46]


def test_a_urdf_shows_visual_and_not_collision_in_its_own_colors():
    """Colors are of the link, or of the robot under a name."""

    def link(name, material):
        return (
            f'<link name="{name}"><inertial><mass value="1"/>'
            '<inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial>'
            f'<visual><geometry><box size="0.3 0.1 0.1"/></geometry>{material}</visual>'
            '<collision><geometry><sphere radius="0.5"/></geometry></collision></link>'
        )

    model = loaded(
        '<robot name="r"><material name="blue"><color rgba="0 0.2 0.8 1"/></material>'
        + link("a", '<material name="blue"/>')
        + link("b", '<material name="red"><color rgba="1 0 0 0.5"/></material>')
        + '<joint name="j" type="revolute"><parent link="a"/><child link="b"/><axis xyz="0 0 1"/>'
        '<limit lower="-1" upper="1" effort="1" velocity="1"/></joint></robot>'
    )
    parts = parts_of(model, shown_geoms(model), {})
    assert [np.ptp(part.vertices, axis=0).tolist() for part in parts] == [pytest.approx([0.3, 0.1, 0.1])] * 2
    assert [part.rgba for part in parts] == [pytest.approx((0, 0.2, 0.8, 1)), pytest.approx((1, 0, 0, 0.5))]


@pytest.mark.parametrize(
    "attributes, rgba",
    [
        ('rgba="0.1 0.2 0.3 1"', (0.1, 0.2, 0.3, 1)),
        ('material="plain"', (0.9, 0.1, 0.1, 1)),
        ('material="plain" rgba="0.1 0.2 0.3 1"', (0.1, 0.2, 0.3, 1)),
        ('material="painted"', (0.5, 0.25, 0.0, 1)),
    ],
)
def test_colors(attributes, rgba):
    assets = (
        '<texture name="t" type="2d" builtin="flat" rgb1="1 0.5 0" width="8" height="8"/>'
        '<material name="plain" rgba="0.9 0.1 0.1 1"/>'
        '<material name="painted" texture="t" rgba="0.5 0.5 0.5 1"/>'
    )
    model = mjcf(BOX.format(0.1, attributes), assets)
    (part,) = parts_of(model, shown_geoms(model), {})
    assert part.rgba == pytest.approx(rgba, abs=0.01)


def test_a_body_of_two_colors_is_two_parts_and_of_one_color_one():
    red, blue = 'rgba="1 0 0 1"', 'rgba="0 0 1 1"'
    model = mjcf(BOX.format(0.1, red) + BOX.format(0.2, blue) + BOX.format(0.3, red))
    parts = parts_of(model, shown_geoms(model), {})
    assert [len(part.faces) for part in parts] == [24, 12]
    for part in parts:
        assert part.faces.min() == 0
        assert part.faces.max() == len(part.vertices) - 1


@pytest.mark.parametrize(
    "kind, size, extent",
    [
        ("sphere", "0.1", (0.2, 0.2, 0.2)),
        ("capsule", "0.1 0.3", (0.2, 0.2, 0.8)),
        ("cylinder", "0.1 0.3", (0.2, 0.2, 0.6)),
        ("ellipsoid", "0.1 0.2 0.3", (0.2, 0.4, 0.6)),
    ],
)
def test_simple_shapes(kind, size, extent):
    model = mjcf(f'<geom type="{kind}" size="{size}" pos="1 2 3"/>')
    (part,) = parts_of(model, shown_geoms(model), {})
    assert np.ptp(part.vertices, axis=0) == pytest.approx(extent, rel=0.05)
    assert part.vertices.mean(axis=0) == pytest.approx((1, 2, 3), abs=0.02)


def test_links_without_shapes_are_capsules_up_to_the_last():
    parts = link_capsules(mjcf("").model, {1, 2})
    assert [part.body for part in parts] == [1, 2]
    link, end = (np.ptp(part.vertices, axis=0) for part in parts)
    assert link == pytest.approx((0.06, 0.06, 0.46), abs=0.01)  # to the next
    assert end == pytest.approx((0.12, 0.02, 0.02), abs=0.01)  # twice as far as its mass
    for direction in ((0, 0, -1), (1, 0, 0), (0.6, -0.8, 0)):
        model = mjcf("").model
        model.body_pos[2] = 0.4 * np.array(direction)
        far = link_capsules(model, {1})[0].vertices @ np.array(direction)
        assert (far.min(), far.max()) == pytest.approx((-0.03, 0.43), abs=1e-3)


def sheet(count):
    """Separate tetrahedra as binary STL."""
    corners = 0.001 * np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    faces = [(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)]
    body = b"".join(
        bytes(12) + (corners[list(face)] + np.float32(0.002 * i)).tobytes() + bytes(2)
        for i in range(count)
        for face in faces
    )
    return bytes(80) + struct.pack("<I", 4 * count) + body


def test_meshes_share_the_faces_that_may_be_drawn(tmp_path, monkeypatch):
    monkeypatch.setenv("FRANKMOCAP_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "a.stl").write_bytes(sheet(1000))
    monkeypatch.chdir(tmp_path)
    mesh = '<geom type="mesh" mesh="m" contype="0" conaffinity="0"/>'
    model = mjcf(mesh, '<mesh name="m" file="a.stl"/>', more=mesh)
    assert sum(len(part.faces) for part in drawable_parts(model)) == 8000
    parts = drawable_parts(model, most=2000)
    assert 1000 < sum(len(part.faces) for part in parts) <= 2000
    assert [part.body for part in parts] == [1, 2]
