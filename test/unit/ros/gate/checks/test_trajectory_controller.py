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

"""What a joint_trajectory_controller accepts, by its documented parameters."""

import pytest

from frankmocap_ros.ros.gate.checks import trajectory_controller
from frankmocap_ros.ros.gate.checks.finding import Severity
from frankmocap_ros.settings.gate import GateSettings
from support.controller_nodes import DEFAULTS

JOINTS = ("shoulder", "elbow")


def found(joints=JOINTS, config=None, **parameters):
    values = {**DEFAULTS, "joints": list(JOINTS), **{k.replace("__", "."): v for k, v in parameters.items()}}
    return list(trajectory_controller.findings("/arm", values, joints, config or GateSettings()))


def refusals(**parameters):
    return [f.text for f in found(**parameters) if f.severity is Severity.REFUSAL]


def warnings(**parameters):
    return [f.text for f in found(**parameters) if f.severity is Severity.WARNING]


def test_one_that_fits_is_taken_in_any_order_of_joints():
    assert found() == [] and found(joints=JOINTS[::-1]) == []


@pytest.mark.parametrize(
    "joints, partial, words",
    [
        (("shoulder",), False, ["commands lack its elbow"]),
        (("shoulder",), True, []),
        (("shoulder", "elbow", "wrist"), False, ["it has no wrist"]),
        (("shoulder", "wrist"), True, ["it has no wrist"]),
        (("shoulder", "wrist"), False, ["it has no wrist, and commands lack its elbow"]),
    ],
)
def test_joints_must_be_those_of_the_controller(joints, partial, words):
    said = refusals(joints=joints, allow_partial_joints_goal=partial)
    assert len(said) == len(words) and all(word in said[0] for word in words)


@pytest.mark.parametrize("ours, theirs, refused", [(False, False, 0), (True, False, 1), (True, True, 0)])
def test_a_moving_last_point_must_be_allowed(ours, theirs, refused):
    config = GateSettings(trajectory_velocities=ours)
    assert len(refusals(config=config, allow_nonzero_velocity_at_trajectory_end=theirs)) == refused


@pytest.mark.parametrize(
    "interfaces, gain, refused",
    [(["velocity"], 0.0, 1), (["effort"], 3.0, 0), (["position", "velocity"], 0.0, 0)],
)
def test_speeds_and_efforts_need_gains(interfaces, gain, refused):
    said = refusals(command_interfaces=interfaces, gains__shoulder__p=gain, gains__elbow__p=2.0)
    assert len(said) == refused and all("0 for shoulder;" in text for text in said)


@pytest.mark.parametrize(
    "timeout_s, goal_s, words",
    [(0.2, 0.0, ""), (0.0, 0.0, "cmd_timeout is 0)"), (0.2, 0.5, "not above constraints.goal_time (0.5 s)")],
)
def test_a_controller_that_never_times_out_is_told(timeout_s, goal_s, words):
    said = warnings(cmd_timeout=timeout_s, constraints__goal_time=goal_s)
    assert (len(said) == 1 and words in said[0]) if words else said == []


def test_a_stream_of_commands_is_continued_from_the_desired_state():
    (said,) = warnings(interpolate_from_desired_state=False)
    assert "interpolate_from_desired_state is false; set it to true" in said
    assert warnings(interpolate_from_desired_state=False, open_loop_control=True) == []


def test_a_tolerance_below_the_gates_own_is_told():
    (said,) = warnings(constraints__elbow__trajectory=0.05, constraints__shoulder__trajectory=0.7)
    assert "trajectory of elbow is 0.05, below max_tracking_error (0.6)" in said
    assert warnings(constraints__elbow__trajectory=0.0) == []


def test_a_version_without_a_parameter_is_not_told_about_it():
    values = {"joints": list(JOINTS), "command_interfaces": ["position"], "allow_partial_joints_goal": False}
    assert trajectory_controller.is_one(values)
    config = GateSettings(trajectory_velocities=True)
    assert list(trajectory_controller.findings("/arm", values, JOINTS, config)) == []


def test_parameters_of_other_types_belong_to_something_else():
    assert not trajectory_controller.is_one({**DEFAULTS, "joints": 6})
    assert (
        found(cmd_timeout="never", interpolate_from_desired_state=None, constraints__a__trajectory="x") == []
    )


def test_many_joints_are_cut_short():
    many = [f"joint{i}" for i in range(9)]
    (said,) = refusals(joints=many)
    assert "it has no joint0, joint1, joint2, joint3, joint4, joint5, ..., and commands lack" in said


def test_only_what_the_rules_need_is_asked_for():
    wanted = [*DEFAULTS, "joints", "constraints.elbow.trajectory", "gains.elbow.p"]
    wanted.remove("constraints.stopped_velocity_tolerance")
    unwanted = ["constraints.trajectory", "constraints.elbow.goal", "gains.elbow.i", "state_interfaces"]
    assert [name for name in wanted + unwanted if trajectory_controller.is_wanted(name)] == wanted
