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

"""The model of a person for REP 155: its angles and sizes give the body's joints back."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frankmocap_ros.body.kinematics import forward_kinematics
from frankmocap_ros.body.pose import JointState
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS
from frankmocap_ros.export.rep155_model import ARM_HINGES, HUMAN, ROOT, HumanModel, hips_frame, part_sizes
from frankmocap_ros.export.rep155_urdf import LIMB_COLORS_RGBA, human_urdf
from frankmocap_ros.geometry.rotation import normalize, quat_from_rotvec, quat_to_matrix
from frankmocap_ros.synthetic.human import PERIOD_S, scene
from support.bodies import body_of, plain_body

N = len(BODY)
FIGURE = scene("wave", 3.0)[0]
HINGES = [hinge.name for part in HUMAN for hinge in part.hinges]
FORWARD_FROM_SMPL = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])  # x front, y left, z up
HANDS_DOWN = {"left": np.array([[1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]]),
              "right": np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])}  # fmt: skip


def body_at(positions, orientations):
    return plain_body(positions=positions[:N].copy(), orientations_xyzw=orientations[:N].copy())


def figure(motion="wave", time_s=3.0, **changes):
    return body_of(scene(motion, time_s)[0], BODY, **changes)


def without(*names):
    states = np.full(N, JointState.TRACKED, np.uint8)
    states[[BODY.index[name] for name in names]] = JointState.INVALID
    return states


def shown(human, body, angles, links_of):
    """Where the links of a person's URDF are, by the link's name without the id."""
    hips = hips_frame(body)
    root = (hips.translation, quat_to_matrix(hips.rotation_xyzw))
    named = {f"{name}_p1": angle for name, angle in angles.items()}
    links = links_of(ET.fromstring(human_urdf("p1", human.sizes)), root, named)
    return {name.removesuffix("_p1"): link for name, link in links.items()}


def assert_same(human, body, angles, links_of):
    """Every joint within a centimeter; what turns about all axes as the body has it."""
    links = shown(human, body, angles, links_of)
    smpl = quat_to_matrix(body.orientations_xyzw)
    for part in HUMAN:
        row = BODY.index[part.joint]
        position, rotation = links[part.link]
        np.testing.assert_allclose(position, body.positions[row], atol=0.01, err_msg=part.link)
        side, _, name = part.joint.partition("_")
        if name in ("wrist", "hand"):
            expected = smpl[BODY.index[f"{side}_wrist"]] @ (HANDS_DOWN[side] @ FORWARD_FROM_SMPL).T
        elif name in ("shoulder", "elbow", "foot"):
            continue
        else:
            expected = smpl[row] @ FORWARD_FROM_SMPL.T
        np.testing.assert_allclose(rotation, expected, atol=0.03, err_msg=part.link)


@pytest.mark.parametrize("motion", ["wave", "walk_out"])
def test_the_figure_moves_as_it_does(motion, links_of):
    human = HumanModel()
    for time_s in np.arange(0.0, PERIOD_S[motion], 0.2):
        body = figure(motion, time_s)
        human.observe(body, time_s)
        angles = human.angles(body)
        assert sorted(angles) == sorted(HINGES)
        assert_same(human, body, angles, links_of)


@given(st.integers(0, 2**32 - 1))
def test_any_posture_comes_back(links_of, seed):
    """Also of somebody who lies or hangs, and whose joints turn as no person's do."""
    rng = np.random.default_rng(seed)
    local = quat_from_rotvec(rng.uniform(-0.8, 0.8, (len(BODY_WITH_HANDS), 3)))
    local[0] = normalize(rng.normal(size=4))
    offsets = FIGURE.offsets * rng.uniform(0.7, 1.3, (len(FIGURE.offsets), 1))
    positions, orientations = forward_kinematics(BODY_WITH_HANDS, rng.normal(size=3), local, offsets)
    human, body = HumanModel(), body_at(positions, orientations)
    human.observe(body, 0.0)
    assert_same(human, body, human.angles(body), links_of)


def test_upright_the_root_has_x_forward_and_z_to_the_head():
    body = figure("stall", 0.0)
    hips = hips_frame(body)
    x, _, z = quat_to_matrix(hips.rotation_xyzw).T
    np.testing.assert_allclose(x, [0.0, 0.0, -1.0], atol=0.1)  # into the camera
    up = normalize(body.positions[BODY.index["head"]] - hips.translation)
    assert z @ up > 0.99
    rows = [BODY.index["left_hip"], BODY.index["right_hip"]]
    np.testing.assert_allclose(hips.translation, body.positions[rows].mean(axis=0))


