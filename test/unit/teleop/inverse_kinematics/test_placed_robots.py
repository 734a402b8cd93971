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

"""Where a map puts a robot: its base in the frame of the commands, parts beside bodies, a table below it."""

import numpy as np
import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.errors import RobotError
from frankmocap_ros.geometry.rotation import quat_from_rotvec, quat_multiply, quat_rotate
from frankmocap_ros.teleop.inverse_kinematics.retargeter import load_retargeter
from frankmocap_ros.teleop.robot.joint_controller import JointController
from frankmocap_ros.teleop.robot_map.map_reading import load_map
from frankmocap_ros.teleop.simulation.simulation import Simulation

QUARTER = quat_from_rotvec(np.array([0.0, 0.0, np.pi / 2]))
BASE = "base: {position: [1, 2, 3], rotation: [0, 0, 0.70710678118, 0.70710678118]}\n"
STANDS = np.array([1.0, 2.0, 3.0])
POSTURE = np.array([0.3, 0.2, 1.0, 0.1])


@pytest.fixture
def load(mobile_robot):
    def load(added="", change=lambda text: text):
        path = mobile_robot(added)
        path.write_text(change(path.read_text()))
        return load_retargeter(str(path))

    return load


@pytest.mark.parametrize("form", ["urdf", "mjcf"])
def test_the_base_moves_everything(form, tmp_path, mobile_robot):
    if form == "urdf":
        path = mobile_robot()
        plain = path.read_text()
    else:
        (tmp_path / "arm.xml").write_text(
            """<mujoco><worldbody><site name="mount" pos="0 0 0.4"/><geom name="table" size="0.1"/>
            <body name="upper_arm_link" pos="0 0 0.4"><joint name="a" axis="0 0 1"/><geom size="0.1"/>
            <body name="tool0" pos="0.3 0 0"><joint name="b" axis="0 1 0"/><geom size="0.1"/></body>
            </body></worldbody></mujoco>"""
        )
        path = tmp_path / "mjcf.yaml"
        plain = "model: arm.xml\ntargets: {right_wrist: {body: tool0, robot_origin: mount}}\n"
    path.write_text(plain)
    before = load_retargeter(str(path))
    path.write_text(plain + BASE)
    after = load_retargeter(str(path))
    joints = POSTURE[: len(before.joint_names)]
    there, moved = before.poses(joints), after.poses(joints)
    np.testing.assert_allclose(moved.positions, STANDS + quat_rotate(QUARTER, there.positions), atol=1e-9)
    np.testing.assert_allclose(moved.origins, STANDS + quat_rotate(QUARTER, there.origins), atol=1e-9)
    turned = quat_multiply(QUARTER, there.orientations)
    np.testing.assert_allclose(np.abs((moved.orientations * turned).sum(axis=-1)), 1.0, atol=1e-9)
    for _ in range(200):  # and it is solved for there
        found, _ = after.solve(moved.positions, moved.orientations, 0.01)
    np.testing.assert_allclose(after.poses(found).positions, moved.positions, atol=5e-3)
    simulated = Simulation(load_map(str(path)))
    assert simulated.model.body("tool0").id and simulated.joint_names == after.joint_names


def test_a_loop_that_is_closed_at_the_world_cannot_be_moved(tmp_path):
    (tmp_path / "arm.xml").write_text(
        """<mujoco><worldbody><body name="a"><joint name="a"/><geom size="0.1"/></body></worldbody>
        <equality><connect body1="a" anchor="0 0 0.1"/></equality></mujoco>"""
    )
    path = tmp_path / "map.yaml"
    path.write_text("model: arm.xml\ntargets: {head: {body: a}}\n" + BASE)
    with pytest.raises(RobotError, match="base: its equality 0 is bound to the world"):
        load_retargeter(str(path))


def beside_wrist(text, body):
    """The map with an offset instead of its tool."""
    text = text.replace("body: tool0", f"body: {body}, offset: [0.1, 0, 0]")
    return text.replace("forearm_link, tool0]", f"forearm_link, {body}]")


def test_an_offset_stands_for_a_part_that_the_model_has_not(load):
    with_offset = load(change=lambda text: beside_wrist(text, "wrist_link"))
    there, here = load().poses(POSTURE), with_offset.poses(POSTURE)
    np.testing.assert_allclose(here.positions, there.positions, atol=1e-9)
    assert with_offset.targets[0].robot_length == pytest.approx(load().targets[0].robot_length)
    goal = with_offset.poses(POSTURE + 0.2)
    for _ in range(300):
        found, _ = with_offset.solve(goal.positions, goal.orientations, 0.01)
    np.testing.assert_allclose(with_offset.poses(found).positions, goal.positions, atol=5e-3)


def test_an_offset_of_no_body_names_those_there_are(load):
    with pytest.raises(RobotError, match="offset: it has no body tool1; it has base_link"):
        load(change=lambda text: beside_wrist(text, "tool1"))


def test_a_table_arm_follows_motions_only(load):
    arm, table = load(), load("table_arm: true\n")
    assert arm.targets[0].robot_length > 0.0 and table.targets[0].robot_length == 0.0
    assert table.targets[0].limits.workspace_min[2] == pytest.approx(0.02)
    for robot, aligns in ((arm, True), (table, False)):
        poses = JointController(robot, lambda robot=robot: robot.home, 0.0).begin()
        assert (poses.way is not None) == aligns
