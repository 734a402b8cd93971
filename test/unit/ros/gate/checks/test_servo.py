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

"""What MoveIt Servo does with commands, by its documented parameters."""

import pytest
from geometry_msgs.msg import PoseStamped, TwistStamped

from frankmocap_ros.ros.gate.checks import servo
from frankmocap_ros.ros.gate.checks.finding import Severity
from frankmocap_ros.settings.gate import GateSettings


def found(kind, timeout_s=0.1, units="speed_units", prefix="moveit_servo."):
    values = {f"{prefix}incoming_command_timeout": timeout_s, f"{prefix}command_in_type": units}
    assert servo.is_one(values) and all(servo.is_wanted(name) for name in values)
    return [(f.severity, f.text) for f in servo.findings("/servo", values, kind, GateSettings())]


@pytest.mark.parametrize("prefix", ["", "moveit_servo."])
def test_a_fitting_one_is_taken(prefix):
    assert found(PoseStamped, prefix=prefix) == found(TwistStamped, prefix=prefix) == []


@pytest.mark.parametrize("kind", [PoseStamped, TwistStamped])
def test_one_that_stops_between_two_commands_is_refused(kind):
    ((severity, text),) = found(kind, timeout_s=0.02)
    assert severity is Severity.REFUSAL and "3 commands take 0.03 s at rate_hz 100" in text


def test_one_that_never_times_out_stays_at_a_pose_and_keeps_a_twist():
    ((severity, text),) = found(PoseStamped, timeout_s=0.0)
    assert severity is Severity.WARNING and "never times out" in text
    ((severity, text),) = found(TwistStamped, timeout_s=0.0)
    assert severity is Severity.REFUSAL and "keeps moving when commands end" in text


@pytest.mark.parametrize("timeout_s, units", [(1, "speed_units"), ("0.1", "speed_units"), (0.1, None)])
def test_parameters_of_other_types_belong_to_something_else(timeout_s, units):
    assert not servo.is_one({"incoming_command_timeout": timeout_s, "command_in_type": units})


def test_the_unit_of_twists_must_be_a_speed():
    ((severity, text),) = found(TwistStamped, units="unitless")
    assert severity is Severity.REFUSAL and "'unitless'" in text and "set it to speed_units" in text
    assert found(PoseStamped, units="unitless") == []
