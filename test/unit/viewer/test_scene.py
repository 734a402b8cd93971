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

"""What is drawn of people and of a robot."""

import socket
import threading

import numpy as np
import pytest

from frankmocap_ros.body.drawing import COLORS_BGR
from frankmocap_ros.body.pose import Hand, JointState
from frankmocap_ros.body.skeleton import BODY, BODY_WITH_HANDS, HAND_BONES
from frankmocap_ros.errors import RobotError
from frankmocap_ros.viewer.people import SeenBody, bones, hand_bones, known_ellipsoids, known_joints
from frankmocap_ros.viewer.robot import DrawnRobot
from frankmocap_ros.viewer.scene import Scene, unit_sphere, wxyz
from frankmocap_ros.viewer.web import Web
from support.paths import SHARED
from support.waiting import wait_until


def seen(states, skeleton=BODY, hands=()):
    n = len(skeleton)
    return SeenBody(
        id=1,
        operator=True,
        estimator="some",
        skeleton=skeleton,
        positions=np.arange(3.0 * n).reshape(n, 3),
        orientations_xyzw=np.tile([0.1, 0.2, 0.3, 0.9], (n, 1)),
        states=np.full(n, states, np.uint8),
        stddev=np.tile((0.03, 0.1), (n, 1)),
        camera_position=np.zeros(3),
        hands=hands,
    )


def hand(side="left", state=JointState.TRACKED, at=5.0):
    return Hand(side, state, 0.9, at + np.arange(63.0).reshape(21, 3), np.array((0.0, 0.0, -1.0)))


def test_nobody_has_no_bones():
    ends, colors = bones([])
    assert ends.shape == colors.shape == (0, 2, 3)
    assert [part.shape for part in known_joints([])] == [(0, 3), (0, 4), (0, 3)]


def test_bones_of_what_is_known_in_the_color_of_the_less_sure_end():
    body = seen(JointState.TRACKED)
    body.states[BODY.index["left_wrist"]] = JointState.INVALID
    body.states[BODY.index["right_wrist"]] = JointState.HELD
    ends, colors = bones([body])
    assert len(ends) == len(BODY) - 1 - 2  # without the lost wrist's bone and that to its hand
    elbow, wrist = BODY.index["right_elbow"], BODY.index["right_wrist"]
    (row,) = [
        i
        for i, (a, b) in enumerate(ends)
        if (a == body.positions[elbow]).all() and (b == body.positions[wrist]).all()
    ]
    assert colors[row].tolist() == [list(COLORS_BGR[JointState.HELD][::-1])] * 2
    positions, turned, of_joints = known_joints([body])
    assert len(positions) == len(turned) == len(of_joints) == len(BODY) - 1


def test_a_body_without_joints_is_not_drawn():
    ends, _ = bones([seen(JointState.INVALID)])
    assert len(ends) == 0
    assert len(known_joints([seen(JointState.INVALID)])[0]) == 0


def test_hands_are_lines_in_the_color_of_their_state_and_pale_where_held():
    hands = (hand("left", JointState.PREDICTED), hand("right", JointState.HELD, 90.0))
    ends, colors = hand_bones([seen(JointState.TRACKED), seen(JointState.TRACKED, hands=hands)])
    assert ends.shape == colors.shape == (40, 2, 3)
    for shown, of in zip(ends.reshape(2, 20, 2, 3), hands, strict=True):
        np.testing.assert_array_equal(shown, of.points[np.array(HAND_BONES)])
    orange, red = (np.array(COLORS_BGR[of.state][::-1], int) for of in hands)
    assert (colors[:20] == orange).all()
    assert (colors[20:] > red).all() and (colors[20:] == colors[20]).all()
    assert [a for a, _ in HAND_BONES].count(0) == 5, "five fingers begin at the wrist"
    assert {b for _, b in HAND_BONES} == set(range(1, 21))


def test_a_hand_that_is_not_known_is_not_drawn():
    ends, colors = hand_bones([seen(JointState.TRACKED, hands=(Hand("left"), Hand("right")))])
    assert ends.shape == colors.shape == (0, 2, 3)


def test_fingers_are_drawn_once():
    """From the hands where there are some, whatever is known of the skeleton's finger joints."""
    without = seen(JointState.TRACKED, BODY_WITH_HANDS)
    with_hands = seen(JointState.TRACKED, BODY_WITH_HANDS, (hand(), Hand("right")))
    assert len(bones([without])[0]) == len(BODY_WITH_HANDS) - 1
    ends, _ = bones([with_hands])
    np.testing.assert_array_equal(ends, bones([seen(JointState.TRACKED)])[0])
    assert len(known_joints([without], fingers=False)[0]) == len(BODY_WITH_HANDS)
    assert len(known_joints([with_hands], fingers=False)[0]) == len(BODY)
    assert len(known_joints([with_hands])[0]) == len(BODY_WITH_HANDS), "axes are drawn of all"


