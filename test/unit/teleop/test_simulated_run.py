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

"""What is handed to a gate on a controlled clock: joints by name, frames of poses; and what breaks in it."""

import numpy as np
import pytest

pytest.importorskip("mujoco", reason="mujoco is not installed: pip install 'frankmocap_ros[robot]'")
pytest.importorskip("mink", reason="mink is not installed: pip install 'frankmocap_ros[robot]'")

from frankmocap_ros.bench.operators import exercise
from frankmocap_ros.errors import MocapError
from frankmocap_ros.geometry.rotation import IDENTITY_XYZW
from frankmocap_ros.settings.gate import SIMULATED, GateSettings
from frankmocap_ros.settings.schema import updated
from frankmocap_ros.teleop.gate import State
from frankmocap_ros.teleop.inverse_kinematics.retargeter import load_retargeter
from frankmocap_ros.teleop.operator_message import MessageHeader, OperatorIntake
from frankmocap_ros.teleop.simulated_run import SimulatedRun

CONFIG = updated(GateSettings(), {**SIMULATED, "arming_s": 0.2, "align_s": 0.2})
SEEN = exercise(2.0)


@pytest.fixture(scope="module")
def torso():
    return load_retargeter("torso")


def go_on(simulated, until_s, frame_id="camera", intake=None):
    """Let time pass; an image is seen when it is taken."""
    while simulated.now_s < until_s:
        simulated.now_s += 0.01
        controller, now_s = simulated.controller, simulated.now_s
        one = SEEN[min(int(30.0 * now_s), len(SEEN) - 1)].at_time(now_s)
        header = MessageHeader(frame_id, round(1e9 * now_s), round(1e9 * now_s))
        (intake or OperatorIntake()).take(controller, header, one.of(controller.watched), now_s)
        if controller.state is State.DISENGAGED:
            controller.request(now_s)
        simulated.tick()


def test_joints_are_picked_by_name():
    one = SEEN[3]
    state = one.of(("right_wrist", "left_index1", "head"))
    for row, name in ((0, "right_wrist"), (2, "head")):
        at = one.names.index(name)
        np.testing.assert_array_equal(state.poses.positions[row], one.positions[at])
        np.testing.assert_array_equal(state.poses.orientations[row], one.orientations[at])
    assert state.tracked.tolist() == state.poses.valid.tolist() == [True, False, True]
    assert state.poses.orientations[1].tolist() == list(IDENTITY_XYZW) and state.captured_s == one.time_s


def test_what_breaks_in_a_tick_is_a_fault_and_ends_commands(torso, monkeypatch):
    simulated = SimulatedRun(torso, CONFIG)
    go_on(simulated, 0.8)
    commands = len(simulated.run.times_s)
    assert commands > 20

    def breaks(command):
        raise MocapError("a bug")

    monkeypatch.setattr(simulated.driver, "drive", breaks)
    go_on(simulated, 1.2)
    run = simulated.run
    assert len(run.times_s) == commands and run.states[-1][1] == "FAULT"
    assert run.reasons == ["it broke: a bug"]
    assert len(run.ticks_s) == len(run.robot) == 120, "the robot is watched on"


def test_poses_in_another_frame_end_following(torso):
    simulated, intake = SimulatedRun(torso, CONFIG), OperatorIntake()
    go_on(simulated, 0.6, intake=intake)
    assert simulated.controller.state is State.ENGAGED
    go_on(simulated, 0.62, frame_id="other_camera", intake=intake)
    assert "poses are now in 'other_camera', not 'camera'" in simulated.run.reasons


def test_poses_in_the_robots_frame_need_no_level(torso):
    simulated = SimulatedRun(torso, CONFIG)
    go_on(simulated, 0.02)
    assert simulated.controller.level.tolist() != list(IDENTITY_XYZW)
    go_on(simulated, 0.04, frame_id=CONFIG.base_frame)
    assert simulated.controller.level.tolist() == list(IDENTITY_XYZW)
