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

"""Joints keep to a range, whatever is wrong with it: MuJoCo lets those without one turn without end."""

import numpy as np
import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.errors import RobotError
from frankmocap_ros.teleop.inverse_kinematics.retargeter import load_retargeter
from frankmocap_ros.teleop.robot_model.loader import load_model_file
from frankmocap_ros.teleop.robot_model.resources import Shapes

MAP = """
model: arm.urdf
targets:
  left_wrist: {joint: left_wrist, origin: left_shoulder, body: tool}
"""
RANGE = '<limit lower="-2" upper="2" effort="1" velocity="1"/>'


def urdf(limit=RANGE):
    """An arm of three joints; the last one has this limit."""
    links = "".join(f'<link name="{name}"/>' for name in ("base", "upper", "lower", "tool"))
    joints = "".join(
        f'<joint name="{name}" type="revolute"><parent link="{parent}"/><child link="{child}"/>'
        f'<origin xyz="0.3 0 0"/><axis xyz="{axis}"/>{own}</joint>'
        for name, parent, child, axis, own in (
            ("pan", "base", "upper", "0 0 1", RANGE),
            ("lift", "upper", "lower", "0 1 0", RANGE),
            ("turn", "lower", "tool", "0 0 1", limit),
        )
    )
    return f'<robot name="arm">{links}{joints}</robot>'


def load(tmp_path, text):
    (tmp_path / "arm.urdf").write_text(text)
    (tmp_path / "map.yaml").write_text(MAP)
    return load_retargeter(str(tmp_path / "map.yaml"))


@pytest.mark.parametrize("ends", [("nan", "1"), ("-1", "nan"), ("2", "1"), ("0", "-1")])
def test_a_range_that_is_none_is_refused_with_the_joint(tmp_path, ends):
    limit = f'<limit lower="{ends[0]}" upper="{ends[1]}" effort="1" velocity="1"/>'
    with pytest.raises(RobotError, match=f"joint turn: its range is {ends[0]} to {ends[1]}; give it a lower"):
        load(tmp_path, urdf(limit))


@pytest.mark.parametrize("limit", ["", '<limit effort="1" velocity="1"/>', RANGE.replace("-2", "2")])
def test_a_joint_whose_range_has_no_extent_stays_where_it_is(tmp_path, limit):
    """As ROS has it, where ends that are not given are 0. Its target asks it to turn, and it does not."""
    robot = load(tmp_path, urdf(limit))
    at = 2.0 if "upper" in limit else 0.0
    assert robot.lower[2] == pytest.approx(at, abs=2e-6) and robot.upper[2] == pytest.approx(at, abs=2e-6)
    assert any("without a range, so they stay where they are: turn; give" in note for note in robot.notes)
    robot.start(np.array([0.0, 0.0, at]))
    poses = robot.poses(robot.joints)
    half_turn = np.array([[0.0, 0.0, 1.0, 0.0]])
    for _ in range(100):
        joints, _ = robot.solve(poses.positions, half_turn, 0.01)
        assert joints[2] == pytest.approx(at, abs=2e-6)


def test_a_finger_without_a_range_goes_along_with_the_one_that_it_mimics(tmp_path):
    robot = load(tmp_path, urdf('<mimic joint="lift"/>'))
    assert robot.notes == ()
    assert robot.upper[list(robot.joint_names).index("lift")] > 1.0


@pytest.mark.parametrize(
    "old, new, named",
    [('<axis xyz="0 0 1"/>', '<axis xyz="nan 0 1"/>', "joint pan"), ("0.3 0 0", "0.3 nan 0", "body upper")],
)
def test_places_and_axes_that_are_no_numbers_are_refused(tmp_path, old, new, named):
    with pytest.raises(RobotError, match=f"{named}: its place or axis is not finite"):
        load(tmp_path, urdf().replace(old, new))


@pytest.mark.parametrize("stated", ['range="nan 1"', 'range="2 1"', 'range="1 1"'])
def test_ranges_of_an_mjcf(tmp_path, stated):
    path = tmp_path / "arm.xml"
    path.write_text(
        f'<mujoco><worldbody><body><joint name="j" {stated}/><geom size=".1"/></body></worldbody></mujoco>'
    )
    with pytest.raises(RobotError, match="joint j: its range is"):
        load_model_file(path, Shapes.NONE)
    path.write_text(path.read_text().replace(stated, 'range="-1 1" limited="false"'))
    assert load_model_file(path, Shapes.NONE).model.njnt == 1, "endless on purpose"


def test_an_include_whose_name_is_no_path_is_refused(tmp_path):
    path = tmp_path / "arm.xml"
    path.write_text(f'<mujoco><include file="{5000 * "a"}"/></mujoco>')
    with pytest.raises(RobotError, match="no path that can be read"):
        load_model_file(path, Shapes.NONE)