def test_ellipsoids_of_what_is_known_in_the_colors_of_its_state():
    one, other = seen(JointState.TRACKED), seen(JointState.HELD)
    one.stddev[3] = np.nan
    one.states[4] = JointState.INVALID
    other.stddev[1:] = 0.0
    found, colors = known_ellipsoids([one, other])
    assert found.rows.tolist() == [0, 1, 2, *range(5, len(BODY)), 0]
    assert colors[0].tolist() == list(COLORS_BGR[JointState.TRACKED][::-1])
    assert colors[-1].tolist() == list(COLORS_BGR[JointState.HELD][::-1])
    none, no_colors = known_ellipsoids([])
    assert none.positions.shape == (0, 3) and no_colors.shape == (0, 3)


def test_the_sphere_is_closed_and_its_faces_look_outwards():
    vertices, faces = unit_sphere()
    np.testing.assert_allclose(np.linalg.norm(vertices, axis=1), 1.0)
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = 0.5 * np.linalg.norm(normals, axis=1)
    assert area.sum() == pytest.approx(4.0 * np.pi, rel=0.05)
    assert (np.einsum("ni,ni->n", normals, corners.mean(axis=1))[area > 1e-9] > 0.0).all()


def test_order_of_quaternions():
    assert wxyz(np.array([[1.0, 2.0, 3.0, 4.0]])).tolist() == [[4.0, 1.0, 2.0, 3.0]]


def test_a_joint_that_follows_is_drawn_where_it_follows(mobile_robot):
    """Whoever tells where the finger is need not tell where its mimic is."""
    box = '<visual><geometry><box size="0.02 0.02 0.02"/></geometry></visual></link>'
    robot = DrawnRobot(str(mobile_robot(model=lambda urdf: urdf.replace("</link>", box))))
    names = [robot.body_name(part) for part in robot.parts]
    rows = [names.index("finger_l"), names.index("finger_r")]
    gap = [
        np.linalg.norm(np.subtract(*(robot.poses({"finger_joint": at})[row][0] for row in rows)))
        for at in (0, 0.03)
    ]
    assert gap == pytest.approx([0.04, 0.10], abs=1e-6)
    told = robot.poses({"finger_joint": 0.03, "finger_mimic_joint": 0.0})
    assert np.linalg.norm(told[rows[0]][0] - told[rows[1]][0]) == pytest.approx(0.07)


def test_a_robot_without_its_meshes_is_drawn_as_capsules():
    path = SHARED / "robots/models/unitree_g1/g1.xml"
    if not path.is_file():
        pytest.skip(f"not there: {path}")
    robot = DrawnRobot("unitree_g1", str(path))
    found = {robot.body_name(part): part.vertices for part in robot.parts}
    links = {"left_elbow_link", "right_hip_yaw_link", "torso_link", "pelvis", "left_wrist_yaw_link"}
    assert links <= found.keys()
    assert np.ptp(found["left_knee_link"], axis=0).max() > 0.3, "as long as the shank"
    assert len(robot.poses({"left_elbow_joint": 1.0})) == len(robot.parts)
    assert not robot.refresh(), "there is nothing to wait for"


def with_mesh(mobile_robot, tmp_path):
    """A robot whose forearm has a mesh of 400 faces."""
    trimesh = pytest.importorskip("trimesh")
    trimesh.creation.cylinder(radius=0.05, height=0.2, sections=100).export(tmp_path / "arm.stl")
    visual = '<visual><geometry><mesh filename="arm.stl"/></geometry></visual>'
    return mobile_robot(
        model=lambda urdf: urdf.replace('<link name="forearm_link">', f'<link name="forearm_link">{visual}')
    )


def test_a_robot_is_capsules_until_its_meshes_are_read(mobile_robot, tmp_path):
    robot = DrawnRobot(str(with_mesh(mobile_robot, tmp_path)))
    assert "upper_arm_link" in {robot.body_name(part) for part in robot.parts}
    assert not robot.refresh()
    wait_until(robot.refresh, "the meshes come")
    (forearm,) = robot.parts
    assert robot.body_name(forearm) == "forearm_link"
    assert len(forearm.faces) == 400
    assert np.ptp(forearm.vertices, axis=0) == pytest.approx((0.1, 0.1, 0.2), abs=1e-3)
    assert len(robot.poses({})) == 1
    assert not robot.refresh()


