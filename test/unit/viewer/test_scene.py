"""What is drawn of people and of a robot."""

import numpy as np
import pytest

from frankmocap_ros.body.drawing import COLORS_BGR
from frankmocap_ros.body.pose import JointState
from frankmocap_ros.body.skeleton import BODY
from frankmocap_ros.viewer.robot import DrawnRobot
from frankmocap_ros.viewer.scene import SeenBody, bones, known_joints, wxyz
from support.paths import SHARED


def seen(states):
    n = len(BODY)
    return SeenBody(
        id=1,
        operator=True,
        estimator="some",
        names=BODY.names,
        parents=BODY.parents,
        positions=np.arange(3.0 * n).reshape(n, 3),
        orientations_xyzw=np.tile([0.1, 0.2, 0.3, 0.9], (n, 1)),
        states=np.full(n, states, np.uint8),
    )


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


def test_order_of_quaternions():
    assert wxyz(np.array([[1.0, 2.0, 3.0, 4.0]])).tolist() == [[4.0, 1.0, 2.0, 3.0]]


def test_a_joint_that_follows_is_drawn_where_it_follows(mobile_robot):
    """Whoever tells where the finger is need not tell where its mimic is."""
    box = '<visual><geometry><box size="0.02 0.02 0.02"/></geometry></visual></link>'
    robot = DrawnRobot(str(mobile_robot(model=lambda urdf: urdf.replace("</link>", box))))
    names = [name for name, *_ in robot.meshes()]
    rows = [names.index("finger_l"), names.index("finger_r")]
    gap = [
        np.linalg.norm(np.subtract(*(robot.poses({"finger_joint": at})[row][0] for row in rows)))
        for at in (0, 0.03)
    ]
    assert gap == pytest.approx([0.04, 0.10], abs=1e-6)
    told = robot.poses({"finger_joint": 0.03, "finger_mimic_joint": 0.0})
    assert np.linalg.norm(told[rows[0]][0] - told[rows[1]][0]) == pytest.approx(0.07)


def test_a_robot_without_its_meshes_is_drawn_as_bones():
    path = SHARED / "robots/models/unitree_g1/g1.xml"
    if not path.is_file():
        pytest.skip(f"not there: {path}")
    robot = DrawnRobot("unitree_g1", str(path))
    meshes = {name: vertices for name, vertices, *_ in robot.meshes()}
    assert {"left_elbow_link", "right_hip_yaw_link", "torso_link", "pelvis"} <= meshes.keys()
    assert np.ptp(meshes["left_knee_link"], axis=0).max() > 0.3, "as long as the shank"
    assert len(robot.poses({"left_elbow_joint": 1.0})) == len(meshes)


def test_a_robot_is_a_mesh_for_each_of_its_parts():
    robot = DrawnRobot("torso")
    meshes = robot.meshes()
    names = [name for name, *_ in meshes]
    assert len(set(names)) == len(names) > 5
    for _, vertices, faces, color in meshes:
        assert np.isfinite(vertices).all() and faces.max() < len(vertices)
        assert np.ptp(vertices, axis=0).max() < 1.5
        assert all(0 <= c <= 255 for c in color)
    before = robot.poses({})  # at home
    assert len(before) == len(meshes)
    moved = robot.poses({"left_elbow": 2.0, "nobody": 3.0})
    changed = [np.abs(b[1] - m[1]).max() > 0.1 for b, m in zip(before, moved, strict=True)]
    assert 0 < sum(changed) < len(changed)
    for position, xyzw in moved:
        assert np.isfinite(position).all()
        assert np.linalg.norm(xyzw) == pytest.approx(1.0)
