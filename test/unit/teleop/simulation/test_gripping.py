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

"""Grippers of simulated robots: fingers that come apart and together, and hold what is between them."""

import numpy as np
import pytest
import yaml

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.errors import RobotError
from frankmocap_ros.teleop.inverse_kinematics.driven_limits import simulated_roles
from frankmocap_ros.teleop.robot_map.map_reading import load_map
from frankmocap_ros.teleop.robot_model.loader import load_model_file
from frankmocap_ros.teleop.robot_model.resources import Shapes
from frankmocap_ros.teleop.simulation.joint_command import JointCommand, JointLimits
from frankmocap_ros.teleop.simulation.joint_servo import JointServo
from frankmocap_ros.teleop.simulation.simulation import Simulation
from support.paths import SHARED

MODELS = SHARED / "robots/models"
WITH_GRIPPERS = {
    "aloha": "aloha/aloha.xml", "franka_panda": "franka_panda/panda.xml",
    "openarm_v1": "openarm_v1/openarm_bimanual.xml", "openarm_v2": "openarm/openarm_bimanual.xml",
    "so101": "so101/so101.xml", "xarm7": "xarm7/xarm7.xml",
}  # fmt: skip
ONE_JAW = {"so101"}
ACTUATED = ("aloha", "franka_panda", "openarm_v2", "so101", "xarm7")  # whose motors go to positions
NEAR = {"kinematic": 0.01, "physics": 0.2}  # of the way from shut to open: fingers may touch before


def made(name):
    path = MODELS / WITH_GRIPPERS[name]
    if not path.is_file():
        pytest.skip(f"not there: {path}")
    return load_map(name, str(path))


def driven(simulation, goal, seconds):
    """Let joints go to positions by name, at their speeds, and the others stay where they are."""
    names, begin_s = simulation.joint_names, simulation._time_s
    at = dict(zip(names, simulation.targets.tolist(), strict=True))
    speed = dict(zip(names, simulation.limits.speed.tolist(), strict=True))
    for k in range(1, round(seconds / 0.01) + 1):
        now_s = begin_s + 0.01 * k
        simulation.advance(now_s)
        for name, end in goal.items():
            most = 0.8 * 0.01 * speed[name]
            at[name] += float(np.clip(end - at[name], -most, most))
        assert simulation.command(names, list(at.values()), None, now_s) == ""


def apart(simulation, robot, gripper):
    """How far the bodies of a gripper's joints, with those that follow, are from each other [m]."""
    model = simulation.model
    loaded = load_model_file(robot.model, Shapes.NONE, robot.additions)
    roles = simulated_roles(loaded, robot)
    joints = {model.joint(name).id for name in gripper.joints}
    while more := {j for e in roles.equalities if e.joints & joints for j in e.joints} - joints:
        joints |= more
    simulation._robot.place()
    centres = simulation.data.xipos[[int(model.jnt_bodyid[j]) for j in joints]]
    return float(np.linalg.norm(centres[:, None] - centres[None], axis=-1).max())


@pytest.mark.parametrize(
    "name, dynamics",
    [*((name, "kinematic") for name in WITH_GRIPPERS), *((name, "physics") for name in ACTUATED)],
)
def test_the_grippers_of_shipped_maps_open_and_shut(name, dynamics):
    """Their fingers are furthest apart where the map says open, and come together where it says shut."""
    robot = made(name)
    simulation = Simulation(robot, dynamics=dynamics)
    for gripper in robot.grippers:
        seconds = 0.5 + max(
            abs(a - b) / (0.8 * v)
            for a, b, v in zip(gripper.open, gripper.shut, gripper.max_speed, strict=True)
        )
        wide = []
        for ends in (gripper.shut, gripper.open, gripper.shut):
            driven(simulation, dict(zip(gripper.joints, ends, strict=True)), 2.0 * seconds)
            told = dict(zip(simulation.told_names, simulation.told()[0].tolist(), strict=True))
            span = max(abs(a - b) for a, b in zip(gripper.open, gripper.shut, strict=True))
            for joint, end in zip(gripper.joints, ends, strict=True):
                assert told[joint] == pytest.approx(end, abs=NEAR[dynamics] * span), joint
            wide.append(apart(simulation, robot, gripper))
        if name not in ONE_JAW:
            assert wide[1] > 1.3 * max(wide[0], wide[2]) and wide[1] > wide[0] + 0.02, wide