@pytest.mark.parametrize(
    "changes",
    [
        {"states": without("left_hip")},
        {"states": without("right_hip")},
        {"states": without("pelvis")},
        {"orientation_confidence": np.zeros(N)},
        {"has_3d": False},
        {"has_orientation": False},
    ],
    ids=str,
)
def test_hips_that_are_not_known_have_no_frame(changes):
    assert hips_frame(figure(**changes)) is None


def test_only_what_is_known_has_angles():
    angles = HumanModel().angles(figure(states=without("left_wrist", "right_knee")))
    gone = set(HINGES) - set(angles)
    knees = {f"r_{n}" for n in ("y_knee", "r_knee", "knee", "y_ankle", "r_ankle", "p_ankle")}
    assert gone == knees | {hinge for arm, hinge in ARM_HINGES.items() if arm.startswith("left")}
    assert HumanModel().angles(figure(has_orientation=False)) == {}
    assert HumanModel().angles(figure(states=np.zeros(N, np.uint8))) == {}


def test_sizes_of_what_was_never_seen_are_usual_ones():
    """A tall person behind a desk has long legs."""
    one = scene("stall", 0.0)[0]
    tall = body_of(one, BODY, positions=1.2 * one.positions[:N], states=without("left_knee", "right_knee"))
    human = HumanModel()
    human.observe(tall, 0.0)
    np.testing.assert_allclose(human.sizes, 1.2 * part_sizes(one.positions, one.orientations_xyzw), atol=0.01)


def test_the_model_changes_seldom():
    """Not for noise, not more than once a second, and for another size."""
    rng, human, told = np.random.default_rng(0), HumanModel(), []
    for k in range(120):
        body = figure("stall", 0.0)
        scale = 1.0 if k < 60 else 1.1
        noise = rng.normal(0.0, 1e-3, (N, 3))
        human.observe(replace(body, positions=scale * body.positions + noise), k / 30)
        if not told or told[-1] is not human.sizes:
            told.append(human.sizes)
    assert 2 <= len(told) <= 4
    np.testing.assert_allclose(told[-1], 1.1 * told[0], atol=0.01)


def test_the_urdf_is_a_tree_with_names_of_rep_155():
    urdf = ET.fromstring(human_urdf("left_p12", part_sizes(FIGURE.positions, FIGURE.orientations_xyzw)))
    joints = urdf.findall("joint")
    links = [link.get("name") for link in urdf.findall("link")]
    children = [joint.find("child").get("link") for joint in joints]
    assert len(set(links)) == len(links) and len({j.get("name") for j in joints}) == len(joints)
    assert sorted([*children, f"{ROOT}_left_p12"]) == sorted(links)
    assert all(name.endswith("_left_p12") for name in links)
    named = {j.get("name").removesuffix("_left_p12") for j in joints}
    limbs = ("y_shoulder", "p_shoulder", "r_shoulder", "elbow", "y_hip", "p_hip", "r_hip", "knee")
    rep155 = {"waist", "r_head", "y_head", "p_head", *(f"{s}_{n}" for s in "lr" for n in limbs)}
    assert rep155 <= named
    ends = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    expected = {"waist", "torso", "head", *(f"{s}_{n}" for s in "lr" for n in ends)}
    assert expected <= {name.removesuffix("_left_p12") for name in links}


def test_every_bone_has_the_color_of_its_limb():
    """URDF's rules: a material is declared once in the robot, with a color, and named in each visual."""
    human = HumanModel()
    human.observe(figure(), 0.0)
    urdf = ET.fromstring(human_urdf("p1", human.sizes))
    declared = {m.get("name"): m.find("color").get("rgba") for m in urdf.findall("material")}
    assert declared == LIMB_COLORS_RGBA
    assert len(set(declared.values())) == len(declared)
    assert all(len(rgba.split()) == 4 for rgba in declared.values())
    limbs = {
        link.get("name").removesuffix("_p1"): {v.find("material").get("name") for v in link.findall("visual")}
        for link in urdf.findall("link")
    }
    assert limbs["body"] == {"torso", "left_leg", "right_leg"}
    assert limbs["torso"] == {"head", "left_arm", "right_arm"}
    for side in ("left", "right"):
        assert limbs[f"{side[0]}_elbow"] == {f"{side}_arm"}
        assert limbs[f"{side[0]}_ankle"] == {f"{side}_leg"}
    assert set().union(*limbs.values()) == set(declared)
