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

"""A scene around a robot: it is simulated and drawn, and inverse kinematics never see it."""

import numpy as np
import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.errors import RobotError
from frankmocap_ros.teleop.inverse_kinematics.ik_model import load_model
from frankmocap_ros.teleop.robot_map.map_reading import ROBOTS, load_map
from frankmocap_ros.teleop.simulation.simulation import Simulation


def arm_map(folder, base="", scene="cube.xml", text=None):
    """The built-in arm's map with a scene of its own."""
    made = (ROBOTS / "arm.yaml").read_text().replace("arm.xml", str(ROBOTS / "arm.xml"))
    (folder / "map.yaml").write_text(made.replace("cube_on_table.xml", scene) + base)
    if text is not None:
        (folder / scene).write_text(text)
    return load_map(str(folder / "map.yaml"))


@pytest.mark.parametrize("dynamics", ["physics", "kinematic"])
def test_the_arm_begins_at_home_and_the_cube_lies_on_the_table(dynamics):
    simulation = Simulation(load_map("arm"), dynamics=dynamics)
    assert simulation.notes == () and simulation.objects.names == ("cube",)
    for k in range(20):
        simulation.advance(0.05 * k)
    pose = simulation.objects.pose("cube")
    np.testing.assert_allclose(pose.position, (0.42, -0.1, 0.02), atol=1e-3)
    assert pose.speed < 1e-3
    assert simulation.told_names[-2:] == ("left_finger", "right_finger")


def test_what_falls_lands_on_the_table():
    simulation = Simulation(load_map("arm"))
    simulation.objects.place("cube", np.array([0.3, 0.2, 0.1]), 0.3)
    simulation.advance(0.02)
    assert simulation.objects.touching("cube") == frozenset()
    for k in range(1, 20):
        simulation.advance(0.05 * k)
    assert simulation.objects.touching("cube") == {"table"}
    np.testing.assert_allclose(simulation.objects.pose("cube").position, (0.3, 0.2, 0.02), atol=3e-3)
    np.testing.assert_allclose(simulation.objects.pose("cube").orientation[2], np.sin(0.15), atol=0.01)


def test_inverse_kinematics_do_not_see_it():
    assert load_model(load_map("arm")).model.nbody == 10


def test_a_base_moves_the_robot_and_not_the_scene(tmp_path):
    text = (ROBOTS / "cube_on_table.xml").read_text()
    simulation = Simulation(arm_map(tmp_path, "\nbase: {position: [0.0, 0.0, 0.5]}\n", text=text))
    model = simulation.model
    assert model.body("base_link").pos[2] == 0.5 and model.body("scene/table").pos[2] == -0.02
    assert simulation.objects.pose("cube").position[2] == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "scene: .*no such file"),
        ("<robot/>", "its root is <robot>"),
        ('<mujoco><include file="other.xml"/></mujoco>', "names a file in <include>"),
        ("<mujoco><worldbody><geom type='cube'/></worldbody></mujoco>", "MuJoCo cannot read it"),
    ],
)
def test_what_is_no_scene_is_refused(tmp_path, text, words):
    with pytest.raises(RobotError, match=words):
        Simulation(arm_map(tmp_path, text=text))


def test_an_object_that_is_not_there_is_told():
    with pytest.raises(RobotError, match="no object ball; it has cube"):
        Simulation(load_map("arm")).objects.pose("ball")
    with pytest.raises(RobotError, match="name a scene"):
        Simulation(load_map("torso")).objects.pose("ball")


def test_the_browser_view_shows_the_scene():
    pytest.importorskip("trimesh")
    from frankmocap_ros.viewer.robot import DrawnRobot

    robot = DrawnRobot("arm")
    names = [robot.body_name(part) for part in robot.parts]
    assert {"scene/table", "scene/cube", "scene/goal", "left_finger"} <= set(names)
    robot.place(
        {"cube": (np.array([0.1, 0.2, 0.3]), np.array([0.0, 0.0, 0.0, 1.0])), "ball": (np.zeros(3),) * 2}
    )
    position, _ = robot.poses({})[names.index("scene/cube")]
    np.testing.assert_allclose(position, (0.1, 0.2, 0.3))
