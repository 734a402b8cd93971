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

"""What the states of ros2_control's controllers mean for commands."""

from types import SimpleNamespace

import pytest
from trajectory_msgs.msg import JointTrajectory

from frankmocap_ros.ros.gate.checks.controller_manager import findings
from frankmocap_ros.ros.gate.command_topic import CommandTopic

TOPIC = CommandTopic("/arm/joint_trajectory", JointTrajectory, ("shoulder", "elbow"))


def state(name, told, *claimed):
    return SimpleNamespace(name=name, state=told, claimed_interfaces=list(claimed))


def found(*states):
    return [f.text for f in findings("arm", TOPIC, states, "/controller_manager")]


@pytest.mark.parametrize("before", ["", "admittance_controller/"])
def test_an_active_controller_of_these_joints_is_taken(before):
    claimed = [f"{before}{joint}/position" for joint in ("elbow", "shoulder", "wrist")]
    assert found(state("arm", "active", *claimed)) == []


def test_joints_that_it_does_not_claim_are_named():
    (said,) = found(state("arm", "active", "shoulder/position", "shoulder/velocity"))
    assert "does not command elbow: it claims shoulder/position, shoulder/velocity; leave these out" in said


def test_an_inactive_one_is_told_with_who_has_its_joints():
    (said,) = found(
        state("arm", "inactive"), state("jog", "active", "elbow/velocity"), state("grip", "active")
    )
    assert "arm is inactive, not active, and jog commands its joints" in said
    assert said.endswith("ros2 control switch_controllers --deactivate jog --activate arm")


def test_one_that_is_not_configured_is_spawned():
    (said,) = found(state("arm", "unconfigured"))
    assert said.endswith("arm is unconfigured, not active; call ros2 run controller_manager spawner arm")


def test_an_unknown_one_is_told_with_those_that_there_are():
    (said,) = found(state("left_arm", "active"), state("grip", "inactive"))
    assert "/controller_manager knows no controller arm; it has grip (inactive), left_arm (active)" in said