def test_what_has_neither_a_motor_nor_a_tendon_is_refused_with_physics(tmp_path):
    text = """<mujoco><worldbody><body name="a"><joint name="pan" axis="0 0 1" range="-1 1"/><geom size=".1"/>
    <body name="f" pos=".3 0 0"><joint name="f" type="slide" axis="0 1 0" range="0 0.04"/><geom size=".01"/>
    </body></body></worldbody><actuator><position name="pan" joint="pan"/>{}</actuator></mujoco>"""
    values = {
        "model": "model.xml", "targets": {"right_wrist": {"joint": "right_wrist", "body": "a"}},
        "grippers": {"right": {"joints": ["f"], "open": 0.04, "shut": 0.0, "max_speed": 0.1}},
    }  # fmt: skip
    (tmp_path / "map.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    for motor, words in (
        ("", "no actuator for f; add"),
        ('<motor name="m" joint="f"/>', "actuator m is not a <p"),
    ):
        (tmp_path / "model.xml").write_text(text.format(motor), encoding="utf-8")
        with pytest.raises(RobotError, match=words):
            Simulation(load_map(str(tmp_path / "map.yaml")), dynamics="physics")


LIMITS = JointLimits(
    ("arm", "jaw"), np.array((-1.0, 0.0)), np.array((1.0, 1.0)), np.array((1.0, 1.0)), frozenset({"jaw"})
)


def servo():
    """A servo whose jaw is kept at 0.6 by what it holds, while it is told to shut."""
    made = JointServo(LIMITS, np.array((0.0, 1.0)), timeout_s=0.2)
    for k in range(1, 101):
        measured = np.array((0.0, max(0.6, 1.0 - 0.01 * k)))
        assert (
            made.command(
                JointCommand(("arm", "jaw"), (0.0, 1.0 - 0.01 * k), None, 0.01 * k), measured, 0.01 * k
            )
            == ""
        )
        made.tick(0.01 * k, 0.01, measured)
    assert made.target == pytest.approx([0.0, 0.0])
    return made


def test_without_commands_a_gripper_holds_what_it_holds():
    """An arm stops where it is; a gripper that did would let go."""
    one = servo()
    for k in range(101, 201):
        one.tick(0.01 * k, 0.01, np.array((0.05, 0.6)))
    assert one.stopped
    assert one.target == pytest.approx([0.05, 0.0])


def test_after_a_stop_a_gripper_goes_on_from_where_it_was_told_to_be():
    one = servo()
    one.tick(3.0, 0.01, np.array((0.05, 0.6)))
    assert one.stopped
    assert (
        one.command(JointCommand(("arm", "jaw"), (0.05, 0.0), None, 3.01), np.array((0.05, 0.6)), 3.01) == ""
    )
    one.tick(3.01, 0.01, np.array((0.05, 0.6)))
    assert one.target == pytest.approx([0.05, 0.0])
    assert "too_fast" not in one.refused.counts()
    far = servo()
    far.tick(3.0, 0.01, np.array((0.05, 0.6)))
    refusal = far.command(JointCommand(("arm", "jaw"), (0.05, 1.0), None, 3.01), np.array((0.05, 0.6)), 3.01)
    assert refusal.startswith("jaw: 1.000 is 0.400 from where it is"), "it does not leap open"


def test_a_command_may_leave_the_gripper_out():
    one = servo()
    measured = np.array((0.0, 0.6))
    assert one.command(JointCommand(("arm",), (0.005,), (0.1,), 1.01), measured, 1.01) == ""
    one.tick(1.01, 0.01, measured)
    assert one.target == pytest.approx([0.005, 0.0]) and one.velocity.tolist() == [0.1, 0.0]
    assert "lacks arm" in one.command(JointCommand(("jaw",), (0.0,), None, 1.02), measured, 1.02)
