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

"""What motors can do, by the torques and masses that a model states: pendulums whose answers are known."""

import numpy as np
import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")

import mujoco

from frankmocap_ros.teleop.robot_setup.accelerations import HIGHEST, able_accelerations
from frankmocap_ros.teleop.robot_setup.limb_points import Kinematics

PENDULUM = """
<mujoco><worldbody><body>
  <joint name="hinge" axis="{axis}" range="-1 1" limited="true" {joint}/>
  <geom type="sphere" size="0.001" pos="1 0 0" mass="1"/>
</body></worldbody><actuator>{actuator}</actuator></mujoco>"""
FLAT, UP = "0 0 1", "0 1 0"
GRAVITY = 9.81


def able(axis=FLAT, joint="", actuator=""):
    model = mujoco.MjModel.from_xml_string(PENDULUM.format(axis=axis, joint=joint, actuator=actuator))
    return able_accelerations(Kinematics(mujoco, model), np.zeros(1), ["hinge"])


@pytest.mark.parametrize(
    ("joint", "actuator"),
    [
        ('actuatorfrcrange="-4 4"', ""),
        ("", '<motor joint="hinge" ctrlrange="-4 4" ctrllimited="true"/>'),
        ("", '<motor joint="hinge" gear="-2" ctrlrange="-2 2" ctrllimited="true"/>'),
        ("", '<position joint="hinge" kp="9" gear="2" forcerange="-2 2" ctrlrange="-1 1"/>'),
        ('actuatorfrcrange="-4 4"', '<position joint="hinge" kp="9" forcerange="-9 9"/>'),
    ],
)
def test_half_of_torque_over_inertia(joint, actuator):
    assert able(FLAT, joint, actuator) == {"hinge": pytest.approx(2.0)}


def test_gravity_counts_in_the_worst_posture():
    """Stretched out at 0, where it begins."""
    assert able(UP, 'actuatorfrcrange="-20 20"')["hinge"] == pytest.approx(0.5 * (20.0 - GRAVITY), abs=0.05)


def test_what_is_not_stated_or_not_plausible_is_left_out():
    assert able() == {}
    assert able(FLAT, "", '<position joint="hinge" kp="9"/>') == {}
    assert able(UP, 'actuatorfrcrange="-9 9"') == {}, "it cannot lift its own arm"
    assert able(FLAT, 'actuatorfrcrange="-900 900"') == {"hinge": HIGHEST}