def test_meshes_that_cannot_be_read_are_told_once_and_capsules_stay(mobile_robot, tmp_path):
    path = with_mesh(mobile_robot, tmp_path)
    robot = DrawnRobot(str(path))
    path.unlink()
    parts = list(robot.parts)

    def told():
        try:
            return robot.refresh() and "nothing was wrong"
        except RobotError as error:
            return str(error)

    assert f"no file {path}" in wait_until(told, "it is told")
    assert not robot.refresh()
    assert list(robot.parts) == parts
    robot.close()


def test_a_robot_that_goes_ends_what_reads_its_meshes(mobile_robot, tmp_path):
    robot = DrawnRobot(str(with_mesh(mobile_robot, tmp_path)))
    robot.refresh()
    robot.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "robot meshes"]


def test_a_robot_is_a_mesh_for_each_of_its_parts():
    robot = DrawnRobot("torso")
    assert len({robot.body_name(part) for part in robot.parts}) > 5
    for part in robot.parts:
        assert np.isfinite(part.vertices).all() and part.faces.max() < len(part.vertices)
        assert np.ptp(part.vertices, axis=0).max() < 1.5
        assert all(0.0 <= c <= 1.0 for c in part.rgba)
    before = robot.poses({})  # at home
    assert len(before) == len(robot.parts)
    moved = robot.poses({"left_elbow": 2.0, "nobody": 3.0})
    changed = [np.abs(b[1] - m[1]).max() > 0.1 for b, m in zip(before, moved, strict=True)]
    assert 0 < sum(changed) < len(changed)
    for position, xyzw in moved:
        assert np.isfinite(position).all()
        assert np.linalg.norm(xyzw) == pytest.approx(1.0)


@pytest.fixture
def scene():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    web = Web("127.0.0.1", port)
    try:
        yield Scene(web.server, None)
    finally:
        web.stop()


def test_hands_change_in_place_and_go(scene):
    scene.people([seen(JointState.TRACKED)])
    assert "hands" not in scene._drawn
    scene.people([seen(JointState.TRACKED, hands=(hand(), Hand("right")))])
    drawn = scene._drawn["hands"]
    assert drawn.visible and drawn.points.shape == (20, 2, 3)
    scene.people([seen(JointState.TRACKED, hands=(hand(at=7.0), Hand("right")))])
    assert scene._drawn["hands"] is drawn
    np.testing.assert_array_equal(drawn.points, hand(at=7.0).points[np.array(HAND_BONES)])
    scene.people([seen(JointState.TRACKED, hands=(hand(), hand("right")))])
    assert scene._drawn["hands"].points.shape == (40, 2, 3)
    scene.people([seen(JointState.TRACKED, hands=(Hand("left"), Hand("right")))])
    assert not scene._drawn["hands"].visible


def test_axes_are_drawn_on_demand(scene):
    scene.people([seen(JointState.TRACKED)])
    assert "axes" not in scene._drawn
    scene.axes = True
    scene.people([seen(JointState.TRACKED, BODY_WITH_HANDS, (hand(),))])
    assert scene._drawn["axes"].batched_positions.shape == (len(BODY_WITH_HANDS), 3)
    assert scene._drawn["joints"].points.shape == (len(BODY), 3)
    scene.axes = False
    scene.people([seen(JointState.TRACKED)])
    assert not scene._drawn["axes"].visible


def test_ellipsoids_are_drawn_on_demand_and_change_in_place(scene):
    scene.people([seen(JointState.TRACKED)])
    assert "ellipsoids" not in scene._drawn
    scene.ellipsoids = True
    scene.people([seen(JointState.TRACKED)])
    drawn = scene._drawn["ellipsoids"]
    assert drawn.visible and drawn.batched_scales[0].tolist() == pytest.approx([0.1, 0.03, 0.03])
    wider = seen(JointState.TRACKED)
    wider.stddev[:] *= 2.0
    scene.people([wider])
    assert scene._drawn["ellipsoids"] is drawn
    assert drawn.batched_scales[0].tolist() == pytest.approx([0.2, 0.06, 0.06])
    wider.stddev[3:] = np.nan
    scene.people([wider])
    assert scene._drawn["ellipsoids"].batched_scales.shape == (3, 3)
    scene.ellipsoids = False
    scene.people([wider])
    assert not scene._drawn["ellipsoids"].visible
