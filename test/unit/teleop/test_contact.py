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

"""Efforts and forces above their limits, for how long, and what they lead to."""

import math

import pytest

from frankmocap_ros.errors import SettingError
from frankmocap_ros.settings.gate import GateSettings
from frankmocap_ros.settings.schema import updated
from frankmocap_ros.teleop.contact import Contact, EffortLimit

ELBOW, RAIL = EffortLimit("elbow", 40.0, "Nm"), EffortLimit("rail", 100.0, "N")
WRENCH = {"wrench_topic": "ft", "max_force": 30.0, "max_torque": 5.0}


def make(*limits, **values):
    return Contact(updated(GateSettings(), values), limits)


def test_an_effort_above_its_limit_for_long_enough_is_contact():
    contact = make(ELBOW, RAIL, contact_s=0.05)
    contact.hear_efforts({"elbow": -39.0, "rail": 0.0, "other": 1e6}, 1.0)
    assert contact.stop(1.0) is None and not contact.refusal(1.0)
    contact.hear_efforts({"elbow": -41.5, "rail": 0.0}, 1.02)
    assert contact.stop(1.06) is None, "not long enough"
    contact.hear_efforts({"elbow": -39.0, "rail": 0.0}, 1.06)
    contact.hear_efforts({"elbow": -41.5, "rail": 0.0}, 1.08)
    assert contact.stop(1.12) is None, "from the beginning"
    contact.hear_efforts({"elbow": -42.5, "rail": 0.0}, 1.12)
    stop = contact.stop(1.14)
    assert "contact: the effort of elbow is 42.5 Nm, above its limit in effort_limits 40" in stop.reason
    assert "free the robot, or raise the limit" in stop.reason and not stop.hold
    assert contact.refusal(1.14) == stop.reason
    contact.hear_efforts({"elbow": 42.5, "rail": 101.0}, 1.14)
    assert "(and 1 more)" in contact.stop(1.20).reason
    contact.hear_efforts({"elbow": 0.0, "rail": 101.0}, 1.21)
    assert "rail is 101 N" in contact.stop(1.21).reason


def test_on_contact_hold_holds():
    contact = make(ELBOW, on_contact="hold", contact_s=0.0)
    contact.hear_efforts({"elbow": 41.0}, 1.0)
    assert contact.stop(1.0).hold


@pytest.mark.parametrize("effort", [math.nan, math.inf, None])
def test_efforts_that_nobody_tells_are_refused(effort):
    contact = make(ELBOW, RAIL, on_contact="hold")
    contact.hear_efforts({"elbow": 0.0, "rail": 0.0}, 1.0)
    contact.hear_efforts({"elbow": 0.0} | ({} if effort is None else {"rail": effort}), 1.6)
    refusal = contact.refusal(1.6)
    assert "joint_states has no effort of rail" in refusal and "remove effort_limits from the map" in refusal
    assert contact.stop(1.6).reason == refusal and not contact.stop(1.6).hold, "it is the robot that is lost"
    assert not make().refusal(9.0), "nobody asks"


@pytest.mark.parametrize(
    "force, torque, words",
    [
        ((18.0, -24.0, 6.0), (0.0, 0.0, 0.0), "the force on ft is 30.59 N, above max_force 30"),
        ((0.0, 0.0, 0.0), (3.0, 4.0, 1.0), "the torque on ft is 5.099 Nm, above max_torque 5"),
    ],
)
def test_a_force_above_its_limit_is_contact(force, torque, words):
    contact = make(**WRENCH, contact_s=0.0)
    contact.hear_wrench((17.0, -24.0, 5.0), (3.0, 3.9, 0.0), 1.0)
    assert contact.stop(1.0) is None
    contact.hear_wrench(force, torque, 1.01)
    assert words in contact.stop(1.01).reason
    contact.configure(updated(GateSettings(), WRENCH | {"max_force": 0.0, "max_torque": 6.0}))
    contact.hear_wrench((99.0, 0.0, 0.0), (0.0, 0.0, 5.5), 1.02)
    assert contact.stop(1.1) is None, "0 is no limit, and limits may change"


def test_a_sensor_that_is_silent_is_refused():
    contact = make(**WRENCH)
    assert "nothing was received on ft for 0.5 s" in contact.refusal(1.0)
    contact.hear_wrench((math.nan, 0.0, 0.0), (0.0, 0.0, 0.0), 1.0)
    assert contact.refusal(1.0)
    contact.hear_wrench((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 1.0)
    assert not contact.refusal(1.5)
    assert "check that the force sensor's driver runs" in contact.stop(1.51).reason


@pytest.mark.parametrize(
    "values, words",
    [
        ({"max_force": 3.0}, "nothing measures them; set wrench_topic"),
        ({"wrench_topic": "ft"}, "max_force and max_torque are 0"),
        ({"on_fault": "deactivate"}, "fault_controllers names no controller"),
        ({"on_fault": "deactivate", "fault_controllers": ("a", "")}, "fault_controllers names no controller"),
    ],
)
def test_settings_that_would_do_nothing_are_refused(values, words):
    with pytest.raises(SettingError, match=words):
        updated(GateSettings(), values)
